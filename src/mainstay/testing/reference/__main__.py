"""``python -m mainstay.testing.reference FOLDER``: everything, until Ctrl-C."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from mainstay.domain.errors import MainstayError
from mainstay.drills.plan import plans
from mainstay.testing.reference.system import DEPLOYMENT, Reference

LAST = "claude-outage"
"""Models come back step by step: the next drill would begin with the second best."""


def main() -> int:
    """Start everything, say how to use it, and wait."""
    parser = argparse.ArgumentParser(
        prog="python -m mainstay.testing.reference",
        description="Run a whole deployment on this machine, for checks and drills.",
    )
    parser.add_argument("folder", type=Path, help="for its data; made anew")
    parser.add_argument(
        "--customers", type=int, default=5, help="how many write [default: 5]"
    )
    parser.add_argument(
        "--play",
        type=Path,
        metavar="FOLDER",
        help="play every drill into it, make every check, and end",
    )
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        folder, customers = asked.folder.absolute(), asked.customers
        if asked.play is not None:
            return asyncio.run(_play(folder, customers, asked.play.absolute()))
        asyncio.run(_run(folder, customers))
    except MainstayError as error:
        print(f"mainstay: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


async def _play(folder: Path, customers: int, reports: Path) -> int:
    """Return 0 when every hypothesis held, and the deployment is ready after that."""
    async with Reference(folder, customers) as reference:
        names = sorted((one.name for one in plans()), key=LAST.__eq__)
        codes = [await _drill(reference, name, reports) for name in names]
        code, out, errors = await reference.command("check", "deploy")
        print(out + errors, flush=True)  # noqa: T201 - its output
    return int(any([*codes, code]))


async def _drill(reference: Reference, name: str, reports: Path) -> int:
    code, out, errors = await reference.command(
        *("drill", name, "--production", "--before", "20"),
        *("--out", str(reports / f"{name}.md")),
        said=f"{DEPLOYMENT}\n",
    )
    print(errors + out, flush=True)  # noqa: T201 - its output
    return code


async def _run(folder: Path, customers: int) -> None:
    async with Reference(folder, customers) as reference:
        print(  # noqa: T201 - its output
            f"mainstay ready: reference at {reference.address}\n\n"
            f"Try next, in a second terminal:\n\n"
            f"  set -a; . {reference.env_file}; set +a\n"
            f"  {sys.executable} -m mainstay drill worker-loss --production\n"
            f"  {sys.executable} -m mainstay check deploy\n\n"
            "Ctrl-C ends it.",
            flush=True,
        )
        await reference.watch()


if __name__ == "__main__":
    sys.exit(main())
