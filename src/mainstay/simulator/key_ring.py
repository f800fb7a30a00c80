"""The API keys that are taken."""

from typing import cast


class BadKeysError(ValueError):
    """What was sent is no list of keys."""


class KeyRing:
    """Holds the keys that are taken; any is while there is none."""

    def __init__(self) -> None:
        self.accepted: frozenset[str] = frozenset()

    def put(self, described: object) -> None:
        """Take these keys from now on, and no other.

        Raises:
            BadKeysError: it is no list of texts.
        """
        keys = cast("list[object]", described) if isinstance(described, list) else None
        if keys is None or not all(isinstance(key, str) and key for key in keys):
            raise BadKeysError("keys: should be a list of keys")
        self.accepted = frozenset(cast("list[str]", keys))

    def show(self) -> dict[str, int]:
        """Return how many keys are taken; 0: any."""
        return {"accepted": len(self.accepted)}

    def clear(self) -> None:
        """Take any key."""
        self.accepted = frozenset()
