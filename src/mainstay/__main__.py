"""Lets ``python -m mainstay`` be the command."""

import sys

from mainstay.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
