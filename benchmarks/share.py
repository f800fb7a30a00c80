"""What monitoring takes of a turn's CPU: systems side by side, one without it."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from statistics import median
from urllib.request import urlopen

import uvloop

from benchmarks.collector import Collector
from benchmarks.customers import Crowd, Talk
from benchmarks.load import Size
from benchmarks.system import ALONE, System, system

OFF = "unmonitored"


def share(size: Size) -> dict[str, float]:
    """Load them in turn, round by round, and compare what a turn takes of each.

    All run all the time, so that what befalls the machine befalls each; who goes first
    changes with each round. Those with monitoring are scraped once a round, and two of
    them also send metrics, log and spans to a collector: of all turns, or of a tenth.
    """
    with ExitStack() as stack:
        collector = stack.enter_context(Collector())
        layouts = {
            "monitored": ALONE,
            "sampled": replace(ALONE, sends_to=collector.address, keeps=0.1),
            "sending": replace(ALONE, sends_to=collector.address),
            OFF: replace(ALONE, monitored=False),
        }
        running = {
            name: stack.enter_context(system(layout))
            for name, layout in layouts.items()
        }
        figures = uvloop.run(_compare(size, collector, running))
        if not collector.taken_bytes:
            raise RuntimeError("the one that sends has sent nothing")
    return figures


async def _compare(
    size: Size, collector: Collector, running: Mapping[str, System]
) -> dict[str, float]:
    await collector.serve()
    sides = {
        name: await _Side.of(size, one, scraped=name != OFF)
        for name, one in running.items()
    }
    found: dict[str, list[float]] = {name: [] for name in sides}
    names = list(sides)
    for n in range(2 * size.rounds):
        first = n % len(names)
        for name in names[first:] + names[:first]:
            found[name].append(await sides[name].turn_cpu_ms())
    for side in sides.values():
        await side.crowd.check(side.talks)
        side.crowd.close()
    return {
        **{f"turn_cpu_ms_{name}": median(each) for name, each in found.items()},
        "monitoring_cpu_percent": _more(found["monitored"], found[OFF]),
        "sampled_cpu_percent": _more(found["sampled"], found[OFF]),
        "sending_cpu_percent": _more(found["sending"], found[OFF]),
    }


def _more(these: list[float], those: list[float]) -> float:
    """Return how many percent more these are, round by round, in the median."""
    ratios = [a / b for a, b in zip(these, those, strict=True)]
    return (median(ratios) - 1) * 100


class _Side:
    """One of the systems, and its customers."""

    def __init__(
        self, running: System, crowd: Crowd, talks: list[Talk], *, scraped: bool
    ) -> None:
        self.running = running
        self.crowd = crowd
        self.talks = talks
        self.scraped = scraped

    @classmethod
    async def of(cls, size: Size, running: System, *, scraped: bool) -> "_Side":
        """Open conversations, and warm the system up."""
        crowd = await Crowd.of(running.address, running.key, size.at_once)
        talks = await crowd.open(size.round_turns)
        await crowd.talk(talks, 1)
        return cls(running, crowd, talks, scraped=scraped)

    async def turn_cpu_ms(self) -> float:
        """Let each customer say one thing; return what a turn took."""
        before_s = self.running.cpu_s()
        if self.scraped:
            _scrape(self.running.address)
        took_ms = await self.crowd.talk(self.talks, 1)
        return (self.running.cpu_s() - before_s) * 1000 / len(took_ms)


def _scrape(address: str) -> None:
    with urlopen(f"{address}/metrics", timeout=5) as page:  # noqa: S310 - loopback
        page.read()
