"""The reports of drills: each has its own, and none is lost after its fault."""

import json
from pathlib import Path

import pytest
import typer
from tests.unit.checklist.well import private_key
from tests.unit.drills.test_report import outcome

from mainstay.assembly import drill
from mainstay.assembly.drill import Played
from mainstay.assembly.records import Kept
from mainstay.cli.drilling import Asked, play
from mainstay.domain.errors import MainstayError
from mainstay.domain.record import Record
from mainstay.drills.plan import plans
from mainstay.settings import Settings, load

NOON_MS = 1_800_014_400_000


class Drills:
    """Played at once, one a minute.

    ``spoilt`` is a folder that goes meanwhile.

    Args:
        monkeypatch: puts them in the place of real ones.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.spoilt: Path | None = None
        monkeypatch.setattr(drill, "play", self._play)

    async def _play(self, *_: object) -> Played:
        if self.spoilt is not None:
            self.spoilt.rmdir()
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


@pytest.mark.parametrize("out", ["file/reports", "file/x.md", "folder/x.md"])
def test_no_fault_is_brought_about_for_a_report_that_cannot_be_written(
    tmp_path: Path, drills: Drills, out: str
) -> None:
    """The place is tried first, and what is wrong with it told."""
    (tmp_path / "file").touch()
    (tmp_path / "folder/x.md").mkdir(parents=True)
    with pytest.raises(typer.BadParameter) as told:
        drilled(settings_in(tmp_path), tmp_path / out)
    assert told.value.param_hint == "--out"
    assert drills.count == 0


def test_a_place_that_is_tried_is_left_as_it_was(
    tmp_path: Path, drills: Drills, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older report stays when the drill is refused, and nothing new is there."""

    async def refused(*_: object) -> Played:
        raise MainstayError("another drill is on")

    monkeypatch.setattr(drill, "play", refused)
    page = tmp_path / "x.md"
    page.write_text("older")
    with pytest.raises(MainstayError, match="another drill"):
        drilled(settings_in(tmp_path), page)
    assert page.read_text() == "older"
    assert [path.name for path in tmp_path.iterdir()] == ["x.md"]


@pytest.mark.parametrize("as_json", [False, True])
def test_what_a_drill_found_is_told_though_its_report_cannot_be_written(
    tmp_path: Path, drills: Drills, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    """The disk was there before it."""
    drills.spoilt = tmp_path / "gone"
    with pytest.raises(FileNotFoundError):
        drilled(settings_in(tmp_path), drills.spoilt, as_json=as_json)
    out = capsys.readouterr().out
    if as_json:
        told = json.loads(out)
        assert (told["passed"], told["report"]) == (True, None)
    else:
        assert "the hypothesis held\nreport: not written\n" in out
