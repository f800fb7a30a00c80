"""Help articles and earlier answers in SQLite's full-text search."""

import hashlib
import sqlite3
from collections.abc import Sequence

from mainstay.domain.question import coverage, telling_words
from mainstay.ports.clock import Clock
from mainstay.ports.knowledge import Article, Passage
from mainstay.stores.passages import best_answer, best_article
from mainstay.stores.sqlite.reader import Reader
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.sqlite.writer import Writer
from mainstay.stores.statements import load
from mainstay.stores.thresholds import ASKERS

SQL = load("sqlite", "knowledge")


class SqliteKnowledge:
    """Searches within one scope: agent, locale and policy version.

    Args:
        writer: for importing articles.
        reader: for searching.
        scope: what an article must share with the agent that sends it.
        clock: tells which earlier answers have ended.
    """

    def __init__(
        self, writer: Writer, reader: Reader, scope: str, clock: Clock
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._scope = scope
        self._clock = clock

    async def load_articles(self, articles: Sequence[Article]) -> int:
        """Make the store hold exactly these articles; return how many changed."""
        return await self._writer.run(lambda unit: _sync(unit, self._scope, articles))

    async def search(self, query: str, limit: int) -> list[Passage]:
        """Return help articles for a query, best first."""
        return await self._reader.run(
            lambda db: _articles(db, self._scope, query, limit)
        )

    async def answer(self, question: str, edition: str | None) -> Passage | None:
        """Return what may be sent to a customer who asks ``question``, or None."""
        row = {"edition": edition, "query": _match(question), "askers": ASKERS}
        row |= {"now_ms": self._clock.now_ms(), "limit": 10}

        def read(db: sqlite3.Connection) -> Passage | None:
            if not row["query"]:
                return None
            earlier = db.execute(SQL["find_answers"], row).fetchall()
            return best_answer(question, earlier) or best_article(
                question, _articles(db, self._scope, question, 3)
            )

        return await self._reader.run(read)


def _articles(
    db: sqlite3.Connection, scope: str, query: str, limit: int
) -> list[Passage]:
    row = {"scope": scope, "query": _match(query), "limit": limit}
    if not row["query"]:
        return []
    return [
        Passage(title, body, coverage(query, f"{title} {body}"), source)
        for source, title, body, _rank in db.execute(
            SQL["find_articles"], row
        ).fetchall()
    ]


def _match(text: str) -> str:
    """Return an FTS5 query: any of the words, each quoted so that none is syntax."""
    return " OR ".join(f'"{word}"' for word in sorted(telling_words(text))[:40])


def _sync(unit: Unit, scope: str, articles: Sequence[Article]) -> int:
    wanted = {a.source: (a, _digest(a)) for a in articles}
    stored = dict(unit.execute(SQL["article_digests"], {"scope": scope}).fetchall())
    changed = 0
    for source, digest in stored.items():
        if source not in wanted or wanted[source][1] != digest:
            _drop(unit, scope, source)
            changed += 1
    for source, (article, digest) in wanted.items():
        if stored.get(source) != digest:
            _add(unit, scope, article, digest)
            changed += source not in stored
    return changed


def _drop(unit: Unit, scope: str, source: str) -> None:
    where = {"scope": scope, "source": source}
    id_, title, body = unit.row(SQL["article_row"], where)
    row = {"id": id_, "title": title, "body": body}
    unit.execute(SQL["unindex_article"], row)
    unit.execute(SQL["drop_article"], row)


def _add(unit: Unit, scope: str, article: Article, digest: str) -> None:
    row = {"scope": scope, "source": article.source, "title": article.title}
    row |= {"body": article.body, "digest": digest}
    added = unit.row(SQL["add_article"], row)
    unit.execute(SQL["index_article"], row | {"id": added[0]})


def _digest(article: Article) -> str:
    return hashlib.sha256(f"{article.title}\0{article.body}".encode()).hexdigest()
