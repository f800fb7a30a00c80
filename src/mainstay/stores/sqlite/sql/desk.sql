-- name: approvals
-- Calls that wait for a decision.
SELECT id, conversation_id, turn_id, tool, args, key, state FROM approvals
WHERE state = 'waiting' ORDER BY created_at_ms, id LIMIT 100;

-- name: decide
-- Compare-and-set: a decision is made once.
UPDATE approvals SET state = :state, decided_at_ms = :now_ms, decided_by = :actor
WHERE id = :id AND state = 'waiting'
RETURNING id, conversation_id, turn_id, tool, args, key, state;

-- name: trace
-- The trace of the turn that asked: what is decided is part of it.
SELECT trace FROM turns WHERE id = :turn_id;

-- name: approval
-- One approval's state.
SELECT state FROM approvals WHERE id = :id;

-- name: still_waiting
-- Other calls of the same turn that wait.
SELECT 1 FROM approvals WHERE turn_id = :turn_id AND state = 'waiting' LIMIT 1;

-- name: end_waiting
-- The turn that asked has its answer.
UPDATE turns SET state = 'answered' WHERE id = :turn_id AND state = 'waiting_approval';

-- name: make_due
-- Work for the AI: the decision's turn; while a human owns it, it waits for hand-back.
UPDATE conversations
SET last_event = last_event + 1, ready_at_ms = CASE owner WHEN 'ai' THEN :now_ms END
WHERE id = :conversation_id
RETURNING last_event, last_seq, owner;

-- name: escalations
-- The human inbox.
SELECT id, conversation_id, turn_id, cause, created_at_ms FROM escalations
WHERE resolved_at_ms IS NULL ORDER BY created_at_ms, id LIMIT 100;

-- name: dead
-- Turns that were given up.
SELECT id, conversation_id, attempt, strikes, accepted_at_ms, answered_at_ms, held_at_ms
FROM turns WHERE state = 'dead' ORDER BY answer_by_ms DESC LIMIT 100;

-- name: dead_ids
-- All of them.
SELECT id FROM turns WHERE state = 'dead';

-- name: redrive
-- A dead turn starts anew; it had its level 4 or holding reply, so it counts as held.
-- Its trace says that it did, so that the spans of its next end are others.
UPDATE turns
SET state = 'pending', strikes = 0, held_at_ms = :now_ms, usage = NULL,
    trace = CASE WHEN length(trace) < 2000 THEN trace || char(10) || 'again'
            ELSE trace END
WHERE id = :turn_id AND state = 'dead'
RETURNING conversation_id;
