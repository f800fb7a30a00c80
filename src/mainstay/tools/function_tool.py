"""One Python function as a tool: what the model sees, and what a call needs."""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic.errors import PydanticUserError

from mainstay.domain.errors import AgentRefused
from mainstay.ports.tools import ToolContext, ToolSpec
from mainstay.tools.docstring import read_docstring
from mainstay.tools.options import ToolOptions, option_faults
from mainstay.tools.schema import Arguments, read_arguments
from mainstay.tools.signature import Signature, read_signature

# What the Messages API takes as a tool's name.
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}", re.ASCII)

ToolFunction = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class FunctionTool:
    """A tool whose every promise was checked.

    Args:
        spec: what the model and the ledger see.
        function: the author's async function.
        arguments: the schema and the check.
        context: the name of the parameter that takes the context, or None.
        options: what was promised.
    """

    spec: ToolSpec
    function: ToolFunction
    arguments: Arguments
    context: str | None
    options: ToolOptions

    def start(self, values: Mapping[str, Any], context: ToolContext) -> Awaitable[Any]:
        """Call the function with checked values."""
        if self.context is None:
            return self.function(**values)
        return self.function(**values, **{self.context: context})


def make_tool(function: ToolFunction, options: ToolOptions) -> FunctionTool:
    """Make a tool of a function.

    Raises:
        AgentRefused: what the function or an option promises cannot be kept; every
            reason is named.
    """
    name = str(getattr(function, "__name__", ""))
    signature = read_signature(function)
    described = read_docstring(inspect.getdoc(function))
    faults = [
        *_function_faults(function, name, described.text),
        *signature.faults,
        *option_faults(options, signature),
    ]
    if faults:
        raise _refusal(name, faults)
    arguments = _arguments(name, signature, described.arguments)
    spec = ToolSpec(
        name=name,
        description=described.text,
        input_schema=arguments.schema,
        effect=options.effect,
        once=options.once,
        timeout_s=options.timeout_s,
    )
    return FunctionTool(spec, function, arguments, signature.context, options)


def _arguments(
    name: str, signature: Signature, descriptions: Mapping[str, str]
) -> Arguments:
    try:
        return read_arguments(signature, descriptions)
    except PydanticUserError as error:
        fault = f"its arguments have no JSON Schema: {error.message}"
        raise _refusal(name, [fault]) from error


def _function_faults(function: ToolFunction, name: str, text: str) -> list[str]:
    faults: list[str] = []
    if not _NAME.fullmatch(name):
        faults.append(f"its name is none the API takes ({_NAME.pattern})")
    if not inspect.iscoroutinefunction(function):
        faults.append(
            "it is not async; write async def, and put blocking work in"
            " asyncio.to_thread, because one slow call would stop every conversation"
        )
    if not text:
        faults.append("it has no docstring, and the model would not know what it does")
    return faults


def _refusal(name: str, faults: list[str]) -> AgentRefused:
    return AgentRefused(f"Tool {name!r} is refused: {'; '.join(faults)}.")
