"""``python -m mainstay.simulator --port 0``: prints its address, then serves."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from mainstay.simulator.options import NATURAL_PACE_S, Options
from mainstay.simulator.server import serve


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m mainstay.simulator",
        description="A local stand-in for the Claude Messages API.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090, help="0: any free port")
    parser.add_argument(
        "--pace",
        type=float,
        default=NATURAL_PACE_S,
        help="seconds between two streamed pieces (default: %(default)s)",
    )
    parser.add_argument(
        "--delay", type=float, default=0.0, help="seconds before the first byte"
    )
    return parser.parse_args(words)


def main(words: Sequence[str]) -> int:
    """Serve and return the exit code: 1 if the port is taken."""
    given = _arguments(words)
    options = Options(pace_s=given.pace, delay_s=given.delay)
    try:
        asyncio.run(serve(given.host, given.port, options))
    except OSError as error:
        sys.stderr.write(f"cannot listen on {given.host}:{given.port}: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
