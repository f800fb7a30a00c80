-- The name of an answer's text, the end of its time, and whether a human removed it. An
-- older version fills none of them, and its answers are of scopes that nobody else reads.
ALTER TABLE answers ADD COLUMN ref TEXT;

ALTER TABLE answers ADD COLUMN expires_at_ms INTEGER;

ALTER TABLE answers ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;

CREATE INDEX answers_expiry ON answers (expires_at_ms);
