"""What every adapter of the Tools port must do; run it on yours.

Subclass ``ToolsConformance`` and give it a ``tools`` fixture with the tools below:

- ``look_up(order_id: str)``: a lookup; returns ``{"order_id": order_id}``
- ``pay(order_id: str, amount: Decimal)``: a keyed effect, once an order, that returns
  ``{"order_id": order_id}`` and needs an approval above 100; it refuses order "none"
  and breaks on order "broken"
- ``ship(order_id: str)``: a queryable effect
- ``hand_over(reason: str)``: a lookup that hands the conversation off
- ``break_down()``: a lookup that raises ``RuntimeError("secret")``
"""

import json

import pytest

from mainstay.ports.tools import ToolContext, ToolDone, ToolDoubt, ToolRefused, Tools

_EFFECTS = {"pay": "keyed", "ship": "queryable"}


def context(key: str = "key-1", customer_id: str = "ada") -> ToolContext:
    """Return the context of a call."""
    return ToolContext(customer_id, "conversation", "turn", key)


class ToolsConformance:
    """The contract of ``ports.Tools``; each docstring is one of its sentences."""

    def test_the_list_is_stable(self, tools: Tools) -> None:
        """The list is the same each time, with a closed object schema per tool."""
        names = [spec.name for spec in tools.list()]
        assert names == ["look_up", "pay", "ship", "hand_over", "break_down"]
        assert [spec.name for spec in tools.list()] == names
        for spec in tools.list():
            assert spec.input_schema["type"] == "object"
            assert spec.input_schema["additionalProperties"] is False
            assert spec.description
            assert json.dumps(spec.input_schema)

    def test_the_specs_tell_effects(self, tools: Tools) -> None:
        """A spec says whether its tool is an effect, and what doubt means for it."""
        effects = {spec.name: spec.once for spec in tools.list() if spec.effect}
        assert effects == _EFFECTS

    @pytest.mark.asyncio
    async def test_a_lookup_returns_json(self, tools: Tools) -> None:
        """A lookup's result is JSON data, without a statement or a handoff."""
        outcome = await tools.call("look_up", {"order_id": "7"}, context())
        assert outcome == ToolDone({"order_id": "7"})

    @pytest.mark.asyncio
    async def test_an_effect_has_a_statement(self, tools: Tools) -> None:
        """What an effect did can be said to a customer in one line."""
        args = {"order_id": "7", "amount": "5"}
        outcome = await tools.call("pay", args, context())
        assert isinstance(outcome, ToolDone)
        assert outcome.statement
        assert "\n" not in outcome.statement

    @pytest.mark.asyncio
    async def test_an_unknown_tool_is_refused(self, tools: Tools) -> None:
        """A tool that does not exist is refused by name, and is no fault."""
        outcome = await tools.call("fly", {}, context())
        assert isinstance(outcome, ToolRefused)
        assert "fly" in outcome.reason
        assert not outcome.fault

    @pytest.mark.asyncio
    @pytest.mark.parametrize("args", [{}, {"order_id": "7", "colour": "red"}])
    async def test_wrong_arguments_are_refused(
        self, tools: Tools, args: dict[str, str]
    ) -> None:
        """A missing or unknown argument is refused by name, and is no fault."""
        outcome = await tools.call("look_up", args, context())
        assert isinstance(outcome, ToolRefused)
        assert ("colour" if "colour" in args else "order_id") in outcome.reason
        assert not outcome.fault

    @pytest.mark.asyncio
    async def test_a_refusal_carries_the_tools_words(self, tools: Tools) -> None:
        """What a tool refuses comes back in its words, and is no fault."""
        outcome = await tools.call("pay", {"order_id": "none", "amount": 5}, context())
        assert outcome == ToolRefused("There is no such order.")

    @pytest.mark.asyncio
    async def test_a_broken_lookup_is_a_fault(self, tools: Tools) -> None:
        """A lookup that breaks is refused as a fault, with nothing of its inside."""
        outcome = await tools.call("break_down", {}, context())
        assert isinstance(outcome, ToolRefused)
        assert outcome.fault
        assert "secret" not in outcome.reason

    @pytest.mark.asyncio
    async def test_a_broken_effect_is_in_doubt(self, tools: Tools) -> None:
        """An effect that breaks may have done its work: nobody can tell."""
        args = {"order_id": "broken", "amount": 5}
        outcome = await tools.call("pay", args, context())
        assert isinstance(outcome, ToolDoubt)

    @pytest.mark.asyncio
    async def test_a_handoff_comes_back(self, tools: Tools) -> None:
        """A tool that hands off says why."""
        outcome = await tools.call("hand_over", {"reason": "angry"}, context())
        assert isinstance(outcome, ToolDone)
        assert outcome.handoff == "angry"

    @pytest.mark.asyncio
    async def test_a_query_tells_done_from_not_done(self, tools: Tools) -> None:
        """The other side is asked by the key: None before, the result after."""
        assert await tools.query("ship", context("key-2")) is None
        await tools.call("ship", {"order_id": "7"}, context("key-2"))
        found = await tools.query("ship", context("key-2"))
        assert isinstance(found, ToolDone)
        assert found.result == {"order_id": "7"}
        assert found.statement
        assert await tools.query("ship", context("key-3")) is None

    @pytest.mark.asyncio
    async def test_what_cannot_be_asked_is_doubt(self, tools: Tools) -> None:
        """A tool without a query never counts as "not done"."""
        assert isinstance(await tools.query("pay", context()), ToolDoubt)

    def test_a_rule_asks_for_approval(self, tools: Tools) -> None:
        """A rule decides; a tool without one, or a call to be refused, needs nobody."""
        assert tools.approval_needed("pay", {"order_id": "7", "amount": 101})
        assert not tools.approval_needed("pay", {"order_id": "7", "amount": 100})
        assert not tools.approval_needed("pay", {})
        assert not tools.approval_needed("look_up", {"order_id": "7"})

    def test_unique_values_make_one_key(self, tools: Tools) -> None:
        """Equal values have one key, other values another; other tools none."""
        first = tools.unique_key("pay", {"order_id": "7", "amount": 5}, "ada")
        again = tools.unique_key("pay", {"order_id": "7", "amount": 6}, "ada")
        other = tools.unique_key("pay", {"order_id": "8", "amount": 5}, "ada")
        assert first is not None
        assert first == again != other
        assert tools.unique_key("ship", {"order_id": "7"}, "ada") is None
