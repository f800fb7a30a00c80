-- What drills tell running processes to do: one order of a kind, until its time is over.
CREATE TABLE orders (
  kind text COLLATE "C" PRIMARY KEY,
  target text NOT NULL,
  factor double precision NOT NULL,
  until_ms bigint NOT NULL
);

-- Who answered when all processes were called.
CREATE TABLE roll (
  call text COLLATE "C" PRIMARY KEY,
  owner text NOT NULL,
  at_ms bigint NOT NULL
);

-- What checks of the deployment and drills have found; each is a signed text.
CREATE TABLE records (
  kind text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  name text NOT NULL,
  passed boolean NOT NULL,
  at_ms bigint NOT NULL,
  text text NOT NULL,
  PRIMARY KEY (kind, id)
);
