"""A secret in memory: its next value comes when a test says so."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class GivenSecret:
    """The twin of a secret that is rotated; implements ``ports.Secret``.

    Args:
        value: to use now.
        following: what looks find, in this order; each look takes one.
        refused: the values that looks were asked for.
    """

    value: str
    following: list[str] = field(default_factory=list[str])
    refused: list[str] = field(default_factory=list[str])

    def current(self) -> str:
        """Return the value."""
        return self.value

    async def renewed(self, refused: str) -> bool:
        """Take the next value, if there is one."""
        self.refused.append(refused)
        if self.value == refused and self.following:
            self.value = self.following.pop(0)
        return self.value != refused
