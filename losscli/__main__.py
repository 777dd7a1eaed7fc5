"""`python -m losscli` is the command `losscli`; the installed command begins here too."""

import os
import sys


def entry() -> None:
    """Run the command line and exit; an interrupt while modules are being loaded is one as well."""
    # Nothing here multiplies matrices that threads would speed up, and idle threads of a library cost a start-up.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from losscli.cli.app import main

        code = main()
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    entry()
