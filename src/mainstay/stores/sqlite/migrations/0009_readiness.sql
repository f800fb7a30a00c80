-- What drills tell running processes to do: one order of a kind, until its time is over.
CREATE TABLE orders (
  kind TEXT PRIMARY KEY,
  target TEXT NOT NULL,
  factor REAL NOT NULL,
  until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who answered when all processes were called.
CREATE TABLE roll (
  call TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What checks of the deployment and drills have found; each is a signed text.
CREATE TABLE records (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  passed INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
