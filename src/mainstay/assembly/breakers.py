"""Builds the breakers of a process: one a provider, account and model; one a tool."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from mainstay.agent.guard import Guard
from mainstay.caches.memory_circuits import MemoryCircuits
from mainstay.caches.shared_breakers import SharedBreakers
from mainstay.ports.circuits import Circuits
from mainstay.ports.telemetry import BreakerChanged, Telemetry
from mainstay.resilience.breaker import Breaker, BreakerOptions
from mainstay.settings import Settings
from mainstay.system.chance import SystemRandom
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds

OPEN_MAX_S = 300.0
TOOL_LOST_S = 30.0
"""Longer than any tool may take."""

CALL_END_S = 10.0
"""What a model call may take beyond its time-out, all told."""


@dataclass(frozen=True, slots=True)
class Guards:
    """The breakers as calls and operators use them.

    Args:
        shared: all of them.
        models: one a model id, by provider.
        tools: one a tool.
        model_names: the names of those of the models.
    """

    shared: SharedBreakers
    models: Mapping[str, Mapping[str, Guard]]
    tools: Mapping[str, Guard]
    model_names: frozenset[str]


def guards_of(
    settings: Settings,
    tools: Iterable[str],
    telemetry: Telemetry,
    circuits: Circuits | None,
) -> Guards:
    """Return the breakers; without shared circuits this process is alone."""
    shared = SharedBreakers(
        circuits or MemoryCircuits(SystemClock()),
        SystemIds(),
        telemetry,
        is_fleet=circuits is not None,
    )
    names = {
        provider: {
            model: f"{provider}/{account}/{model}" for model in _models(settings)
        }
        for provider, account in _accounts(settings).items()
    }
    of_model = options_of(settings, settings.claude_timeout_s + CALL_END_S)
    of_tool = options_of(settings, TOOL_LOST_S)

    def share(name: str, options: BreakerOptions) -> Guard:
        return shared.share(name, breaker_of(name, options, telemetry, shared.nudge))

    return Guards(
        shared=shared,
        models={
            provider: {model: share(name, of_model) for model, name in named.items()}
            for provider, named in names.items()
        },
        tools={tool: share(f"tool/{tool}", of_tool) for tool in tools},
        model_names=frozenset(n for named in names.values() for n in named.values()),
    )


def options_of(settings: Settings, lost_s: float) -> BreakerOptions:
    """Return a breaker's options.

    Args:
        settings: their threshold and recovery.
        lost_s: seconds after which a call without a report has died with its process.
    """
    return BreakerOptions(
        failures_in_a_row=settings.breaker_threshold,
        open_s=settings.breaker_recovery_s,
        open_max_s=max(OPEN_MAX_S, settings.breaker_recovery_s),
        probe_lost_s=lost_s,
    )


def breaker_of(
    name: str,
    options: BreakerOptions,
    telemetry: Telemetry,
    opened: Callable[[], None],
) -> Breaker:
    """Return a breaker that tells of its changes."""

    def changed(state: str) -> None:
        telemetry.emit(BreakerChanged(name, state))
        if state == "open":
            opened()

    return Breaker(SystemClock(), SystemRandom(), options, on_change=changed)


def _accounts(settings: Settings) -> dict[str, str]:
    """Return what stands for the account with each provider, in their order."""
    accounts = {
        "anthropic": settings.claude_account,
        "bedrock": settings.bedrock_region or "",
        "vertex": settings.vertex_project or "",
    }
    return {provider: accounts[provider] for provider in settings.providers}


def _models(settings: Settings) -> list[str]:
    return list(dict.fromkeys([settings.claude_model, settings.fallback_model]))
