"""`python -m losscli` is the command `losscli`; the installed command begins here too. Only `entry` exits."""

import _thread
import gc
import os
import signal
import sys
import time
from types import FrameType

SELDOM = 50_000  # new objects between two searches for cycles, of which modules that are being loaded make none


def entry() -> None:
    """Run the command line and exit; an interrupt while modules are being loaded is one as well."""
    interrupts: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        interrupts.append(number)  # modules in C that are being loaded make other errors of what is raised next
        raise KeyboardInterrupt

    def dropped(error: "sys.UnraisableHookArgs") -> None:
        # Python drops what is raised while an object is being freed, and the program would go on.
        if issubclass(error.exc_type, KeyboardInterrupt):
            if not sys.is_finalizing():
                _thread.start_new_thread(interrupt_again, ())
        else:
            sys.__unraisablehook__(error)

    heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heeded:
        signal.signal(signal.SIGINT, interrupt)
        sys.unraisablehook = dropped
    # Nothing here multiplies matrices that threads would speed up, and idle threads of a library cost a start-up.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.set_threshold(SELDOM)
    try:
        from losscli.cli.app import main

        code = main(interrupted=lambda: bool(interrupts))
        if heeded:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # all is written: one that comes now has nothing to say
    except KeyboardInterrupt:
        code = 130
    except Exception:
        if not interrupts:
            raise
        code = 130
    gc.freeze()  # what is left is given back as a whole, without a search for what refers to what
    sys.exit(code)


def interrupt_again() -> None:
    time.sleep(0.01)
    _thread.interrupt_main()


if __name__ == "__main__":
    entry()
