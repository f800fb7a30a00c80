"""What was found wrong with a world."""

from dataclasses import dataclass

from typing_extensions import override


@dataclass(frozen=True, slots=True)
class Finding:
    """A promise that was broken.

    Args:
        rule: which one, in a few words; the same for every case of it.
        what: this case.
    """

    rule: str
    what: str

    @override
    def __str__(self) -> str:
        """Return it in one line."""
        return f"{self.rule}: {self.what}"
