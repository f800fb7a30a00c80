"""What goes around the items of a request: who sends them, and by what.

All three signals have the same frame: a request holds what one resource sent, and that
what one scope made; the numbers of these fields are equal.
"""

from collections.abc import Iterable, Mapping

from mainstay.monitoring.otlp import wire
from mainstay.monitoring.otlp.attributes import attributes
from mainstay.monitoring.span import Value

ITEM = wire.tag(2, wire.BLOCK)
"""Before each span, log record or metric."""

_FIRST, _SECOND = wire.tag(1, wire.BLOCK), wire.tag(2, wire.BLOCK)


class Envelope:
    """The frame of every request of a process.

    Args:
        resource: attributes of the process: ``service.name`` and so on.
        scope: what made the items.
        version: of it.
    """

    def __init__(self, resource: Mapping[str, Value], scope: str, version: str) -> None:
        self._resource = wire.block(_FIRST, attributes(_FIRST, resource.items()))
        made_by = wire.block(_FIRST, wire.text(scope))
        made_by += wire.block(_SECOND, wire.text(version))
        self._scope = wire.block(_FIRST, made_by)

    def around(self, items: Iterable[bytes]) -> bytes:
        """Return the body of a request."""
        scoped = wire.block(_SECOND, self._scope + b"".join(items))
        return wire.block(_FIRST, self._resource + scoped)
