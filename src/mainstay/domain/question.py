"""Questions as level 3 compares them."""

import re

_WORD = re.compile(r"[^\W_]+")
_PERSONAL = re.compile(r"\d{3,}|@|\bhttps?:|\+\d")

MAX_CHARS = 300
MIN_WORDS = 2

_STOP_WORDS = """
a an and are as at be can could do does for from get have how i if in is it me my of on
or please so that the there to was we what when where which who will with would you your
about any anything know like need one some something tell thing things this want
"""
_STOP = frozenset(_STOP_WORDS.split())


def words(text: str) -> list[str]:
    """Return the words of a text in lower case."""
    return _WORD.findall(text.lower())


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
    it; very long or very short texts are no question.
    """
    enough = len(words(text)) >= MIN_WORDS
    return enough and len(text) <= MAX_CHARS and _PERSONAL.search(text) is None


def similarity(asked: str, known: str) -> float:
    """Return how alike two questions are, 0 to 1: shared telling words over all."""
    a, b = telling_words(asked), telling_words(known)
    return len(a & b) / len(a | b) if a | b else 0.0


def coverage(asked: str, text: str) -> float:
    """Return the share, 0 to 1, of the question's telling words found in a text.

    Words are compared by their first five letters, so that "refunds" finds "refund".
    """
    stems = {w[:5] for w in words(text)}
    a = telling_words(asked)
    return sum(w[:5] in stems for w in a) / len(a) if a else 0.0
