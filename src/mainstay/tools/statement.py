"""The sentence a customer may read about what a tool did."""

import string
from collections.abc import Mapping
from typing import Any, cast

_MAX_VALUE_CHARS = 60
_MAX_CHARS = 500


def template_faults(template: str) -> list[str]:
    """Return why a template cannot be filled in; only plain ``{names}`` are allowed."""
    try:
        fields = list(string.Formatter().parse(template))
    except ValueError as error:
        return [f"its statement is no template ({error})"]
    return [
        f"its statement may name only arguments and result keys, not {{{name}}}"
        for _, name, spec, conversion in fields
        if name is not None and (not name.isidentifier() or spec or conversion)
    ]


def write_statement(
    tool: str, template: str | None, args: Mapping[str, Any], result: Any
) -> str:
    """Return one line about a committed effect.

    The result's own ``statement`` wins, then the template over the arguments and the
    result's keys (the result wins), then "Done: <tool in words> (<arguments>)."; a
    template that names a value nobody gave is not used.
    """
    told = cast("dict[str, Any]", result) if isinstance(result, dict) else {}
    own = told.get("statement")
    if isinstance(own, str) and own.strip():
        return _one_line(own)
    found = {**args, **told}
    words = {name: str(value) for name, value in found.items() if value is not None}
    if template is not None and _names(template) <= words.keys():
        return _one_line(template.format_map(words))
    return _one_line(_plain(tool, args))


def _names(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def _plain(tool: str, args: Mapping[str, Any]) -> str:
    told = [
        f"{name} {str(value)[:_MAX_VALUE_CHARS]}"
        for name, value in args.items()
        if value is not None and not isinstance(value, dict | list | tuple | set)
    ]
    what = tool.replace("_", " ").replace("-", " ").strip()
    return f"Done: {what} ({', '.join(told)})." if told else f"Done: {what}."


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_CHARS else line[: _MAX_CHARS - 1] + "…"
