"""What the persona wants to do next."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """A tool to call, with its input."""

    name: str
    input: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """One step: something to say, tools to call, or both.

    Args:
        text: what the customer reads.
        calls: tools to call; none ends the turn.
        thought: one sentence on why, for a thinking block.
    """

    text: str | None = None
    calls: tuple[Call, ...] = ()
    thought: str | None = None


def say(text: str, thought: str = "I have what I need to answer.") -> Plan:
    """Return a plan that ends the turn."""
    return Plan(text=text, thought=thought)


def use(name: str, input_: dict[str, Any], thought: str) -> Plan:
    """Return a plan that calls one tool."""
    return Plan(calls=(Call(name, input_),), thought=thought)
