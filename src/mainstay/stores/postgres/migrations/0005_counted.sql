-- The newest attempt whose end has counted what it and those before it spent.
ALTER TABLE turns ADD COLUMN counted_attempt integer NOT NULL DEFAULT 0;
