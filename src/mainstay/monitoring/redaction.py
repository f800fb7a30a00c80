"""Takes secrets out of what is logged, should one get into it."""

import re
from collections.abc import Callable, Iterable

HIDDEN = "[hidden]"

MIN_CHARACTERS = 6
"""A shorter secret would hide words that are none."""

_SHAPES = (
    r"sk-ant-[\w-]+"
    r"|(?i:bearer|basic)\s+[\w.~+/=-]{8,}"
    r"|eyJ[\w-]+\.[\w-]+\.[\w-]*"
    r"|(?<=://)[^\s/@:]*:[^\s/@]+(?=@)"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
)
"""Claude's keys, credentials of a header, JWTs, users and passwords in addresses, AWS
access keys: these are hidden whoever they belong to."""

_BREAK = r"(?:\s|\\[nrt])+"


class Redaction:
    """Hides secrets that are known, and what looks like one.

    The second of two guards: the first is that no event has a field for a secret, or
    for a customer's words.
    """

    def __init__(self) -> None:
        self._sources: list[Callable[[], Iterable[str]]] = []
        self._known: frozenset[str] = frozenset()
        self._pattern = re.compile(_SHAPES)

    def hide(self, source: Callable[[], Iterable[str]]) -> None:
        """Hide what this returns from now on; it is asked before each line."""
        self._sources.append(source)

    def of(self, text: str) -> str:
        """Return a text without secrets."""
        return self._pattern.sub(HIDDEN, text)

    def refresh(self) -> None:
        """Take up secrets that were rotated; those that were known stay hidden."""
        found = self._known.union(*(source() for source in self._sources))
        if found != self._known:
            self._known = found
            self._pattern = re.compile("|".join([*_literally(self._known), _SHAPES]))


def _literally(secrets: frozenset[str]) -> list[str]:
    """Return patterns of the secrets, the longest first: one may begin another.

    A key of several lines is told with others' breaks, or with them written out.
    """
    pieces = [secret.split() for secret in sorted(secrets, key=len, reverse=True)]
    long = (one for one in pieces if sum(map(len, one)) >= MIN_CHARACTERS)
    return [_BREAK.join(map(re.escape, one)) for one in long]
