"""What an agent's author wrote, and whether an answer says no other facts."""

import re
import unicodedata
from collections.abc import Iterable

from mainstay.domain.question import words

MAX_ANSWER_CHARS = 2000
"""A longer text is no general answer."""

_WORD = re.compile(r"[^\W_]+")
_EDGES = re.compile(r"^\W+|\W+$")
_DIGIT = re.compile(r"\d")
_ADDRESS = re.compile(r"@|://|^www\.|[^\W\d_][.。][^\W\d_]{2,}")


class OwnTexts:
    """An agent's instructions, contact and help articles.

    Args:
        texts: all of them.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        every = [unicodedata.normalize("NFKC", text) for text in texts]
        lines = [line for text in every for line in text.splitlines()]
        self._facts = frozenset(fact for line in lines for fact in facts(line))
        self._names = frozenset(w for text in every for w in _capitals(text))

    def bear_out(self, answer: str, question: str) -> bool:
        """Tell whether an answer holds nothing that only its customer told.

        Every number, address and link in it and in the question stands in these texts
        too, in the same form; so does every word with a capital that it repeats from
        the question. What cannot be seen, and very long texts, are not borne out.
        """
        if len(answer) > MAX_ANSWER_CHARS or not _is_visible(answer):
            return False
        told = unicodedata.normalize("NFKC", answer)
        if not facts(told) | facts(question) <= self._facts:
            return False
        asked = set(words(question))
        new = _capitals(told) - self._names
        return all(word.lower() not in asked for word in new)


def facts(text: str) -> set[str]:
    """Return the numbers, addresses and links of a text, in lower case.

    Neighbours with digits are one fact: a telephone number, a postal code.
    """
    found: set[str] = set()
    run: list[str] = []
    for token in text.lower().split():
        bare = token if token.isalpha() else _EDGES.sub("", token)
        if not bare:
            continue
        is_word = bare.isalpha()  # most are, and need no pattern
        if not is_word and _DIGIT.search(bare):
            run.append(bare)
            continue
        if run:
            found.add(" ".join(run))
            run = []
        if not is_word and _ADDRESS.search(bare):
            found.add(bare)
    return found | {" ".join(run)} if run else found


def _capitals(text: str) -> set[str]:
    """Return the words that begin with a capital; one letter alone is no name."""
    return {w for w in _WORD.findall(text) if len(w) > 1 and w[0].isupper()}


def _is_visible(text: str) -> bool:
    return all(line.isprintable() for line in text.splitlines())
