from mainstay.system.chance import SystemRandom


def test_uniform_stays_within_its_bounds_and_varies() -> None:
    """Numbers lie between low and high, all over the range."""
    drawn = [SystemRandom().uniform(48, 72) for _ in range(1_000)]
    assert 48 <= min(drawn) < 50
    assert 70 < max(drawn) <= 72
