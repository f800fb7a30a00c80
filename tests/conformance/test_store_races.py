"""Sides act on one store at once; a referee reads what became of it.

A seed chooses acts and the order in which statements run. To see one again:
``make test TESTS=tests/conformance/test_store_races.py ARGS='-k seed7-'``.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

import asyncpg
import pytest
from tests.conformance import postgres_stage, sqlite_stage
from tests.conformance.postgres_stage import Mutant
from tests.conformance.store_race import ACTS, Race
from tests.conformance.store_referee import Referee
from tests.conformance.store_stage import Stage

from mainstay.stores.statements import load

Opening = Callable[[], AbstractAsyncContextManager[Stage]]

STAGES = {"sqlite": sqlite_stage.stage, "postgres": postgres_stage.stage}
SEEDS = range(12)
ENOUGH = 30
"""Seeds within which a broken store must show."""

OWNER = "c.owner <> 'ai' OR c.owner_epoch <> (a->>'owner_epoch')::bigint"
LOCK = " FOR UPDATE"
WORK = ("say", "claim", "write", "finish", "release")
HUMAN = ("say", "claim", "write", "finish", "take_over", "hand_back", "speak")
POSTGRES_MUTANTS: dict[str, tuple[Mutant, Sequence[str]]] = {
    "old leases": (
        ("fence", "c.lease_epoch <> (a->>'lease_epoch')::bigint", "false"),
        WORK,
    ),
    "old owners": (("fence", OWNER, "false"), HUMAN),
    "a fence without its lock": (("fence", LOCK, ""), (*WORK, "bury")),
    "an accept without its lock": (("accept", LOCK, ""), WORK),
    "a claim without its lock": (("claim", LOCK, ""), WORK),
    "a hand-back without its lock": (("hand_back", LOCK, ""), HUMAN),
    "no look for more work": (
        ("finish", "CASE WHEN more THEN at END", "NULL"),
        WORK,
    ),
    "two holding replies": (
        ("hold", "AND held_at_ms IS NULL", ""),
        ("say", "hold", "hold"),
    ),
}
SQLITE_MUTANTS = {
    "old leases": ("journal", "fence", "AND lease_epoch = :lease_epoch", ""),
    "no look for more work": (
        "journal",
        "number_reply",
        "THEN :now_ms END",
        "THEN NULL END",
    ),
    "one epoch for two": ("leases", "claim", "lease_epoch + 1", "lease_epoch"),
    "two holding replies": ("watch", "hold", "AND held_at_ms IS NULL", ""),
}


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"seed{seed}-")
@pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES)
async def test_no_interleaving_breaks_a_promise(stage: Opening, seed: int):
    """Nothing is lost, answered twice, out of order, or written by an old holder."""
    await _race(stage, seed)


@pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES)
async def test_a_seed_tells_the_same_story_again(stage: Opening):
    """What a seed found can be looked at again."""
    assert await _race(stage, 3) == await _race(stage, 3)


@pytest.mark.parametrize("mutant", POSTGRES_MUTANTS.values(), ids=POSTGRES_MUTANTS)
async def test_the_referee_sees_what_is_broken_on_postgres(
    mutant: tuple[Mutant, Sequence[str]],
):
    """Without a check, or without a lock, some seed turns red."""
    broken, acts = mutant
    assert await _turns_red(lambda: postgres_stage.stage(broken), acts)


@pytest.mark.parametrize("mutant", SQLITE_MUTANTS.values(), ids=SQLITE_MUTANTS)
async def test_the_referee_sees_what_is_broken_on_sqlite(
    mutant: tuple[str, str, str, str], monkeypatch: pytest.MonkeyPatch
):
    """Without a check some seed turns red."""
    file, name, text, instead = mutant
    statements = load("sqlite", file)
    assert text in statements[name]
    broken = statements[name].replace(text, instead)
    monkeypatch.setitem(statements, name, broken)
    assert await _turns_red(sqlite_stage.stage)


async def _race(
    stage: Opening, seed: int, acts: Sequence[str] = ACTS
) -> list[tuple[object, ...]]:
    """Play, judge, and return what was written in its order."""
    async with stage() as one:
        race = Race(one, seed, acts)
        await race.play()
        await Referee(race).judge()
        return await one.rows("SELECT * FROM test_log ORDER BY n")


async def _turns_red(stage: Opening, acts: Sequence[str] = ACTS) -> bool:
    for seed in range(ENOUGH):
        try:
            await _race(stage, seed, acts)
        except (AssertionError, asyncpg.IntegrityConstraintViolationError):
            return True
    return False
