-- Who watches over alerts: one process of the deployment at a time.
CREATE TABLE alert_watch (
  one integer PRIMARY KEY CHECK (one = 1),
  owner text COLLATE "C" NOT NULL,
  epoch bigint NOT NULL,
  until_ms bigint NOT NULL
);

-- What that process must not forget, for whoever watches after it.
CREATE TABLE alert_memory (
  part text COLLATE "C" PRIMARY KEY,
  content bytea NOT NULL
);

-- Alerts that nobody is told of for a time.
CREATE TABLE alert_silences (
  name text COLLATE "C" PRIMARY KEY,
  until_ms bigint NOT NULL,
  reason text NOT NULL,
  actor text NOT NULL
);

-- Where each process shows its metrics, and the only machine that the address leads there
-- from, nothing where it does from all.
CREATE TABLE metrics_pages (
  owner text COLLATE "C" PRIMARY KEY,
  address text COLLATE "C" NOT NULL,
  machine text COLLATE "C" NOT NULL,
  at_ms bigint NOT NULL
);
