"""``python -m mainstay.testing.servers postgres redis``: real servers until Ctrl-C."""

import argparse
import shlex
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

from mainstay.domain.errors import MainstayError
from mainstay.testing.servers.engines import ENGINES, serving


def main() -> int:
    """Start what was asked for, print the settings that lead there, and wait."""
    parser = argparse.ArgumentParser(
        prog="python -m mainstay.testing.servers",
        description="Start real servers on free ports; what they hold ends with them.",
    )
    parser.add_argument("names", nargs="+", choices=ENGINES, metavar="NAME")
    parser.epilog = f"names: {', '.join(ENGINES)}"
    names = list(dict.fromkeys(parser.parse_args().names))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with TemporaryDirectory(prefix="mainstay-servers-") as folder:
            _serve(names, Path(folder))
    except MainstayError as error:
        print(f"mainstay: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 0


def _serve(names: list[str], folder: Path) -> NoReturn:
    with serving(names, folder) as env:
        for name, value in env.items():
            print(f"export {name}={shlex.quote(value)}")  # noqa: T201 - its output
        print("# ready: Ctrl-C ends them", flush=True)  # noqa: T201
        while True:
            signal.pause()


if __name__ == "__main__":
    sys.exit(main())
