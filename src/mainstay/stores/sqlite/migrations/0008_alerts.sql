-- Who watches over alerts: one process of the deployment at a time.
CREATE TABLE alert_watch (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  owner TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  until_ms INTEGER NOT NULL
) STRICT;

-- What that process must not forget, for whoever watches after it.
CREATE TABLE alert_memory (
  part TEXT PRIMARY KEY,
  content BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Alerts that nobody is told of for a time.
CREATE TABLE alert_silences (
  name TEXT PRIMARY KEY,
  until_ms INTEGER NOT NULL,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Where each process shows its metrics, and the only machine that the address leads there
-- from, nothing where it does from all.
CREATE TABLE metrics_pages (
  owner TEXT PRIMARY KEY,
  address TEXT NOT NULL,
  machine TEXT NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
