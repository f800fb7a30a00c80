"""The tables of the frame; each is absent when it has no rows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mainstay.cli.live.amounts import known, seconds, share
from mainstay.cli.live.figures import Calls, Pool
from mainstay.cli.live.line import Line, Mood, Word, table

LATE_S = 15.0
"""Customers who wait longer for a worker get late answers."""

MANY = 0.05
"""More calls that fail are worth a look."""


def breakers_table(breakers: Sequence[Mapping[str, Any]] | None) -> Iterator[Line]:
    """Yield those that are not closed, or forced."""
    rows: list[Sequence[Word]] = [
        (
            (one["name"], ""),
            (one["state"], "bad" if one["state"] != "closed" else ""),
            (seconds(one["retry_in_s"]) if one["retry_in_s"] else "-", ""),
            (one["forced"]["state"] if one["forced"] else "-", "watch"),
        )
        for one in breakers or ()
        if one["state"] != "closed" or one["forced"]
    ]
    yield from table(("BREAKER", "STATE", "TRIAL IN", "FORCED"), rows)


def calls_table(kind: str, calls: Sequence[Calls]) -> Iterator[Line]:
    """Yield what models or tools did."""
    rows: list[Sequence[Word]] = [
        (
            (one.name, ""),
            (f"{one.per_s:.2f}/s", ""),
            (share(one.failed), "bad" if (one.failed or 0) > MANY else ""),
            (seconds(one.of_95_s), ""),
            (f"${one.usd_per_hour:.2f}/h" if kind == "MODEL" else "", ""),
        )
        for one in calls
    ]
    yield from table((kind, "CALLS", "FAILED", "95 OF 100", ""), rows)


def pools_table(pools: Sequence[Pool]) -> Iterator[Line]:
    """Yield what is left of models' limits."""
    moods: Mapping[str, Mood] = {"ample": "good", "low": "watch"}
    rows: list[Sequence[Word]] = [
        (
            (one.name, ""),
            *(
                (share(one.left.get(of)), "")
                for of in ("requests", "input_tokens", "output_tokens")
            ),
            (one.state, moods.get(one.state, "bad")),
        )
        for one in pools
    ]
    yield from table(("LEFT A MINUTE", "REQUESTS", "INPUT", "OUTPUT", "STATE"), rows)


def turns_table(turns: Sequence[Mapping[str, Any]] | None) -> Iterator[Line]:
    """Yield who waits longest."""
    rows: list[Sequence[Word]] = [
        (
            (one["turn_id"], ""),
            (one["state"] + (", held" if one["held"] else ""), ""),
            (known(one["fallback_level"]), ""),
            (str(one["attempt"]), ""),
            (seconds(one["waited_ms"] / 1000), _waiting(one)),
        )
        for one in turns or ()
    ]
    yield from table(("SLOWEST TURNS", "STATE", "LEVEL", "ATTEMPT", "WAITED"), rows)


def _waiting(turn: Mapping[str, Any]) -> Mood:
    return "bad" if turn["waited_ms"] >= LATE_S * 1000 else ""
