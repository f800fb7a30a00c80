-- The newest attempt whose end has counted what it and those before it spent.
ALTER TABLE turns ADD COLUMN counted_attempt INTEGER NOT NULL DEFAULT 0;
