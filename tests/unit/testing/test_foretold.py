import pytest

from mainstay.testing.chance import ScriptedRandom, SeededRandom
from mainstay.testing.ids import CountedIds


def test_counted_ids_have_the_real_form_and_order() -> None:
    """Identities are counted, 26 characters long, and sort as they were made."""
    ids = CountedIds()
    made = [ids.new("turn") for _ in range(11)]
    assert made[0] == "turn_00000000000000000000000001"
    assert made == sorted(set(made))
    assert {len(one) for one in made} == {5 + 26}


def test_seeded_random_repeats_itself() -> None:
    """One seed, one sequence; another seed, another."""
    one, same, other = SeededRandom(1), SeededRandom(1), SeededRandom(2)
    drawn = [one.uniform(0, 1) for _ in range(10)]
    assert drawn == [same.uniform(0, 1) for _ in range(10)]
    assert drawn != [other.uniform(0, 1) for _ in range(10)]


def test_scripted_random_goes_through_its_script() -> None:
    """Shares say where between low and high, over and over."""
    random = ScriptedRandom(0, 0.5, 1)
    assert [random.uniform(48, 72) for _ in range(4)] == [48, 60, 72, 48]


@pytest.mark.parametrize("shares", [(), (1.1,), (0.5, -0.1)])
def test_scripted_random_refuses_an_impossible_script(shares: tuple[float]) -> None:
    """No share, or one outside 0 to 1, is no script."""
    with pytest.raises(ValueError, match="shares"):
        ScriptedRandom(*shares)
