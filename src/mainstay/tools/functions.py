"""The Tools port over an agent's Python functions."""

import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from mainstay.domain.errors import ToolFailed
from mainstay.ports.telemetry import Telemetry, Trouble
from mainstay.ports.tools import (
    ToolContext,
    ToolDone,
    ToolDoubt,
    ToolOutcome,
    ToolRefused,
    ToolSpec,
)
from mainstay.tools.agent_definition import Agent
from mainstay.tools.function_tool import FunctionTool
from mainstay.tools.isolation import EscapedError, OutOfTimeError, answer_within
from mainstay.tools.options import CUSTOMER
from mainstay.tools.recording import RECORDER
from mainstay.tools.result import read_result
from mainstay.tools.statement import write_statement
from mainstay.tools.unique import unique_key

MAX_WORDS = 2_000
"""A refusal or a reason is a sentence, not a document."""


class FunctionTools:
    """The tools of one agent, called in this process.

    What a broken tool's author needs to know goes to telemetry as the exception's
    type and place; never its message, which may hold a customer's words.

    Args:
        agent: whose tools; sealed here, so that the list cannot change.
        telemetry: takes a ``Trouble`` for every tool that broke.
    """

    def __init__(self, agent: Agent, telemetry: Telemetry) -> None:
        agent.seal()
        self._tools = {tool.spec.name: tool for tool in agent.tools}
        self._specs = tuple(tool.spec for tool in agent.tools)
        self._telemetry = telemetry

    def list(self) -> Sequence[ToolSpec]:
        """Return every tool in the order of its definition."""
        return self._specs

    def approval_needed(self, name: str, args: Mapping[str, Any]) -> bool:
        """Apply ``approve_if`` to the checked arguments.

        True when the rule raises; False for a call that will be refused anyway,
        because its tool does not exist or its arguments are wrong.
        """
        tool = self._tools.get(name)
        if tool is None or tool.options.approve_if is None:
            return False
        values = tool.arguments.read(name, args)
        if isinstance(values, ToolRefused):
            return False
        try:
            return bool(tool.options.approve_if(values))
        except Exception as error:  # noqa: BLE001 - any fault means: ask a human
            self._report(f"approve_if of {name}", error)
            return True

    def unique_key(
        self, name: str, args: Mapping[str, Any], customer_id: str
    ) -> str | None:
        """Return tool and values of ``unique``; None without it or for wrong args."""
        tool = self._tools.get(name)
        if tool is None or not tool.options.unique:
            return None
        values = tool.arguments.read(name, args)
        if isinstance(values, ToolRefused):
            return None
        known = {CUSTOMER: customer_id, **values}
        return unique_key(name, {key: known[key] for key in tool.options.unique})

    async def call(
        self, name: str, args: Mapping[str, Any], context: ToolContext
    ) -> ToolOutcome:
        """Check the arguments, call the function, and say what became of it.

        An exception other than ``ToolFailed``, or no answer in time, leaves an effect
        in doubt and is a fault of a lookup. Only the caller's own cancellation is
        passed on.
        """
        tool = self._tools.get(name)
        if tool is None:
            return ToolRefused(f"There is no tool {name!r}.")
        values = tool.arguments.read(name, args)
        if isinstance(values, ToolRefused):
            return values
        RECORDER.set(self._telemetry)
        try:
            value = await answer_within(
                tool.spec.timeout_s, tool.start(values, context)
            )
        except ToolFailed as refusal:
            reason = _storable(str(refusal))
            return ToolRefused(reason or f"{name} refused without a reason.")
        except Exception as error:  # noqa: BLE001 - the port never raises for a tool
            return self._broken(tool, error)
        return self._done(tool, values, value, context)

    async def query(self, name: str, context: ToolContext) -> ToolOutcome | None:
        """Ask the tool's ``query``; whatever keeps it from answering is doubt."""
        tool = self._tools.get(name)
        if tool is None or tool.options.query is None:
            return ToolDoubt(f"{name} cannot be asked what became of a call")
        RECORDER.set(self._telemetry)
        try:
            asked = tool.options.query(context)
            value = await answer_within(tool.spec.timeout_s, asked)
        except Exception as error:  # noqa: BLE001 - no answer is no proof either way
            return ToolDoubt(self._report(f"query of {name}", error))
        if value is None:
            return None
        return self._done(tool, {}, value, context)

    def _done(
        self,
        tool: FunctionTool,
        values: Mapping[str, Any],
        value: Any,
        context: ToolContext,
    ) -> ToolOutcome:
        spec = tool.spec
        asked = context.requests.get("handoff")
        handoff = None if asked is None else _storable(asked)
        try:
            result = read_result(value)
        except Exception as error:  # noqa: BLE001 - a type of the author's own
            self._report(f"result of {spec.name}", error)
            if not spec.effect:
                return ToolRefused(_out_of_order(spec.name), fault=True)
            result = {"note": "It was done, but its result cannot be shown."}
        statement = ""
        if spec.effect:
            template = tool.options.statement
            statement = write_statement(spec.name, template, values, result)
        return ToolDone(result, statement, handoff)

    def _broken(self, tool: FunctionTool, error: Exception) -> ToolOutcome:
        reason = self._report(tool.spec.name, error)
        if tool.spec.effect:
            return ToolDoubt(reason)
        return ToolRefused(_out_of_order(tool.spec.name), fault=True)

    def _report(self, where: str, error: Exception) -> str:
        """Tell telemetry, and return the same in one line."""
        place = _place(error)
        self._telemetry.emit(Trouble(where=f"tool: {where}", error=place))
        return f"{where}: {place}"


def _place(error: Exception) -> str:
    """Return what was raised and where, without its message."""
    if isinstance(error, OutOfTimeError):
        return str(error)
    raised = error.__cause__ if isinstance(error, EscapedError) else error
    if raised is None:
        return str(error)
    frames = traceback.extract_tb(raised.__traceback__)
    last = frames[-1] if frames else None
    where = f" at {last.filename.rpartition('/')[2]}:{last.lineno}" if last else ""
    return f"{type(raised).__name__}{where}"


def _out_of_order(name: str) -> str:
    return f"{name} does not work at the moment."


def _storable(text: str) -> str:
    """Return a text as UTF-8 can hold it, at most MAX_WORDS characters of it."""
    return text[:MAX_WORDS].encode("utf-8", "replace").decode()
