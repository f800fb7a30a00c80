-- The name of an answer's text, the end of its time, and whether a human removed it. An
-- older version fills none of them, and its answers are of scopes that nobody else reads.
ALTER TABLE answers ADD COLUMN ref text;

ALTER TABLE answers ADD COLUMN expires_at_ms bigint;

ALTER TABLE answers ADD COLUMN removed boolean NOT NULL DEFAULT false;
