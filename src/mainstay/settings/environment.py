"""The environment: a name's value, from the variable itself or from its file."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mainstay.domain.errors import MainstayError

_MAX_FILE_BYTES = 65_536


class Unreadable(MainstayError):
    """A value cannot be read from where it is; the text never shows the value."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the environment gives.

    Args:
        values: name to value, only names that are set; an empty value is not set.
        faults: files that could not be read, names set twice.
        tried: every name that was set, even where its value could not be read.
        files: the file of each value that came from one.
    """

    values: Mapping[str, str]
    faults: tuple[str, ...]
    tried: frozenset[str]
    files: Mapping[str, Path]


def environment() -> Mapping[str, str]:
    """Return the process's environment."""
    return os.environ


def overlaid(env: Mapping[str, str], values: Mapping[str, object]) -> dict[str, str]:
    """Return ``env`` with ``values`` in place of its own, their files included.

    A value of None takes the name out.
    """
    kept = {
        name: value
        for name, value in env.items()
        if name not in values and name.removesuffix("_FILE") not in values
    }
    new = {name: str(value) for name, value in values.items() if value is not None}
    return kept | new


def given(env: Mapping[str, str], names: Iterable[str]) -> Given:
    """Read every name, from ``NAME`` or from the file that ``NAME_FILE`` names."""
    values: dict[str, str] = {}
    faults: list[str] = []
    tried: set[str] = set()
    files: dict[str, Path] = {}
    for name in names:
        value, path = env.get(name, ""), env.get(f"{name}_FILE", "")
        if value or path:
            tried.add(name)
        if value and path:
            faults.append(f"{name} and {name}_FILE are both set; unset one of them")
        elif path:
            try:
                values[name] = of_file(name, Path(path))
                files[name] = Path(path)
            except Unreadable as error:
                faults.append(str(error))
        elif value:
            values[name] = value
    return Given(values, tuple(faults), frozenset(tried), files)


def of_file(name: str, path: Path) -> str:
    """Return the value of a name from its file.

    Raises:
        Unreadable: with the file and the reason, in one line.
    """
    try:
        return _content(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise Unreadable(f"{name}_FILE: {path}: {reason}") from None


def _content(path: Path) -> str:
    """Return a file's text without one trailing newline.

    Raises:
        OSError: it cannot be read.
        ValueError: it is empty, too long or not UTF-8; the text is not in the message.
    """
    with path.open("rb") as file:
        raw = file.read(_MAX_FILE_BYTES + 1)
    if len(raw) > _MAX_FILE_BYTES:
        message = f"is larger than {_MAX_FILE_BYTES} bytes"
        raise ValueError(message)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        message = "is not UTF-8 text"
        raise ValueError(message) from None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        message = "is empty"
        raise ValueError(message)
    return text
