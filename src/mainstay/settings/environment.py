"""The environment: a name's value, from the variable itself or from its file."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_MAX_FILE_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Given:
    """What the environment gives.

    Args:
        values: name to value, only names that are set; an empty value is not set.
        faults: files that could not be read, names set twice.
        tried: every name that was set, even where its value could not be read.
    """

    values: Mapping[str, str]
    faults: tuple[str, ...]
    tried: frozenset[str]


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
    for name in names:
        value, path = env.get(name, ""), env.get(f"{name}_FILE", "")
        if value or path:
            tried.add(name)
        if value and path:
            faults.append(f"{name} and {name}_FILE are both set; unset one of them")
        elif path:
            try:
                values[name] = _content(Path(path))
            except (OSError, ValueError) as error:
                reason = error.strerror if isinstance(error, OSError) else error
                faults.append(f"{name}_FILE: {path}: {reason}")
        elif value:
            values[name] = value
    return Given(values, tuple(faults), frozenset(tried))


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
