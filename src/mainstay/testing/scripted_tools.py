"""An in-memory twin of the Tools port whose tools do what a test says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mainstay.ports.tools import (
    ToolContext,
    ToolDone,
    ToolDoubt,
    ToolOutcome,
    ToolRefused,
    ToolSpec,
)

Answer = Callable[[Mapping[str, Any], ToolContext], ToolOutcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedTool:
    """One tool of a test.

    Args:
        spec: as the model sees it.
        answer: what a call comes back with; an effect's ``ToolDone`` is work done.
        approve_if: given the arguments; true when a human must approve.
        unique: arguments for whose values the effect may exist once.
        lost_answers: how many of the first calls do their work but end in doubt.
    """

    spec: ToolSpec
    answer: Answer
    approve_if: Callable[[Mapping[str, Any]], bool] | None = None
    unique: tuple[str, ...] = ()
    lost_answers: int = 0


@dataclass(frozen=True, slots=True)
class SeenCall:
    """A call that a scripted tool got, with arguments its schema allows."""

    name: str
    args: Mapping[str, Any]
    context: ToolContext


class ScriptedTools:
    """Scripted tools; a keyed one works once a key, a queryable one can be asked.

    Of a schema only ``required`` and the names of the properties are checked.

    Attributes:
        seen: every call that reached a tool, in order.
        work: the work done, in order: the effects' names and keys.
    """

    def __init__(self, *tools: ScriptedTool) -> None:
        self._tools = {tool.spec.name: tool for tool in tools}
        self._made: dict[str, ToolDone] = {}
        self.seen: list[SeenCall] = []
        self.work: list[tuple[str, str]] = []

    def list(self) -> Sequence[ToolSpec]:
        """Return every tool in the order given."""
        return [tool.spec for tool in self._tools.values()]

    def approval_needed(self, name: str, args: Mapping[str, Any]) -> bool:
        """Apply the tool's rule; True when it raises."""
        tool = self._tools.get(name)
        if tool is None or tool.approve_if is None or _refusal(tool.spec, args):
            return False
        try:
            return tool.approve_if(args)
        except Exception:  # noqa: BLE001 - any fault means: ask a human
            return True

    def unique_key(
        self, name: str, args: Mapping[str, Any], customer_id: str
    ) -> str | None:
        """Return tool and values, or None; the customer is not part of it."""
        del customer_id
        tool = self._tools.get(name)
        if tool is None or not tool.unique or _refusal(tool.spec, args):
            return None
        return f"{name}:{[args.get(key) for key in tool.unique]}"

    async def call(
        self, name: str, args: Mapping[str, Any], context: ToolContext
    ) -> ToolOutcome:
        """Answer by the script; work once made under a key is not made again."""
        tool = self._tools.get(name)
        refusal = _refusal(tool.spec, args) if tool else ToolRefused(f"no tool {name}")
        if tool is None or refusal is not None:
            return refusal or ToolRefused(f"no tool {name}")
        self.seen.append(SeenCall(name, args, context))
        if tool.spec.once == "keyed" and context.idempotency_key in self._made:
            return self._made[context.idempotency_key]
        outcome = tool.answer(args, context)
        if tool.spec.effect and isinstance(outcome, ToolDone):
            self._made[context.idempotency_key] = outcome
            self.work.append((name, context.idempotency_key))
            if sum(done == name for done, _ in self.work) <= tool.lost_answers:
                return ToolDoubt(f"{name}: the answer was lost")
        return outcome

    async def query(self, name: str, context: ToolContext) -> ToolOutcome | None:
        """Return the work made under the key, or None."""
        tool = self._tools.get(name)
        if tool is None or tool.spec.once != "queryable":
            return ToolDoubt(f"{name} cannot be asked")
        return self._made.get(context.idempotency_key)


def _refusal(spec: ToolSpec, args: Mapping[str, Any]) -> ToolRefused | None:
    known = spec.input_schema.get("properties", {})
    missing = [n for n in spec.input_schema.get("required", ()) if n not in args]
    wrong = [f"{n}: missing" for n in missing]
    wrong += [f"{n}: unknown" for n in args if n not in known]
    return ToolRefused("; ".join(wrong)) if wrong else None
