"""The frame: one screen that says how a system is, the most important first."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mainstay.cli.live.amounts import known, seconds
from mainstay.cli.live.figures import Figures, Times
from mainstay.cli.live.line import Line, Mood, Word
from mainstay.cli.live.tables import (
    LATE_S,
    breakers_table,
    calls_table,
    pools_table,
    turns_table,
)

QUEUE_BANDS: Sequence[tuple[float, Mood, str]] = (
    (1000, "bad", "wake somebody"),
    (500, "bad", "add workers"),
    (100, "watch", "watch it"),
)
"""From so many waiting conversations on, what it means."""

FEW: tuple[Mood, str] = ("good", "healthy")


def frame(figures: Figures) -> list[Line]:
    """Return the lines of the frame."""
    return [
        *_silent(figures.silent),
        *_replaced(figures.replaced),
        *_health(figures.health),
        _replies(figures),
        _took("answers", figures.answer_s),
        _queue(figures.queue),
        _processes(figures),
        _cost(figures),
        _humans(figures),
        _guards(figures.breakers),
        *_gap(breakers_table(figures.breakers)),
        *_gap(calls_table("MODEL", figures.models)),
        *_gap(pools_table(figures.pools)),
        *_gap(calls_table("TOOL", figures.tools)),
        *_gap(turns_table(figures.turns)),
    ]


def summary(figures: Figures) -> Line:
    """Return the most important of it on one line."""
    if figures.gone is not None:
        return [(f"NO ANSWER: {figures.gone}", "bad")]
    queue = figures.queue or {}
    health = figures.health
    well = health and health["overall_healthy"]
    state = "health ?" if health is None else "healthy" if well else "UNHEALTHY"
    words = [
        state,
        f"replies {sum(figures.replies.values()):.1f}/s",
        f"answers {_times(figures.answer_s)}",
        f"ready {queue.get('ready', '?')}",
        f"oldest {seconds(queue.get('oldest_age_s'))}",
        f"dead {queue.get('dead', '?')}",
        f"workers {known(figures.workers)}",
        f"breakers open {_open(figures.breakers)}",
        f"cost ${figures.usd_per_hour:.2f}/h",
        *(f"another process at {one}" for one in figures.replaced),
    ]
    return [("  ".join(words), "")]


def _silent(silent: Mapping[str, str]) -> Iterator[Line]:
    names: dict[str, list[str]] = {}
    for name, why in silent.items():
        names.setdefault(why, []).append(name)
    for why, some in names.items():
        yield [(f"NO ANSWER  {', '.join(some)}: {why}", "bad")]


def _replaced(addresses: Sequence[str]) -> Iterator[Line]:
    if addresses:
        names = ", ".join(addresses)
        why = "rates leave out what it did before"
        yield [(f"ANOTHER PROCESS  {names}: {why}", "watch")]


def _health(health: Mapping[str, Any] | None) -> Iterator[Line]:
    if health is None:
        return
    failing = {n: c for n, c in health["checks"].items() if not c["ok"]}
    if health["overall_healthy"] and not failing:
        yield [_label("health"), ("healthy", "good")]
    for name, check in failing.items():
        mood: Mood = "bad" if check["critical"] else "watch"
        detail = f": {check['detail']}" if check["detail"] else ""
        yield [_label("health"), (f"{name} fails{detail}", mood)]


def _replies(figures: Figures) -> Line:
    total = sum(figures.replies.values())
    line: list[Word] = [_label("replies"), (f"{total:.2f}/s", "")]
    for level, per_s in sorted(figures.replies.items()):
        low = level in {"3", "4"}
        share = f"   level {level} {per_s / total:.1%}"
        line.append((share, "watch" if low else ""))
    if figures.blind:
        line.append(("   name workers with --worker to see what they do", "watch"))
    if figures.holding_per_minute:
        line.append((f"   {figures.holding_per_minute:.1f} held a minute", "bad"))
    if figures.shedding:
        line.append(("   TURNING REQUESTS AWAY", "bad"))
    return line


def _took(name: str, times: Times) -> Line:
    mood: Mood = "bad" if times.of_99 is not None and times.of_99 >= LATE_S * 2 else ""
    return [_label(name), (_times(times), mood), ("   half, 95 and 99 of 100", "dim")]


def _queue(queue: Mapping[str, Any] | None) -> Line:
    if queue is None:
        return [_label("queue"), ("?", "bad")]
    ready, age_s = queue["ready"], queue["oldest_age_s"]
    bands: Iterator[tuple[Mood, str]] = (
        (mood, word) for least, mood, word in QUEUE_BANDS if ready >= least
    )
    mood, word = next(bands, FEW)
    return [
        _label("queue"),
        (f"{ready} ready ({word})", mood),
        (f"   {queue['in_flight']} in work   {queue['delayed']} delayed", ""),
        (f"   oldest {seconds(age_s)}", "bad" if age_s >= LATE_S else ""),
        (f"   {queue['dead']} dead", "watch" if queue["dead"] else ""),
    ]


def _processes(figures: Figures) -> Line:
    workers = figures.workers
    return [
        _label("alive"),
        (f"{known(workers)} workers", "bad" if workers == 0 else ""),
        (f"   {known(figures.gateways)} gateways", ""),
    ]


def _cost(figures: Figures) -> Line:
    today = "?" if figures.usd_today is None else f"${figures.usd_today:.2f}"
    pace = f"${figures.usd_per_hour:.2f} an hour at this pace"
    return [_label("cost"), (f"{pace}   {today} today (UTC)", "")]


def _humans(figures: Figures) -> Line:
    age_s = figures.escalation_age_s
    oldest = f", the oldest {seconds(age_s)}" if age_s else ""
    doubt = figures.in_doubt
    return [
        _label("humans"),
        (f"{known(figures.escalations)} escalations{oldest}", ""),
        (f"   {known(doubt)} effects in doubt", "bad" if doubt else ""),
    ]


def _guards(breakers: Sequence[Mapping[str, Any]] | None) -> Line:
    if breakers is None:
        return [_label("breakers"), ("?", "bad")]
    trip = sum(one["state"] != "closed" for one in breakers)
    closed = f"{len(breakers) - trip} closed"
    return [_label("breakers"), (closed, ""), (f"   {trip} not" if trip else "", "bad")]


def _gap(lines: Iterator[Line]) -> Iterator[Line]:
    """Yield an empty line first, if there are any."""
    for n, line in enumerate(lines):
        if n == 0:
            yield []
        yield line


def _label(name: str) -> Word:
    return name.ljust(10), "head"


def _times(times: Times) -> str:
    return " · ".join(seconds(one) for one in (times.half, times.of_95, times.of_99))


def _open(breakers: Sequence[Mapping[str, Any]] | None) -> str:
    if breakers is None:
        return "?"
    return str(sum(one["state"] != "closed" for one in breakers))
