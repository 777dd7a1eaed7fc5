"""`python -m losscli` is the command `losscli`; the installed command begins here too."""

import os
import signal
import sys
from types import FrameType


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
    try:
        from losscli.cli.app import main

        code = main(interrupted=lambda: bool(interrupts))
    except KeyboardInterrupt:
        code = 130
    except Exception:
        if not interrupts:
            raise
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    entry()
