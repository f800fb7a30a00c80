"""``mainstay check deploy``: the checklist, its progress, and its record."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mainstay.assembly.checklist.making import Made
    from mainstay.checklist.seal import Seal
    from mainstay.checklist.walk import Checked
    from mainstay.settings import Settings

WIDTH = 32
"""Of a title and its dots."""


def check(url: str | None, out: Path | None, *, as_json: bool) -> bool:
    """Make every check, keep the record, and tell whether all of them passed.

    What cannot be made use of is refused before the first check.

    Raises:
        BadParameter: ``url`` is no address, or nothing can be written at ``out``.
        MainstayError: there is no key to sign the record with.
        OSError: the record could not be written; the result is told all the same.
    """
    import asyncio

    from mainstay.checklist.spare import SPARE
    from mainstay.checklist.walk import is_ready
    from mainstay.cli.server import address_of
    from mainstay.settings import SettingsFault, environment, load_without

    env, progress = environment(), Lines(to_errors=as_json)
    try:
        settings = load_without(env, SPARE)
    except SettingsFault:
        from mainstay.assembly.checklist.making import make_without_settings

        made = asyncio.run(make_without_settings(env, progress))
        _conclude(made, None, as_json=as_json)
    else:
        from mainstay.assembly.checklist.making import make

        seal = seal_of(settings)
        gateway = None if url is None else address_of(url, settings)
        where = out or settings.data / "records"
        _must_take(where, None if out is None else "--out")
        made = asyncio.run(make(settings, env, seal, progress, gateway))
        _keep(made, where, as_json=as_json)
    return is_ready(made.found)


def verify(record: Path, public_key: Path | None, *, as_json: bool) -> None:
    """Tell what a record says, if it is what was signed.

    Raises:
        MainstayError: it is not, or there is no key to verify it with.
    """
    from mainstay.checklist.seal import opened
    from mainstay.cli.output import print_json
    from mainstay.settings import environment, load

    text = record.read_text("utf-8")
    if public_key is not None:
        told = opened(text, public_key.read_text("utf-8"))
    else:
        told = seal_of(load(environment(), needs=frozenset())).opened(text)
    if as_json:
        print_json(told)
        return
    what = f"{told.get('what')} of {told.get('deployment')}, {told.get('at')}"
    good = told.get("ready", told.get("passed"))
    print(f"{what}: as it was signed; {'all was well' if good else 'not all was well'}")


def seal_of(settings: "Settings") -> "Seal":
    """Return what signs this deployment's records.

    Raises:
        MainstayError: no key is set.
    """
    from mainstay.checklist.seal import MAKE_KEY, Seal
    from mainstay.domain.errors import MainstayError

    if settings.record_key is None:
        message = "MAINSTAY_RECORD_KEY not set: records are signed; make a key by:"
        raise MainstayError(f"{message} {MAKE_KEY} -out record-key.pem")
    return Seal(settings.record_key.get_secret_value())


class Lines:
    """Progress as lines, one a check; where somebody watches, also while it is made.

    Args:
        to_errors: whether standard output is for something else.
    """

    def __init__(self, *, to_errors: bool) -> None:
        self._out = sys.stderr if to_errors else sys.stdout

    def begun(self, number: int, title: str) -> None:
        """Name the check."""
        if self._out.isatty():
            print(_head(number, title), end="", file=self._out, flush=True)

    def ended(self, checked: "Checked") -> None:
        """Tell what it found, and the way out."""
        back = "\r" if self._out.isatty() else ""
        head = _head(checked.number, checked.title)
        told = f"{checked.verdict:<5} {checked.detail}"
        print(f"{back}{head} {told}", file=self._out, flush=True)
        if checked.way_out:
            print(f"{'':<{WIDTH + 5}}-> {checked.way_out}", file=self._out, flush=True)


def _head(number: int, title: str) -> str:
    return f"{number:>2} {title + ' ':.<{WIDTH}}"


def _must_take(where: Path, option: str | None) -> None:
    from mainstay.cli.places import must_take

    must_take(where if where.suffix == ".json" else where / "checklist.json", option)


def _keep(made: "Made", where: Path, *, as_json: bool) -> None:
    """Write the record and tell the result, which does not wait for a full disk."""
    file = None
    try:
        file = _written(made, where)
    finally:
        _conclude(made, file, as_json=as_json)


def _written(made: "Made", where: Path) -> Path | None:
    """Write the record into a file, or into a folder under its date; return which."""
    from mainstay.domain.moment import moment

    if made.kept is None:
        return None
    record = made.kept.record
    stamp = moment(record.at_ms)[:19].replace(":", "")
    file = where if where.suffix == ".json" else where / f"checklist-{stamp}Z.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(record.text, "utf-8")
    return file


def _conclude(made: "Made", file: Path | None, *, as_json: bool) -> None:
    from mainstay.checklist.report import READY
    from mainstay.checklist.walk import is_ready
    from mainstay.cli.output import print_json

    ready = is_ready(made.found)
    stored = made.kept is not None and made.kept.stored
    if as_json:
        rows = [asdict(one) for one in made.found]
        where = None if file is None else str(file)
        told = {"ready": ready, "record": where, "stored": stored}
        print_json(told | {"checks": rows})
        return
    if file is not None:
        kept = "" if stored else "; the store could not take it"
        print(f"record: {file}{kept}")
    bad = sum(one.verdict != "PASS" for one in made.found)
    print(READY if ready else f"Not ready: {bad} of {len(made.found)} do not pass")
