"""`python -m losscli` is the command `losscli`."""

import sys

from losscli.cli import main

if __name__ == "__main__":
    sys.exit(main())
