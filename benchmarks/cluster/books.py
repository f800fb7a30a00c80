"""The books of a trial: what everybody noted, as figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cluster import ledger
from benchmarks.cluster.customers import UNAVAILABLE, Customers
from benchmarks.cluster.faults import POSTGRES_AWAY, Faults, Window
from benchmarks.cluster.verdict import Count, gaps
from benchmarks.cluster.witness import Witness
from benchmarks.figures import percentile

GRACE_S = 1.0
GRACE_MS = 1000
LISTENERS_S = 5.0
TRAFFIC = "messages_during_"

HELD = "SELECT id FROM turns WHERE held_at_ms IS NOT NULL"
DEAD = "SELECT count(*) FROM turns WHERE state = 'dead'"
OPEN = "SELECT count(*) FROM turns WHERE state IN ('pending', 'running')"
UNCOMMITTED = "SELECT count(*) FROM effects WHERE state = 'intended'"


@dataclass(frozen=True, slots=True)
class Books:
    """What everybody noted.

    Args:
        customers: what they said and were told.
        witness: reads the database.
        faults: when they happened.
        ledger: what reached the world outside.
    """

    customers: Customers
    witness: Witness
    faults: Faults
    ledger: Path

    async def figures(self) -> dict[str, float]:
        """Return all figures."""
        return {
            **await self._conversations(),
            **self._effects(),
            **await self._left_open(),
            **await self._resumed(),
            **self._refusals(),
            **self._accepts(),
            **self._traffic(),
        }

    def notes(self) -> str:
        """Return when what happened and who was refused, by one clock, in seconds."""
        windows = [
            (w.began_s, f"{w.fault} until {w.ended_s:.2f}") for w in self.faults.windows
        ]
        refusals = [
            (r.began_s, f"{r.status} {r.path}") for r in self.customers.refusals
        ]
        told = sorted([*windows, *refusals])
        return "".join(f"{at_s:.2f} {text}\n" for at_s, text in told)

    async def _conversations(self) -> dict[str, float]:
        count, missed = Count(), 0
        held_turns = {row[0] for row in await self.witness.rows(HELD)}
        listeners = {one.conversation_id: one for one in self.customers.listeners}
        for talk in self.customers.talks:
            messages = await self.customers.messages(talk)
            count.add(talk, messages, held_turns)
            if (one := listeners.get(talk.id)) is not None:
                await one.told(len(messages), LISTENERS_S)
                missed += gaps(one.seqs, len(messages))
        return {
            "accepted": count.accepted,
            "answered_once": count.answered,
            "lost": count.lost,
            "unanswered": count.unanswered,
            "answered_twice": count.doubled,
            "out_of_order": count.disordered,
            "events_missed": missed,
            "holding_replies": count.held,
            **{f"replies_of_level_{n}": count.levels[n] for n in range(5)},
            "wait_p50_s": percentile(count.waits_s, 50),
            "wait_p99_s": percentile(count.waits_s, 99),
            "wait_max_s": max(count.waits_s),
        }

    def _effects(self) -> dict[str, float]:
        calls = ledger.read(self.ledger)
        return {
            "calls_of_tools": len(calls),
            "effects_twice": len(ledger.doubled(calls)),
        }

    async def _left_open(self) -> dict[str, float]:
        return {
            "turns_left_open": await self.witness.value(OPEN),
            "effects_left_open": await self.witness.value(UNCOMMITTED),
            "dead_turns": await self.witness.value(DEAD),
        }

    async def _resumed(self) -> dict[str, float]:
        figures: dict[str, float] = {}
        for name, cases in (
            ("resume", self.faults.killed),
            ("frozen_resume", self.faults.frozen),
        ):
            # A turn that nobody went on with took longer than anybody looked.
            times_s = [t for case in cases for t in case.times_s]
            times_s += [float("inf") for case in cases for _ in case.open]
            if times_s:
                figures |= {
                    f"{name}_turns": len(times_s),
                    f"{name}_p50_s": percentile(times_s, 50),
                    f"{name}_max_s": max(times_s),
                }
        return figures | await self._late()

    async def _late(self) -> dict[str, float]:
        figures: dict[str, float] = {}
        for name, cases in (
            ("freeze", self.faults.frozen),
            ("robbery", self.faults.robbed),
        ):
            late = [await self.witness.late(case, GRACE_MS) for case in cases]
            if late:
                figures[f"written_after_{name}"] = sum(one.written for one in late)
                figures[f"refused_after_{name}"] = sum(one.refused for one in late)
        return figures

    def _refusals(self) -> dict[str, float]:
        away = self.faults.window(*POSTGRES_AWAY)
        refused = [r for r in self.customers.refusals if r.status == UNAVAILABLE]
        up = [r for r in refused if not _within(r.began_s, away, r.ended_s)]
        return {
            "refused_with_503": len(refused),
            "refused_while_postgres_was_up": len(up),
            "refused_without_retry_after": sum(r.retry_after is None for r in refused),
            "other_errors": len(self.customers.refusals) - len(refused),
        }

    def _accepts(self) -> dict[str, float]:
        said = [said for talk in self.customers.talks for said in talk.said]
        figures = {"accept_p50_ms": percentile([s.took_ms for s in said], 50)}
        for fault in "broker", "hang", "redis":
            windows = self.faults.window(fault)
            asked = [(s.accepted_s - s.took_ms / 1000, s.took_ms) for s in said]
            during = [took_ms for at_s, took_ms in asked if _within(at_s, windows)]
            if during:
                figures[f"accept_p50_ms_without_{fault}"] = percentile(during, 50)
        return figures

    def _traffic(self) -> dict[str, float]:
        """Return how many messages came while each fault lasted."""
        said = [said for talk in self.customers.talks for said in talk.said]
        asked = [s.accepted_s - s.took_ms / 1000 for s in said]
        return {
            f"{TRAFFIC}{w.fault}": sum(_within(at_s, [w]) for at_s in asked)
            for w in self.faults.windows
        }


def _within(
    at_s: float, windows: Sequence[Window], until_s: float | None = None
) -> bool:
    """Tell whether a moment, or a time until another, touches a window."""
    end_s = at_s if until_s is None else until_s
    return any(w.began_s <= end_s and at_s <= w.ended_s + GRACE_S for w in windows)
