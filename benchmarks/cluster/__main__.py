"""Five thousand messages through a cluster whose parts fail, one after another.

Two gateways and three workers on PostgreSQL, Redis and a queue. A worker is killed
every 5 s, one is frozen for 20 s, one loses its leases and is not told, the broker is
stopped and then frozen for 20 s, Redis is stopped for 20 s, PostgreSQL is restarted,
crashes and is down for 8 s. Customers talk on until the last of it is over. Every 202
must be honoured: answered once, in order, no effect twice, nobody waiting for more than
30 s. Exits with 1 when one is not.
"""

import argparse
import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.cluster.faults import FAULTS
from benchmarks.cluster.servers import QUEUES
from benchmarks.cluster.trial import FULL, Trial, held


def main() -> None:
    """Run one trial, print its figures, and exit with 1 when a promise was broken."""
    args = _arguments()
    trial = Trial(
        queue=args.queue,
        talks=args.talks,
        messages=args.messages,
        seconds=args.seconds,
        kills=args.kills,
        down_s=args.down_s,
        frozen_s=args.frozen_s,
        calm_s=args.calm_s,
        faults=tuple(args.faults.split(",")) if args.faults else (),
    )
    if args.logs is not None:
        args.logs.mkdir(parents=True)
        report = asyncio.run(held(trial, args.logs))
    else:
        with TemporaryDirectory(prefix="mainstay-cluster-") as folder:
            report = asyncio.run(held(trial, Path(folder)))
    print(report.as_text())
    if args.json is not None:
        args.json.write_text(report.as_json() + "\n")
    sys.exit(0 if report.passed else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.cluster", description=__doc__)
    parser.add_argument("--queue", choices=QUEUES, default=FULL.queue)
    parser.add_argument("--talks", type=int, default=FULL.talks)
    parser.add_argument(
        "--messages", type=int, default=FULL.messages, help="of each talk, at least"
    )
    parser.add_argument("--seconds", type=float, default=FULL.seconds)
    parser.add_argument("--kills", type=int, default=FULL.kills)
    parser.add_argument("--down-s", type=float, default=FULL.down_s)
    parser.add_argument("--frozen-s", type=float, default=FULL.frozen_s)
    parser.add_argument("--calm-s", type=float, default=FULL.calm_s)
    parser.add_argument(
        "--faults",
        default=",".join(FULL.faults),
        help=f"in order, of {', '.join(FAULTS)}; may be empty",
    )
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--logs", type=Path, help="keep data and logs in a new folder")
    return parser.parse_args()


if __name__ == "__main__":
    main()
