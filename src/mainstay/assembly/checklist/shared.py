"""The checks of what processes share: breakers and rate limits."""

from mainstay.assembly.brain import agent_of
from mainstay.assembly.breakers import CALL_END_S, guards_of, options_of
from mainstay.assembly.checklist.site import Site
from mainstay.assembly.sharing import MAX_CUSTOMERS
from mainstay.caches.memory import MemoryCache
from mainstay.caches.memory_circuits import MemoryCircuits
from mainstay.caches.shared_limiter import SharedLimiter
from mainstay.checklist.breakers import BreakersConfigured, Stage
from mainstay.checklist.limiter import RateLimiterConfigured
from mainstay.ports.cache import Cache
from mainstay.system.chance import SystemRandom
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds

SHADOW_BURST = 50
"""What a shadow's bucket holds at most: it is to be driven over in a moment."""

SHADOW_RATE = 1
"""Requests a minute that it is refilled: none comes between a refusal and the next."""


def breakers_of(site: Site) -> BreakersConfigured:
    """Return the check of the breakers that models and tools have."""
    settings, cache = site.settings, site.cache
    circuits = MemoryCircuits(SystemClock()) if cache is None else cache.circuits
    tools = [tool.spec.name for tool in agent_of(settings).tools]
    guards = guards_of(settings, tools, site.telemetry, circuits)
    stage = Stage(
        circuits=circuits,
        shared=cache is not None,
        options=options_of(settings, settings.claude_timeout_s + CALL_END_S),
        clock=SystemClock(),
        random=SystemRandom(),
        ids=SystemIds(),
        telemetry=site.telemetry,
    )
    return BreakersConfigured(guards.model_names | {f"tool/{t}" for t in tools}, stage)


def limiter_of(site: Site) -> RateLimiterConfigured:
    """Return the check of the rate limit, as two gateways have it."""
    clock, rate = SystemClock(), site.settings.rate_limit
    cache = site.cache or MemoryCache(clock, max_keys=MAX_CUSTOMERS)
    burst = min(rate, SHADOW_BURST)

    def side(cache: Cache) -> SharedLimiter:
        return SharedLimiter(
            cache,
            rate_per_minute=SHADOW_RATE,
            burst=burst,
            clock=clock,
            gateways=lambda: 1,
            telemetry=site.telemetry,
        )

    return RateLimiterConfigured(
        sides=[side(cache), side(cache)],
        burst=burst,
        rate=rate,
        shared=site.cache is not None,
        is_up=site.cache_is_up,
        ids=SystemIds(),
    )
