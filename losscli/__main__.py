"""`python -m losscli` is the command `losscli`; the installed command begins here too."""

import sys


def entry() -> None:
    """Run the command line and exit; an interrupt while modules are being loaded is one as well."""
    try:
        from losscli.cli import main

        code = main()
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    entry()
