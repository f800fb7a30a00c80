"""What ``@agent.tool`` promises about a tool, and why a promise cannot be kept."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from mainstay.ports.tools import Once, ToolContext
from mainstay.tools.signature import Signature
from mainstay.tools.statement import template_faults

ApprovalRule = Callable[[Mapping[str, Any]], object]
Query = Callable[[ToolContext], Awaitable[Any]]

# One attempt at a turn has 26 s; a longer time-out could never be waited for.
MAX_TIMEOUT_S = 25.0
CUSTOMER = "customer_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolOptions:
    """The options of one tool.

    Args:
        effect: whether it changes the world.
        once: how an effect in doubt is treated: ``keyed``: called again with the
            same key; ``queryable``: asked about first; ``unsafe``: never again.
        approve_if: given the checked arguments; true when a human must approve.
        unique: arguments (or ``customer_id``) for whose values the effect may exist
            once; without ``customer_id`` that is once over all customers.
        statement: template of the sentence a customer may read, over the arguments
            and the result's keys.
        timeout_s: seconds one call may take, above 0 and at most 25.
        query: for ``queryable``: asks the other side what became of
            ``ctx.idempotency_key``; returns the result, or None for "not done".
    """

    effect: bool = False
    once: Once = "unsafe"
    approve_if: ApprovalRule | None = None
    unique: tuple[str, ...] = ()
    statement: str | None = None
    timeout_s: float = 10.0
    query: Query | None = None


def option_faults(options: ToolOptions, signature: Signature) -> list[str]:
    """Return why the options' promises cannot be kept, in words for the author."""
    if not options.effect:
        return [*_lookup_faults(options), *_timeout_faults(options)]
    return [
        *_once_faults(options, signature),
        *_unique_faults(options, signature),
        *_approval_faults(options),
        *(template_faults(options.statement) if options.statement is not None else ()),
        *_timeout_faults(options),
    ]


def _lookup_faults(options: ToolOptions) -> list[str]:
    given = {
        "once": options.once != "unsafe",
        "approve_if": options.approve_if is not None,
        "unique": bool(options.unique),
        "statement": options.statement is not None,
        "query": options.query is not None,
    }
    return [
        f"{name} has a meaning for effects only; add effect=True if it changes anything"
        for name, is_given in given.items()
        if is_given
    ]


def _once_faults(options: ToolOptions, signature: Signature) -> list[str]:
    faults: list[str] = []
    if options.once not in get_args(Once):
        allowed = ", ".join(get_args(Once))
        faults.append(f"once={options.once!r} is none of {allowed}")
    if options.once in {"keyed", "queryable"} and signature.context is None:
        faults.append(
            f'once="{options.once}" needs the stable key of a ToolContext, but the'
            " function takes none; add a parameter ctx: ToolContext"
        )
    if options.once == "queryable" and options.query is None:
        faults.append('once="queryable" needs query=, the function that asks')
    if options.query is not None:
        faults += _query_faults(options.query, options.once)
    return faults


def _query_faults(query: Query, once: str) -> list[str]:
    faults: list[str] = []
    if once != "queryable":
        faults.append(f'query is asked only with once="queryable", not "{once}"')
    if not inspect.iscoroutinefunction(query):
        faults.append("query must be an async function")
    elif not _takes_one(query):
        faults.append("query must take one argument, the ToolContext")
    return faults


def _unique_faults(options: ToolOptions, signature: Signature) -> list[str]:
    if isinstance(options.unique, str):
        return [f"unique must be a tuple of names, such as ({options.unique!r},)"]
    return [
        f"unique names {name!r}, which is no argument of the function"
        for name in options.unique
        if name not in signature.types and name != CUSTOMER
    ]


def _approval_faults(options: ToolOptions) -> list[str]:
    rule = options.approve_if
    if rule is None:
        return []
    if not callable(rule):
        return ["approve_if must be a function of the arguments"]
    if inspect.iscoroutinefunction(rule):
        return ["approve_if must be an ordinary function, not an async one"]
    return [] if _takes_one(rule) else ["approve_if must take one argument, a dict"]


def _timeout_faults(options: ToolOptions) -> list[str]:
    if 0 < options.timeout_s <= MAX_TIMEOUT_S:
        return []
    return [f"timeout_s={options.timeout_s} is not above 0 and at most {MAX_TIMEOUT_S}"]


def _takes_one(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        return False
    except ValueError:  # a builtin without a signature; nothing can be told
        return True
    return True
