"""Mainstay runs a Claude support agent in production.

An agent's author needs ``Agent``, ``ToolContext`` and ``ToolFailed``, and may record
latencies, errors and metrics; each is imported when it is first asked for, so that
``import mainstay`` itself costs nothing.
"""

from mainstay.domain.version import VERSION

TYPE_CHECKING = False  # typing.TYPE_CHECKING without the cost of importing typing
if TYPE_CHECKING:
    from mainstay.domain.errors import ToolFailed
    from mainstay.ports.tools import ToolContext
    from mainstay.tools.agent_definition import Agent
    from mainstay.tools.recording import record_error, record_latency, record_metric

__all__ = [
    "Agent",
    "ToolContext",
    "ToolFailed",
    "__version__",
    "record_error",
    "record_latency",
    "record_metric",
]

__version__ = VERSION

_HOMES = {
    "Agent": "mainstay.tools.agent_definition",
    "ToolContext": "mainstay.ports.tools",
    "ToolFailed": "mainstay.domain.errors",
    "record_error": "mainstay.tools.recording",
    "record_latency": "mainstay.tools.recording",
    "record_metric": "mainstay.tools.recording",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        message = f"module 'mainstay' has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value
