import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

from mainstay.domain.identity import first_of
from mainstay.system.ids import SystemIds

FORM = re.compile(r"turn_[0-7][0-9abcdefghjkmnpqrstvwxyz]{25}")
SPEC_MS = 1_469_918_176_385


def at(ms: int) -> Callable[[], int]:
    """Return a clock that stands at ``ms``."""
    return lambda: ms


def test_form() -> None:
    """An identity is its prefix, ``_`` and 26 lower-case Crockford characters."""
    assert FORM.fullmatch(SystemIds().new("turn"))


def test_time_as_in_the_ulid_specification() -> None:
    """The first ten characters are those of the example in the ULID specification."""
    assert SystemIds(at(SPEC_MS)).new("x").startswith("x_01aryz6s41")


def test_largest_time_fits() -> None:
    """The last millisecond of 48 bits is written as the specification says."""
    assert SystemIds(at(2**48 - 1)).new("x").startswith("x_7zzzzzzzzz")


def test_sorted_within_a_millisecond() -> None:
    """Ten thousand identities of one millisecond are distinct and in order."""
    ids = SystemIds(at(SPEC_MS))
    made = [ids.new("x") for _ in range(10_000)]
    assert made == sorted(set(made))


def test_sorted_when_the_clock_steps_back() -> None:
    """A clock that is set back does not disturb the order."""
    times = iter([SPEC_MS, SPEC_MS + 7, SPEC_MS - 60_000, SPEC_MS + 7, SPEC_MS + 8])
    ids = SystemIds(lambda: next(times))
    made = [ids.new("x") for _ in range(5)]
    assert made == sorted(set(made))


def test_sorted_by_time() -> None:
    """A later millisecond sorts behind an earlier one, also of another process."""
    assert SystemIds(at(SPEC_MS)).new("x") < SystemIds(at(SPEC_MS + 1)).new("x")


def test_not_guessable() -> None:
    """Neighbours of one millisecond differ by more than a count."""
    ids = SystemIds(at(SPEC_MS))
    made = [ids.new("")[-5:] for _ in range(100)]
    steps = {
        int(b.translate(CROCKFORD), 32) - int(a.translate(CROCKFORD), 32)
        for a, b in pairwise(made)
    }
    assert len(steps) > 90


CROCKFORD = str.maketrans(
    "0123456789abcdefghjkmnpqrstvwxyz", "0123456789abcdefghijklmnopqrstuv"
)


def test_distinct_among_threads() -> None:
    """Eight threads on one source never get the same identity."""
    ids = SystemIds()

    def many(_: int) -> list[str]:
        return [ids.new("x") for _ in range(5_000)]

    with ThreadPoolExecutor(8) as pool:
        made = [one for some in pool.map(many, range(8)) for one in some]
    assert len(set(made)) == 40_000


def test_a_forked_child_goes_its_own_way() -> None:
    """Parent and child of a fork go on from one state, yet never with one identity."""
    ids = SystemIds(at(SPEC_MS))
    ids.new("x")
    ids.new("x")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, "\n".join(ids.new("x") for _ in range(100)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    theirs = set(os.read(reader, 65_536).decode().split())
    os.close(reader)
    os.close(writer)
    assert len(theirs) == 100
    assert theirs.isdisjoint(ids.new("x") for _ in range(100))


def test_the_first_of_a_moment_is_below_all_of_it():
    """And above all before it: so a span of time is a span of identities."""
    for at_ms in (0, 31, 32, 1_700_000_000_000, 1_900_000_000_123):
        here = SystemIds(lambda at_ms=at_ms: at_ms).new("turn")
        before = SystemIds(lambda at_ms=at_ms: max(0, at_ms - 1)).new("turn")
        assert first_of("turn", at_ms) <= here < first_of("turn", at_ms + 1)
        assert at_ms == 0 or before < first_of("turn", at_ms)
