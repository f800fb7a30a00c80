"""Finds help articles by the words of a question."""

import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_WORD = re.compile(r"[^\W_]{2,}")
_TITLE_WEIGHT = 4
_MAX_TEXT_CHARS = 1500
_COMMON = (
    "an and are as at be by can do does for from get has have how if in is it long me"
    " my of on or our please that the this to was what when where which who will with"
    " you your"
)
_IGNORED = frozenset(_COMMON.split())


@dataclass(frozen=True, slots=True)
class Article:
    """A help article.

    Args:
        title: its first heading.
        text: what follows, Markdown.
        source: the file's name.
    """

    title: str
    text: str
    source: str


class HelpArticles:
    """A folder of Markdown articles, read once and kept: a handful, not a library.

    Args:
        folder: where the ``*.md`` files are; each starts with ``# Title``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _articles(self) -> list[tuple[Article, Counter[str]]]:
        articles = [_read(path) for path in sorted(self._folder.glob("*.md"))]
        return [(article, _weights(article)) for article in articles]

    @cached_property
    def _rarity(self) -> dict[str, float]:
        """Inverse document frequency: words that few articles have tell most."""
        found = Counter(word for _, words in self._articles for word in words)
        count = len(self._articles)
        return {word: math.log(1 + count / n) for word, n in found.items()}

    def search(self, query: str, limit: int = 3) -> list[Article]:
        """Return the articles that share words with the query, best first."""
        asked = set(_words(query))
        scored = [
            (sum(words[word] * self._rarity[word] for word in asked & words.keys()), n)
            for n, (_, words) in enumerate(self._articles)
        ]
        best = sorted((-score, n) for score, n in scored if score > 0)
        return [self._articles[n][0] for _, n in best[:limit]]


def _read(path: Path) -> Article:
    heading, _, text = path.read_text("utf-8").partition("\n")
    title = heading.removeprefix("#").strip()
    return Article(title, text.strip()[:_MAX_TEXT_CHARS], path.name)


def _weights(article: Article) -> Counter[str]:
    words = Counter(_words(article.text))
    for word in _words(article.title):
        words[word] += _TITLE_WEIGHT
    return words


def _words(text: str) -> list[str]:
    """Return the telling words; a plural and its singular are one word."""
    found = _WORD.findall(text.lower())
    return [word.removesuffix("s") for word in found if word not in _IGNORED]
