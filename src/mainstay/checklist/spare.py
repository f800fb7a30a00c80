"""Settings that a walk can go on without: they say how much, never where or who.

With one of them left out the other checks still look at the deployment itself; the
checks that look at what it sets are not made.
"""

from collections.abc import Mapping

from mainstay.checklist.titles import TITLES

NONE: frozenset[str] = frozenset()
_BREAKERS = frozenset({TITLES[2]})
_QUEUE = frozenset({TITLES[6]})

SPARE: Mapping[str, frozenset[str]] = {
    "API_TIMEOUT_SECONDS": NONE,
    "API_WORKERS": NONE,
    "BREAKER_RECOVERY_SECONDS": _BREAKERS,
    "BREAKER_THRESHOLD": _BREAKERS,
    "CACHED_ANSWERS_DAYS": NONE,
    "CLAUDE_RETRIES": NONE,
    "CLAUDE_TIMEOUT": _BREAKERS,
    "DRAIN_NOTICE_SECONDS": NONE,
    "FALLBACK_ENABLED": frozenset({TITLES[4]}),
    "HEDGE_AFTER_SECONDS": NONE,
    "LIMIT_CONVERSATION_TOKENS": NONE,
    "LIMIT_CONVERSATION_USD": NONE,
    "LIMIT_CUSTOMER_TOKENS_PER_DAY": NONE,
    "LIMIT_CUSTOMER_USD_PER_DAY": NONE,
    "LIMIT_DAY_TOKENS": NONE,
    "LIMIT_DAY_USD": NONE,
    "LOG_LEVEL": frozenset({TITLES[9]}),
    "QUEUE_BATCH": _QUEUE,
    "QUEUE_VISIBILITY": _QUEUE,
    "RATE_LIMIT": frozenset({TITLES[5]}),
    "REDIS_TTL": NONE,
}
"""By name: the titles of the checks that need it."""
