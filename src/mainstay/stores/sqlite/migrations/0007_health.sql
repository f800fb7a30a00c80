-- What one process found out for all: whether the model's API is there, how the turns of
-- the last minutes went.
CREATE TABLE findings (
  name TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  ok INTEGER NOT NULL,
  detail TEXT NOT NULL,
  figures TEXT NOT NULL,
  failures INTEGER NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Sums over the turns that were accepted in an hour, counted from 1970-01-01, and up to
-- when they are counted; levels and waits are JSON lists.
CREATE TABLE hours (
  hour INTEGER PRIMARY KEY,
  until_ms INTEGER NOT NULL,
  turns INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  levels TEXT NOT NULL,
  waits TEXT NOT NULL,
  usd REAL NOT NULL
) STRICT;
