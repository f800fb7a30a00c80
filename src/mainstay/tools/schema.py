"""A tool's arguments: their JSON Schema, and the check that the schema promises."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NotRequired, cast

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema, to_jsonable_python
from typing_extensions import TypedDict, override

from mainstay.ports.tools import ToolRefused
from mainstay.tools.signature import Signature

_MAX_FAULTS = 5
_CONFIG = ConfigDict(
    extra="forbid",
    # Models write order numbers as numbers now and then; the text is what was meant.
    coerce_numbers_to_str=True,
    arbitrary_types_allowed=False,
)


class _Schema(GenerateJsonSchema):
    """Pydantic's schema, less its titles, with decimals written for a model."""

    @override
    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    @override
    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        number = super().decimal_schema(schema)
        for choice in cast("list[dict[str, Any]]", number.get("anyOf", [])):
            if choice.get("type") == "string":
                choice["pattern"] = r"^[+-]?\d+(\.\d+)?$"
        return number


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a tool takes.

    Args:
        schema: a JSON Schema object that allows no other properties.
        adapter: what checks and converts a call's arguments.
        defaults: values of arguments that a call leaves out.
    """

    schema: Mapping[str, Any]
    adapter: TypeAdapter[dict[str, Any]]
    defaults: Mapping[str, Any]

    def read(self, tool: str, args: Mapping[str, Any]) -> dict[str, Any] | ToolRefused:
        """Return the values in their Python types, or why the arguments are wrong.

        A ``Decimal`` is read from the shortest text of a number (59.9 is
        ``Decimal("59.9")``), never from its binary expansion.
        """
        try:
            given = self.adapter.validate_python(args)
        except ValidationError as error:
            return ToolRefused(_explain(tool, error))
        except Exception:  # noqa: BLE001 - a validator of the author's own broke
            reason = f"The arguments of {tool} could not be checked; nothing was done."
            return ToolRefused(reason, fault=True)
        return {**self.defaults, **given}


def read_arguments(signature: Signature, descriptions: Mapping[str, str]) -> Arguments:
    """Make the schema and its check from a signature.

    Args:
        signature: one without faults.
        descriptions: an argument's name → what it means.

    Raises:
        pydantic.errors.PydanticUserError: a type has no JSON Schema.
    """
    fields = {
        name: NotRequired[annotation] if name in signature.defaults else annotation
        for name, annotation in signature.types.items()
    }
    # A TypedDict, not a model: any argument name is free ("copy", "schema", …).
    shape = cast("Any", TypedDict)("Arguments", fields)
    shape.__pydantic_config__ = _CONFIG
    adapter: TypeAdapter[dict[str, Any]] = TypeAdapter(shape)
    schema = adapter.json_schema(schema_generator=_Schema)
    properties: dict[str, Any] = schema.get("properties", {})
    for name, described in properties.items():
        if name in descriptions:
            described.setdefault("description", descriptions[name])
        default = signature.defaults.get(name)
        if default is not None:
            described.setdefault("default", to_jsonable_python(default))
    schema.pop("title", None)
    schema.pop("description", None)
    schema.setdefault("properties", properties)
    schema["additionalProperties"] = False
    return Arguments(schema, adapter, dict(signature.defaults))


def _explain(tool: str, error: ValidationError) -> str:
    """Say which argument is wrong and how, without repeating what was given."""
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    lines = [
        f"{'.'.join(str(part) for part in fault['loc']) or 'arguments'}: {fault['msg']}"
        for fault in faults[:_MAX_FAULTS]
    ]
    if len(faults) > _MAX_FAULTS:
        lines.append(f"and {len(faults) - _MAX_FAULTS} more")
    return (
        f"The arguments of {tool} are wrong and nothing was done. {'; '.join(lines)}."
    )
