-- The places in traces of the messages that a turn answers, a line each, so that whoever
-- goes on with the turn goes on with the trace: a wake may be lost.
ALTER TABLE turns ADD COLUMN trace TEXT;
