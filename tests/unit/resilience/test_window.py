import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from mainstay.resilience import window as window_code
from mainstay.resilience.window import Window

CALLS = st.lists(
    st.tuples(st.integers(0, 30_000), st.booleans(), st.booleans()), max_size=60
)


@given(CALLS)
def test_counts_what_is_younger_than_the_span(
    calls: list[tuple[int, bool, bool]],
) -> None:
    """Calls younger than 59 s count, those older than 60 s do not."""
    window, now_ms = Window(60), 0
    made: list[tuple[int, bool, bool]] = []
    for gap_ms, failed, slow in calls:
        now_ms += gap_ms
        window.add(now_ms / 1000, failed=failed, slow=slow)
        made.append((now_ms, failed, slow))
        ages = [(now_ms - at_ms, f, s) for at_ms, f, s in made]
        young = [one for one in ages if one[0] < 59_000]
        possible = [one for one in ages if one[0] <= 60_000]
        assert len(young) <= window.calls <= len(possible)
        assert sum(f for _, f, _ in young) <= window.failed
        assert window.failed <= sum(f for _, f, _ in possible)
        assert sum(s for _, _, s in young) <= window.slow
        assert window.slow <= sum(s for _, _, s in possible)


def test_memory_does_not_grow_with_traffic() -> None:
    """A hundred thousand calls over ten minutes take no more room than a minute's."""
    window = Window(60)
    tracemalloc.start()
    for n in range(100_000):
        window.add(n * 0.006, failed=n % 3 == 0, slow=False)
    everything = tracemalloc.take_snapshot()
    tracemalloc.stop()
    # What threads of earlier tests take meanwhile is not the window's.
    own = everything.filter_traces([tracemalloc.Filter(True, window_code.__file__)])
    assert 0 < sum(one.size for one in own.statistics("filename")) < 20_000
    assert 9_800 < window.calls <= 10_000
