"""Reads a tool's signature: which parameter is the context, what the others take."""

import inspect
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic.fields import FieldInfo

from mainstay.ports.tools import ToolContext

MISSING: Any = inspect.Parameter.empty

# What the Messages API takes as a property's name in an input schema.
_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,64}", re.ASCII)
_UNNAMED = {
    inspect.Parameter.POSITIONAL_ONLY: "positional-only",
    inspect.Parameter.VAR_POSITIONAL: "*args",
    inspect.Parameter.VAR_KEYWORD: "**kwargs",
}


@dataclass(frozen=True, slots=True)
class Signature:
    """What a tool's function takes.

    Args:
        context: the name of its ``ToolContext`` parameter, or None.
        types: an argument's name → its annotation, in order, without the context.
        defaults: an argument's name → its default, where it has one.
        faults: why the signature cannot become a schema.
    """

    context: str | None
    types: Mapping[str, Any]
    defaults: Mapping[str, Any]
    faults: tuple[str, ...]


def read_signature(function: Callable[..., Any]) -> Signature:
    """Read a function's signature; what is wrong with it is in ``faults``."""
    try:
        hints = typing.get_type_hints(function, include_extras=True)
        parameters = inspect.signature(function).parameters
    except (NameError, TypeError, ValueError, SyntaxError) as error:
        fault = (
            f"its annotations cannot be read ({error}); use types that exist at"
            " module level when the function is defined"
        )
        return Signature(None, {}, {}, (fault,))
    contexts = [name for name in parameters if hints.get(name) is ToolContext]
    arguments = {n: p for n, p in parameters.items() if n not in contexts}
    faults = [f for p in parameters.values() if (f := _kind_fault(p))]
    faults += [f for p in arguments.values() if (f := _type_fault(p, hints))]
    if len(contexts) > 1:
        faults.append(f"it takes more than one ToolContext ({', '.join(contexts)})")
    return Signature(
        context=contexts[0] if contexts else None,
        types={name: hints.get(name, Any) for name in arguments},
        defaults={
            name: parameter.default
            for name, parameter in arguments.items()
            if parameter.default is not MISSING
        },
        faults=tuple(faults),
    )


def _kind_fault(parameter: inspect.Parameter) -> str | None:
    kind = _UNNAMED.get(parameter.kind)
    if kind is None:
        return None
    return (
        f"parameter {parameter.name!r} is {kind}, but the model names every argument;"
        " write each one out as an ordinary parameter"
    )


def _type_fault(parameter: inspect.Parameter, hints: Mapping[str, Any]) -> str | None:
    name = parameter.name
    if parameter.kind in _UNNAMED:
        return None
    if name not in hints:
        return f"parameter {name!r} has no type annotation, so it can have no schema"
    if not _NAME.fullmatch(name):
        return f"parameter {name!r} is no name the API takes ({_NAME.pattern})"
    if ToolContext in typing.get_args(hints[name]):
        return f"parameter {name!r} must be annotated ToolContext and nothing else"
    if isinstance(parameter.default, FieldInfo):
        return (
            f"the default of {name!r} is a Field(); write Annotated[type, Field(…)]"
            " and an ordinary default"
        )
    return None
