"""``mainstay check deploy``: what is no use is refused before the first check."""

from pathlib import Path
from typing import Any

import pytest
from tests.unit.checklist.well import private_key

from mainstay.assembly.checklist import making
from mainstay.cli import checklist
from mainstay.cli.main import FAILED, WRONG_USAGE, main

CHECK = ("check", "deploy")


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[object]:
    """Take down each walk; its first check finds a fault, the others are not made."""
    begun: list[object] = []

    async def make(_: object, env: Any, __: object, progress: Any, url: object) -> Any:
        begun.append(url)
        return await making.make_without_settings(env, progress)

    monkeypatch.setattr(making, "make", make)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    monkeypatch.setenv("MAINSTAY_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MAINSTAY_RECORD_KEY", private_key())
    return begun


@pytest.mark.parametrize("place", ["record.json", "records"])
def test_a_place_that_takes_nothing_is_refused(
    made: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    """The option is named, and the reason."""
    (tmp_path / "file").touch()
    given = str(tmp_path / "file" / place)
    assert main([*CHECK, "--out", given]) == WRONG_USAGE
    assert made == []
    told = capsys.readouterr().err
    assert "--out" in told
    assert f"{tmp_path / 'file'}" in told


def test_a_record_that_is_there_is_left_alone(
    made: list[object], tmp_path: Path
) -> None:
    """Until there is another one."""
    out = tmp_path / "record.json"
    out.write_text("{}")
    assert main([*CHECK, "--out", str(out)]) == FAILED
    assert made == [None]
    assert out.read_text() == "{}"


def test_a_place_in_a_new_folder_is_taken(made: list[object], tmp_path: Path) -> None:
    """Nothing is left there before there is a record."""
    out = tmp_path / "new" / "folder"
    assert main([*CHECK, "--out", str(out / "record.json")]) == FAILED
    assert made == [None]
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("url", ["foo", "127.0.0.1:8080", "ftp://host"])
def test_what_is_no_address_is_refused(
    made: list[object], capsys: pytest.CaptureFixture[str], url: str
) -> None:
    """As every command does."""
    assert main([*CHECK, "--url", url]) == WRONG_USAGE
    assert made == []
    assert "--url" in capsys.readouterr().err


def test_the_result_is_told_though_the_record_is_lost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A disk may fill up during the walk."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "records/x.json")

    monkeypatch.setattr(checklist, "_written", full)
    assert main(CHECK) == FAILED
    told = capsys.readouterr()
    assert told.out.splitlines()[-1].startswith("Not ready: ")
    assert "No space left on device: 'records/x.json'" in told.err
