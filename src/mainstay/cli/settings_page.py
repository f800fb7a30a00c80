"""The reference page of the settings, made from the code.

``python -m mainstay.cli.settings_page > docs/reference/settings.md`` remakes it; a
test holds the two equal.
"""

import sys
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from mainstay.settings.model import variables
from mainstay.settings.variable import Var

_HEAD = """\
# Settings

Mainstay reads these environment variables and nothing else. Each may also come from a
file: `NAME_FILE=/run/secrets/name` (one trailing newline is dropped; setting both is a
fault). What neither gives may come from the secret that `MAINSTAY_SECRETS` names;
[secrets](../howto/secrets.md) tells how, and which values may change without a restart.
An empty value is the same as none. `mainstay check config` names every fault at once;
the values of secrets are never printed.

In production (`MAINSTAY_ENV=production`) `ANTHROPIC_API_KEY`, `DATABASE_URL` and
`QUEUE_URL` must be set; `DATABASE_URL` not under an explicit `DB_TYPE=sqlite`,
`QUEUE_URL` not under an explicit `QUEUE_TYPE=database`, `ANTHROPIC_API_KEY` not where
`CLAUDE_PROVIDERS` leaves Anthropic out.

A `MAINSTAY_*` name that is not in this table is a fault: it is a typing error.
A file that a setting names and that cannot be read is one too: of rules, of
certificates or keys, also in the parameters of an address.

| name | meaning | values | default |
| --- | --- | --- | --- |
"""
_PLAIN = {int: "whole number", float: "number", bool: "true, false", str: "text"}


def page() -> str:
    """Return the page."""
    return _HEAD + "".join(_row(var, info) for var, info in variables().values())


def _row(var: Var, info: FieldInfo) -> str:
    text = f"{var.text} Secret." if var.secret else var.text
    default = var.default or _default(info.default)
    return f"| `{var.name}` | {text} | {_values(info)} | {default} |\n"


def _default(value: Any) -> str:
    if value is None:
        return "not set"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{text}`"


def _values(info: FieldInfo) -> str:
    kinds, limits = _flatten(info.annotation), list[Any](info.metadata)
    for kind in kinds:
        limits += getattr(kind, "__metadata__", ())
    found = [
        *(m.ge for m in _fields_of(limits) if isinstance(m, Ge)),
        *(m.le for m in _fields_of(limits) if isinstance(m, Le)),
    ]
    if found:
        return f"{found[0]} to {found[1]}"
    for kind in kinds:
        if get_origin(kind) is Literal:
            return ", ".join(str(choice) for choice in get_args(kind))
    return next((_PLAIN[k] for k in kinds if k in _PLAIN), "text")


def _flatten(annotation: Any) -> list[Any]:
    """Return the members of a union, or the one type there is."""
    if get_origin(annotation) is Literal:
        return [annotation]
    members = get_args(annotation)
    if hasattr(annotation, "__metadata__") or not members:
        return [annotation]
    return [m for m in members if m is not type(None)]


def _fields_of(limits: list[Any]) -> list[Any]:
    """Return the limits, those inside pydantic's own field information too."""
    return [
        m for limit in limits for m in (getattr(limit, "metadata", None) or [limit])
    ]


if __name__ == "__main__":
    sys.stdout.write(page())
