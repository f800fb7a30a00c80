"""An agent is refused at load, with every reason, when it cannot keep a promise."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mainstay import Agent, ToolContext
from mainstay.domain.errors import AgentRefused


def new_agent(**options: Any) -> Agent:
    """Return an agent without tools."""
    texts = {"name": "Acme", "instructions": "Help.", "contact": "a@example.com"}
    return Agent(**{**texts, **options})


async def with_context(ctx: ToolContext, order_id: str, amount: Decimal = Decimal(1)):
    """Do something."""
    return [ctx, order_id, amount]


async def without_context(order_id: str):
    """Do something."""
    return order_id


async def asks(ctx: ToolContext):
    """Ask."""
    return ctx


def asks_at_once(ctx: ToolContext):
    """Ask without waiting."""
    return ctx


async def asks_nothing():
    """Ask without saying about what."""


async def approves_later(args: dict[str, Any]):
    """Decide later."""
    return args


@pytest.mark.parametrize(
    ("function", "options", "reason"),
    [
        (with_context, {"effect": True, "once": "queryable"}, "needs query="),
        (without_context, {"effect": True, "once": "keyed"}, "takes none"),
        (
            without_context,
            {"effect": True, "once": "queryable", "query": asks},
            "takes none",
        ),
        (with_context, {"effect": True, "once": "twice"}, "none of keyed"),
        (with_context, {"effect": True, "once": "keyed", "query": asks}, "query is"),
        (
            with_context,
            {"effect": True, "once": "queryable", "query": asks_at_once},
            "query must be an async",
        ),
        (
            with_context,
            {"effect": True, "once": "queryable", "query": asks_nothing},
            "query must take one",
        ),
        (with_context, {"effect": True, "unique": ("colour",)}, "'colour'"),
        (with_context, {"effect": True, "unique": ("ctx",)}, "'ctx'"),
        (with_context, {"effect": True, "unique": "order_id"}, "must be a tuple"),
        (with_context, {"effect": True, "approve_if": approves_later}, "not an async"),
        (with_context, {"effect": True, "approve_if": lambda: True}, "one argument"),
        (with_context, {"effect": True, "approve_if": 100}, "must be a function"),
        (with_context, {"effect": True, "statement": "{ctx.turn_id}"}, "{ctx.turn_id}"),
        (with_context, {"effect": True, "statement": "{amount:.2f}"}, "{amount}"),
        (with_context, {"effect": True, "statement": "{amount"}, "no template"),
        (with_context, {"effect": True, "statement": "{}"}, "{}"),
        (with_context, {"approve_if": bool}, "approve_if has a meaning"),
        (with_context, {"unique": ("order_id",)}, "unique has a meaning"),
        (with_context, {"once": "keyed"}, "once has a meaning"),
        (with_context, {"query": asks}, "query has a meaning"),
        (with_context, {"statement": "Done."}, "statement has a meaning"),
        (with_context, {"timeout_s": 0}, "timeout_s=0"),
        (with_context, {"timeout_s": 26}, "timeout_s=26"),
        (with_context, {"timeout_s": float("nan")}, "timeout_s=nan"),
    ],
)
def test_an_option_that_cannot_be_kept_is_refused(
    function: Any, options: dict[str, Any], reason: str
) -> None:
    """What an option promises is enforced, or the reason is said."""
    agent = new_agent()
    with pytest.raises(AgentRefused) as refusal:
        agent.tool(**options)(function)
    assert reason in str(refusal.value)
    assert function.__name__ in str(refusal.value)
    assert agent.tools == ()


def at_once(order_id: str):
    """Do something."""
    return order_id


async def any_args(*args: str):
    """Do something."""
    return args


async def any_kwargs(**kwargs: str):
    """Do something."""
    return kwargs


async def by_position(order_id: str, /):
    """Do something."""
    return order_id


async def untyped(order_id):
    """Do something."""
    return order_id


async def two_contexts(a: ToolContext, b: ToolContext):
    """Do something."""
    return a, b


async def maybe_context(ctx: ToolContext | None):
    """Do something."""
    return ctx


async def unknown_type(order: "Unheard"):  # noqa: F821
    """Do something."""
    return order


async def silent(order_id: str):  # noqa: D103
    return order_id


async def größe(länge: int):  # noqa: PLC2401
    """Do something."""
    return länge


class Thing:
    """A type that JSON does not know."""


async def takes_thing(thing: Thing):
    """Do something."""
    return thing


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (at_once, "not async"),
        (any_args, "*args"),
        (any_kwargs, "**kwargs"),
        (by_position, "positional-only"),
        (untyped, "no type annotation"),
        (two_contexts, "more than one ToolContext"),
        (maybe_context, "ToolContext and nothing else"),
        (unknown_type, "'Unheard' is not defined"),
        (silent, "no docstring"),
        (größe, "no name the API takes"),
        (größe, "its name is none the API takes"),
        (takes_thing, "no JSON Schema"),
        (lambda: None, "its name is none"),
    ],
)
def test_a_function_without_a_schema_is_refused(function: Any, reason: str) -> None:
    """A function that the model could not call is refused with the reason."""
    with pytest.raises(AgentRefused) as refusal:
        new_agent().tool(function)
    assert reason in str(refusal.value)


def test_every_reason_is_named_at_once() -> None:
    """The author mends a tool in one go."""
    with pytest.raises(AgentRefused) as refusal:
        new_agent().tool(once="keyed", timeout_s=-1)(at_once)
    assert all(word in str(refusal.value) for word in ("async", "once", "timeout_s"))


def test_two_tools_of_one_name_are_refused() -> None:
    """A name means one tool."""
    agent = new_agent()
    agent.tool(with_context)
    with pytest.raises(AgentRefused, match="defined twice"):
        agent.tool(with_context)


def test_a_tool_stays_a_function() -> None:
    """An author can call their tool in their own tests."""
    agent = new_agent()
    assert agent.tool(with_context) is with_context
    assert agent.tool(effect=True)(without_context) is without_context
    assert [tool.spec.name for tool in agent.tools] == [
        "with_context",
        "without_context",
    ]


def test_once_is_unsafe_unless_said() -> None:
    """Without a word an effect is never repeated."""
    agent = new_agent()
    agent.tool(effect=True)(with_context)
    (tool,) = agent.tools
    assert (tool.spec.effect, tool.spec.once) == (True, "unsafe")


@pytest.mark.parametrize("field", ["name", "instructions", "contact", "locale"])
def test_an_empty_text_is_refused(field: str) -> None:
    """Every text of an agent says something."""
    with pytest.raises(AgentRefused, match=field):
        new_agent(**{field: " "})


def test_help_articles_must_be_there(tmp_path: Path) -> None:
    """The folder exists and holds Markdown."""
    with pytest.raises(AgentRefused, match="there is no folder"):
        new_agent(help_articles=tmp_path / "missing")
    with pytest.raises(AgentRefused, match="no Markdown file"):
        new_agent(help_articles=tmp_path)
    (tmp_path / "returns.md").write_text("# Returns")
    assert new_agent(help_articles=str(tmp_path)).help_articles == tmp_path


def test_a_loaded_agent_does_not_change() -> None:
    """After the load neither its texts nor its tools change."""
    agent = new_agent()
    agent.seal()
    with pytest.raises(AgentRefused, match="name"):
        agent.name = "Other"
    with pytest.raises(AgentRefused, match="after the agent was loaded"):
        agent.tool(with_context)
    assert (agent.name, agent.tools) == ("Acme", ())
