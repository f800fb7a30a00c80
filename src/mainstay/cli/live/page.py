"""A page of metrics, and what happened between two of the same process."""

from collections.abc import Iterator, Mapping

from prometheus_client.parser import text_string_to_metric_families

OURS = "mainstay_"
STARTED = "process_start_time_seconds"
PROCESS = "process"
"""The label of several processes on one page; the page of one is without."""

GROWING = ("_total", "_bucket", "_count")
"""How the names of series end that only grow, until their process starts anew."""

Series = tuple[str, frozenset[tuple[str, str]]]
Page = Mapping[Series, float]
"""The value of each series: a name, and its labels."""


def read(text: str) -> Page:
    """Return what a page in Prometheus's text format says of Mainstay.

    That is every series of ours, and when the processes started.

    Raises:
        ValueError: it is none.
    """
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        if family.name.startswith(OURS) or family.name == STARTED
        for sample in family.samples
    }


def processes(page: Page) -> Mapping[str, float | None]:
    """Return who is on a page, and when each started; None where that is not told.

    Returns:
        label ``process``, ``""`` without one → Unix time in seconds.
    """
    started: dict[str, float | None] = {_process(labels): None for _, labels in page}
    for labels, at_s in named(page, STARTED):
        started[labels.get(PROCESS, "")] = at_s
    return started


def replaced(before: Page, now: Page) -> bool:
    """Tell whether a process is another one than before: it started anew, say."""
    was = processes(before)
    return any(was.get(one, at_s) != at_s for one, at_s in processes(now).items())


def grown(before: Page, now: Page) -> Page:
    """Return by how much each growing series grew, of processes that are on both.

    Of those, a series that is new began at 0, and so did one that is smaller than
    before. What others did until now was done at a time that nobody knows.
    """
    same = processes(before).items() & processes(now).items()
    stayed = {one for one, _ in same}
    growth: dict[Series, float] = {}
    for series, value in now.items():
        name, labels = series
        if name.endswith(GROWING) and _process(labels) in stayed:
            last = before.get(series, 0.0)
            growth[series] = value - last if value >= last else value
    return growth


def _process(labels: frozenset[tuple[str, str]]) -> str:
    return next((value for label, value in labels if label == PROCESS), "")


def named(page: Page, name: str) -> Iterator[tuple[Mapping[str, str], float]]:
    """Yield labels and value of each series of that name."""
    for (found, labels), value in page.items():
        if found == name:
            yield dict(labels), value


def sums(page: Page, name: str, *by: str) -> dict[tuple[str, ...], float]:
    """Return the sums of a metric by some of its labels, in their order."""
    totals: dict[tuple[str, ...], float] = {}
    for labels, value in named(page, name):
        key = tuple(labels.get(label, "") for label in by)
        totals[key] = totals.get(key, 0.0) + value
    return dict(sorted(totals.items()))


def quantile(page: Page, name: str, q: float, **where: str) -> float | None:
    """Return a quantile of a histogram's growth, None when nothing was observed.

    As Prometheus does, even spread within a bucket; beyond the last bound it is that.

    Args:
        page: by how much its buckets grew.
        name: the histogram's, without ``_bucket``.
        q: 0 to 1.
        where: labels that must have these values.
    """
    buckets: dict[float, float] = {}
    for labels, value in named(page, f"{name}_bucket"):
        if where.items() <= labels.items():
            bound = float(labels["le"])
            buckets[bound] = buckets.get(bound, 0.0) + value
    bounds = sorted(buckets)
    if not bounds or buckets[bounds[-1]] <= 0:
        return None
    wanted = q * buckets[bounds[-1]]
    low, below = 0.0, 0.0
    for bound in bounds:
        if buckets[bound] >= wanted:
            if bound == float("inf"):
                return low
            inside = buckets[bound] - below
            share = (wanted - below) / inside if inside > 0 else 0.0
            return low + (bound - low) * share
        low, below = bound, buckets[bound]
    return low
