"""A bounded memory of recent things."""

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Keeps at most ``limit`` entries, each until its time; the oldest goes first.

    Args:
        limit: the most entries.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: dict[K, tuple[V, float]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K, now_s: float) -> V | None:
        """Return the entry, or None when there is none or its time is over."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry[1] <= now_s:
            del self._entries[key]
            return None
        return entry[0]

    def put(self, key: K, value: V, until_s: float) -> None:
        """Keep the entry until ``until_s``, on the clock that ``get`` is asked with."""
        self._entries.pop(key, None)
        if len(self._entries) >= self._limit:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = (value, until_s)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
