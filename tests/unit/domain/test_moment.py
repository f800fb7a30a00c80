"""Points in time, to the second and to the millisecond."""

from mainstay.domain.moment import moment, timestamp

AT_MS = 1_795_660_267_410


def test_a_moment_is_to_the_second() -> None:
    """What is less is left out, and not rounded up."""
    assert moment(AT_MS) == "2026-11-26T02:31:07+00:00"
    assert moment(AT_MS + 589.9) == "2026-11-26T02:31:07+00:00"


def test_a_timestamp_is_to_the_millisecond() -> None:
    """Always with three digits."""
    assert timestamp(AT_MS) == "2026-11-26T02:31:07.410Z"
    assert timestamp(AT_MS - 410) == "2026-11-26T02:31:07.000Z"
    assert timestamp(AT_MS / 1000 * 1000) == "2026-11-26T02:31:07.410Z"
