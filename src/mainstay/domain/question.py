"""Questions as level 3 compares them."""

import re
import unicodedata
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+")
_PERSONAL = re.compile(r"\d{3,}|@|\bhttps?:|\+\d")
_SIGNS = r"""[\s.,;:!?¿¡'"\u2019()/&%\u2013-]"""
_PLAIN = re.compile(
    rf"{_SIGNS}{{0,3}}(?:[^\W_]+{_SIGNS}{{1,3}})*[^\W_]+{_SIGNS}{{0,3}}"
)

MAX_CHARS = 300
MIN_TELLING = 2

_STOP_WORDS = """
a an and are as at be can could do does for from get have how i if in is it me my of on
or please so that the there to was we what when where which who will with would you your
about any anything know like need one some something tell thing things this want
"""
_STOP = frozenset(_STOP_WORDS.split())


@dataclass(frozen=True, slots=True)
class Reusable:
    """A question whose answer may be given to others who ask the same.

    Args:
        question: normalised.
        edition: of the agent that answers; only the same one may give it again.
        keep_ms: for how long, milliseconds.
    """

    question: str
    edition: str
    keep_ms: int


def words(text: str) -> list[str]:
    """Return the words of a text in lower case."""
    return _WORD.findall(unicodedata.normalize("NFC", text).lower())


def telling_words(text: str) -> set[str]:
    """Return the words that carry meaning; all of them when none does."""
    every = words(text)
    return {w for w in every if w not in _STOP} or set(every)


def normalised(text: str) -> str:
    """Return the form under which equal questions are equal."""
    return " ".join(words(text))


def is_shareable(text: str) -> bool:
    """Tell whether a question can have an answer that suits everybody.

    Numbers of three digits or more, addresses and links are personal data or point at
    it; very long or very short texts are no question. Signs that are neither letters,
    digits nor usual punctuation are refused, and so are rows of punctuation: a model
    reads what is hidden in them, as in Unicode's tag characters, and whoever compares
    words does not.
    """
    text = unicodedata.normalize("NFC", text)
    if len(text) > MAX_CHARS or _PLAIN.fullmatch(text) is None:
        return False
    telling = telling_words(text) - _STOP
    return len(telling) >= MIN_TELLING and _PERSONAL.search(text) is None


def likeness(asked: str, known: str) -> float:
    """Return the share, 0 to 1, of a question's telling words that an earlier one has.

    It is 0 when the earlier one has a word that this one has not: the answer may
    repeat it, and it may be a stranger's name.
    """
    a, b = telling_words(asked), telling_words(known)
    return len(b) / len(a) if a and b <= a else 0.0


def coverage(asked: str, text: str) -> float:
    """Return the share, 0 to 1, of the question's telling words found in a text.

    Words are compared by their first five letters, so that "refunds" finds "refund".
    """
    stems = {w[:5] for w in words(text)}
    a = telling_words(asked)
    return sum(w[:5] in stems for w in a) / len(a) if a else 0.0
