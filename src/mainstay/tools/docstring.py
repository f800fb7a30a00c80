"""Reads a tool's docstring: what it does, and what each argument means."""

import inspect
import re
from dataclasses import dataclass

_SECTION = re.compile(
    r"^(Args|Arguments|Parameters|Returns?|Raises|Yields|Examples?|Notes?):\s*$"
)
_ARGUMENT = re.compile(r"^(?P<name>\w+)(?:\s*\([^)]*\))?:\s*(?P<text>.*)$")
_ARGUMENT_SECTIONS = frozenset({"Args", "Arguments", "Parameters"})


@dataclass(frozen=True, slots=True)
class Docstring:
    """A docstring in the Google style, taken apart.

    Source of the format: https://google.github.io/styleguide/pyguide.html (3.8.3).

    Args:
        text: everything before the first section.
        arguments: an argument's name → its description, on one line.
    """

    text: str
    arguments: dict[str, str]


def read_docstring(raw: str | None) -> Docstring:
    """Take a docstring apart; a missing one is empty."""
    prose: list[str] = []
    arguments: list[str] = []
    section = ""
    for line in inspect.cleandoc(raw or "").splitlines():
        heading = _SECTION.match(line)
        if heading:
            section = heading[1]
        elif not section:
            prose.append(line)
        elif section in _ARGUMENT_SECTIONS:
            arguments.append(line)
    return Docstring("\n".join(prose).strip(), _arguments(arguments))


def _arguments(lines: list[str]) -> dict[str, str]:
    """Join each argument's lines; those indented deeper than its name go on."""
    found: dict[str, str] = {}
    name = ""
    for line in inspect.cleandoc("\n".join(["", *lines])).splitlines():
        start = _ARGUMENT.match(line)
        if start:
            name = start["name"]
            found[name] = start["text"]
        elif name:
            found[name] = f"{found[name]} {line.strip()}".strip()
    return found
