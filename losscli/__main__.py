"""`python -m losscli` is the command `losscli`; the installed command begins here too. Only `entry` exits."""

import gc
import os
import signal
import sys
from types import FrameType

SELDOM = 50_000  # new objects between two searches for cycles, of which modules that are being loaded make none


def entry() -> None:
    """Run the command line and exit; an interrupt while modules are being loaded is one as well."""
    interrupts: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        interrupts.append(number)  # modules in C that are being loaded make other errors of what is raised next
        raise KeyboardInterrupt

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)
    # Nothing here multiplies matrices that threads would speed up, and idle threads of a library cost a start-up.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.set_threshold(SELDOM)
    try:
        from losscli.cli.app import main

        code = main(interrupted=lambda: bool(interrupts))
    except KeyboardInterrupt:
        code = 130
    except Exception:
        if not interrupts:
            raise
        code = 130
    gc.freeze()  # what is left is given back as a whole, without a search for what refers to what
    sys.exit(code)


if __name__ == "__main__":
    entry()
