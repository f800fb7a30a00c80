"""The reports of drills: each has its own, and none is lost after its fault."""

from pathlib import Path

import pytest
from tests.unit.checklist.well import private_key
from tests.unit.drills.test_report import outcome

from mainstay.assembly import drill
from mainstay.assembly.drill import Played
from mainstay.assembly.records import Kept
from mainstay.cli.drilling import Asked, play
from mainstay.domain.record import Record
from mainstay.drills.plan import plans
from mainstay.settings import Settings, load

NOON_MS = 1_800_014_400_000


class Drills:
    """Played at once, one a minute.

    Args:
        monkeypatch: puts them in the place of real ones.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        monkeypatch.setattr(drill, "play", self._play)

    async def _play(self, *_: object) -> Played:
        at_ms = NOON_MS + self.count * 60_000
        self.count += 1
        record = Record("rec_1", "drill", "claude-outage", True, at_ms, f"{self.count}")
        return Played(outcome(), Kept(record, stored=True))


@pytest.fixture
def drills(monkeypatch: pytest.MonkeyPatch) -> Drills:
    """Give drills that are played."""
    return Drills(monkeypatch)


def settings_in(folder: Path) -> Settings:
    """Return settings of a deployment that can sign."""
    env = {"ANTHROPIC_API_KEY": "k", "MAINSTAY_RECORD_KEY": private_key()}
    return load(env | {"MAINSTAY_DATA": str(folder)})


def drilled(settings: Settings, out: Path | None, *, as_json: bool = False) -> bool:
    """Tell whether a drill held."""
    asked = Asked(1, 1, 1, 1, 0, None, None, out, as_json)
    return play(plans()[0], settings, asked, production=False)


def test_two_drills_of_a_day_have_a_report_each(tmp_path: Path, drills: Drills) -> None:
    """Page, plot and record of the first one stay as they were."""
    for _ in range(2):
        assert drilled(settings_in(tmp_path), None)
    names = sorted(path.name for path in (tmp_path / "drills").iterdir())
    assert names == [
        f"2027-01-15T120{n}00Z-claude-outage.{kind}"
        for n in range(2)
        for kind in ("json", "md", "svg")
    ]
    assert [
        path.read_text() for path in sorted((tmp_path / "drills").glob("*.json"))
    ] == ["1", "2"]
