-- What one process found out for all: whether the model's API is there, how the turns of
-- the last minutes went.
CREATE TABLE findings (
  name text COLLATE "C" PRIMARY KEY,
  owner text COLLATE "C" NOT NULL,
  ok boolean NOT NULL,
  detail text NOT NULL,
  figures text NOT NULL,
  failures integer NOT NULL,
  at_ms bigint NOT NULL
) WITH (fillfactor = 50);

-- Sums over the turns that were accepted in an hour, counted from 1970-01-01, and up to
-- when they are counted; levels and waits are JSON lists.
CREATE TABLE hours (
  hour bigint PRIMARY KEY,
  until_ms bigint NOT NULL,
  turns bigint NOT NULL,
  failed bigint NOT NULL,
  levels text NOT NULL,
  waits text NOT NULL,
  usd double precision NOT NULL
) WITH (fillfactor = 50);
