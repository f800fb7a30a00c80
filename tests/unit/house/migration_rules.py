"""What a pre revision may say: a short list; whatever is not on it waits for post.

The version before runs on the schema that a pre revision leaves, and while it runs. So
it may only add, what it adds must not ask anything of those who do not know it, and on
PostgreSQL it must not hold a lock for longer than a moment. Keywords are in capitals.
"""

import re

COMMENT = re.compile(r"--[^\n]*")
CREATE_TABLE = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+) ")
ADD_COLUMN = re.compile(r"ALTER TABLE (\w+) ADD COLUMN \w+ (.+)")
CREATE_INDEX = re.compile(r"CREATE (UNIQUE )?INDEX (CONCURRENTLY )?(\w+) ON (\w+) ")
DROP_INDEX = re.compile(r"DROP INDEX CONCURRENTLY IF EXISTS (\w+)")
INSERT = re.compile(r"INSERT INTO (\w+) ")
ASKS = re.compile(r"\b(UNIQUE|CHECK|REFERENCES|PRIMARY|GENERATED|COLLATE)\b|\(")


def statements(script: str) -> list[str]:
    """Return the statements of a script, on one line each, without comments."""
    parts = COMMENT.sub("", script).split(";\n")
    return [" ".join(part.split()).rstrip("; ") for part in parts if part.strip()]


def faults(script: str, engine: str, *, transactional: bool = True) -> list[str]:
    """Return why a script is none for ``pre``, each reason with its statement.

    Args:
        script: the whole revision.
        engine: ``"sqlite"`` or ``"postgresql"``.
        transactional: how the revision is marked.
    """
    told = statements(script)
    if not transactional:
        return _apart(told)
    made = {match[1] for one in told if (match := CREATE_TABLE.match(one))}
    found = [
        f"{reason}: {one}" for one in told if (reason := _fault(one, made, engine))
    ]
    altered = {match[1] for one in told if (match := ADD_COLUMN.match(one))} - made
    if engine == "postgresql" and len(altered) > 1:
        found.append(f"locks several tables: {', '.join(sorted(altered))}")
    return found


def _fault(one: str, made: set[str], engine: str) -> str:
    """Return what is wrong with a statement, "" for nothing."""
    if CREATE_TABLE.match(one):
        return ""
    if match := INSERT.match(one):
        return "" if match[1] in made else "changes rows"
    if match := CREATE_INDEX.match(one):
        return _index(match, made, engine)
    if match := ADD_COLUMN.match(one):
        return _column(match[2])
    return "not on the list"


def _column(kind: str) -> str:
    if ASKS.search(kind):
        return "asks something of old rows, or computes"
    if "NOT NULL" in kind and "DEFAULT" not in kind:
        return "old versions do not fill it"
    return ""


def _index(match: re.Match[str], made: set[str], engine: str) -> str:
    unique, concurrently, _, table = match.groups()
    if table in made:
        return ""
    if unique:
        return "forbids what old versions may write"
    if engine == "postgresql":
        return "in a transaction" if concurrently else "stops writes"
    return ""


def _apart(told: list[str]) -> list[str]:
    """Without a transaction: indexes, each dropped first, so that it can run again."""
    for drop, create in zip(told[::2], told[1::2], strict=False):
        old, new = DROP_INDEX.fullmatch(drop), CREATE_INDEX.match(create)
        if not (old and new and new[2] and not new[1] and new[3] == old[1]):
            return [f"not on the list: {drop}; {create}"]
    return [] if told and len(told) % 2 == 0 else ["not a drop for each index"]
