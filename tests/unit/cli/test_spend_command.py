"""``mainstay spend``: dollars as people write them, and no dust of binary sums."""

import json

import pytest

from mainstay.cli import store
from mainstay.cli.main import main
from mainstay.domain.spend import Amount
from mainstay.ports.spend import DaySpend

SUM, SMALL = 0.1 + 0.2, 4.1200000000000005e-05


@pytest.fixture(autouse=True)
def _spent(monkeypatch: pytest.MonkeyPatch) -> None:
    customers = {"eve": Amount(20, SUM), "ada": Amount(1, SMALL)}
    today = DaySpend("2027-01-15", Amount(21, SUM + SMALL), customers)
    monkeypatch.setattr(store, "with_store", lambda *_: today)


def test_the_table_has_millionths(capsys: pytest.CaptureFixture[str]) -> None:
    """All with as many digits, so that they can be compared at a glance."""
    assert main(["spend"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "2027-01-15: 21 tokens, $0.3000",
        "customer  tokens  usd",
        "eve       20      0.300000",
        "ada       1       0.000041",
    ]


def test_json_has_what_was_spent(capsys: pytest.CaptureFixture[str]) -> None:
    """To a hundredth of what a token costs."""
    assert main(["spend", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "day": "2027-01-15",
        "tokens": 21,
        "usd": 0.3000412,
        "customers": [
            {"customer": "eve", "tokens": 20, "usd": 0.3},
            {"customer": "ada", "tokens": 1, "usd": 4.12e-05},
        ],
    }
