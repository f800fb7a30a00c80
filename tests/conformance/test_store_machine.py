"""Two processes on one store do anything in any order, beside a twin."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.conformance import postgres_ports, sqlite_ports
from tests.conformance.store_play import Act, Play
from tests.conformance.twinned_stores import Opening

FIRST = ("say", "claim", "claim", "write")
"""Acts without which the others have nothing to do."""

OTHERS = (
    *("finish", "put_off", "release", "renew", "pass_time", "pass_time", "hold"),
    *("bury", "take_over", "hand_back", "hand_back", "speak", "revive"),
)

BACKENDS = {"sqlite": sqlite_ports.fresh, "postgres": postgres_ports.fresh}

ACTS = st.builds(
    Act,
    st.sampled_from(FIRST * 3 + OTHERS),
    st.sampled_from([0, 1]),
    st.sampled_from([0, 1]),
    st.sampled_from([0, 0, 0, 1, 2]),
    st.integers(0, 419),
)


@pytest.mark.parametrize("opening", BACKENDS.values(), ids=BACKENDS)
@settings(
    max_examples=24,
    # Without shrinking: each act is a commit, so that it would take minutes.
    phases=[Phase.generate],
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(acts=st.lists(ACTS, min_size=60, max_size=60))
def test_two_processes_do_what_the_twins_foretell(
    opening: Opening, acts: Sequence[Act]
):
    """Nothing is lost, doubled, out of order, or written by an old holder."""
    play = Play(opening)
    try:
        for act in acts:
            play.act(act)
        play.end()
    finally:
        play.close()
