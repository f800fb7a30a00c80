"""Builds the way to each provider of Claude, in the order of the settings."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from importlib.util import find_spec

from mainstay.agent.breaker_gate import BreakerGate
from mainstay.agent.caller import Caller
from mainstay.agent.failover import Calls, Failover
from mainstay.agent.gate import Gate
from mainstay.agent.guard import Guard
from mainstay.agent.hedge import Hedge
from mainstay.assembly.at_once import concurrency_of
from mainstay.assembly.breakers import Guards
from mainstay.domain.errors import MainstayError
from mainstay.models.claude import ClaudeModel
from mainstay.models.prices import cost_usd
from mainstay.models.provider import PROVIDERS
from mainstay.ports.model import Model
from mainstay.ports.secret import Secret
from mainstay.ports.telemetry import Telemetry
from mainstay.settings import Settings
from mainstay.system.clock import SystemClock

PACKAGES = {"bedrock": "boto3", "vertex": "google.auth"}
"""What signs requests to a cloud; its extra brings it."""


def open_models(
    stack: AsyncExitStack, settings: Settings, base_url: str | None, key: Secret
) -> Mapping[str, Model]:
    """Return an adapter for each provider; closed with the stack.

    Args:
        stack: of the process.
        settings: who they are, and where.
        base_url: a server in place of Anthropic's, over the settings' own.
        key: for Anthropic.

    Raises:
        MainstayError: what a provider needs is not installed.
    """
    models = {
        name: _model(name, settings, base_url, key) for name in settings.providers
    }
    for model in models.values():
        stack.push_async_callback(model.close)
    return models


def calls_of(
    models: Mapping[str, Model],
    guards: Guards,
    limits: Sequence[Gate],
    telemetry: Telemetry,
    hedge_after_s: float | None = None,
) -> Calls:
    """Return what calls them, one after the other where there are several.

    Args:
        models: the adapters by provider.
        guards: the breakers.
        limits: gates of those whose answers tell what is left of the account's limits.
        telemetry: is told of every call.
        hedge_after_s: seconds until a late first call gets a second; None: never.
    """
    clock = SystemClock()
    callers = [
        Caller(
            model,
            _gates(name, guards.models[name], _limits_of(name, limits), telemetry),
            clock,
            telemetry,
            name,
            cost_usd,
        )
        for name, model in models.items()
    ]
    if hedge_after_s is not None:
        return Hedge(callers, hedge_after_s, clock, telemetry)
    return callers[0] if len(callers) == 1 else Failover(callers)


def _model(name: str, settings: Settings, base_url: str | None, key: Secret) -> Model:
    clock = SystemClock()
    if name in PACKAGES and not _is_installed(PACKAGES[name]):
        raise MainstayError(f"CLAUDE_PROVIDERS has {name}; install mainstay[{name}]")
    match name:
        case "bedrock":
            from mainstay.models.bedrock import bedrock

            return bedrock(
                settings.bedrock_region or "",
                settings.bedrock_base_url,
                ids_of(settings.bedrock_models),
                clock,
            )
        case "vertex":
            from mainstay.models.vertex import vertex

            return vertex(
                settings.vertex_project or "",
                settings.vertex_region or "",
                settings.vertex_base_url,
                ids_of(settings.vertex_models),
                clock,
            )
        case _:
            return ClaudeModel(key, base_url or settings.anthropic_base_url, clock)


def _limits_of(name: str, limits: Sequence[Gate]) -> Sequence[Gate]:
    has_limits = any(
        one.name == name and one.rate_headers for one in PROVIDERS.values()
    )
    return limits if has_limits else ()


def _gates(
    name: str, guards: Mapping[str, Guard], limits: Sequence[Gate], telemetry: Telemetry
) -> Sequence[Gate]:
    """Return one provider's gates: those that may wait come first."""
    room = concurrency_of(name, guards, telemetry)
    return [*limits, room, BreakerGate(guards, limits=not limits)]


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False


def ids_of(pairs: str | None) -> dict[str, str]:
    """Return a cloud's ids by model."""
    found = (pair.partition("=") for pair in (pairs or "").split(",") if pair)
    return {model: id_ for model, _, id_ in found}
