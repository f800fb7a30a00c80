-- name: to_human
-- From this commit on the owner epoch shuts every AI reply out.
UPDATE conversations
SET owner = 'human', owner_epoch = owner_epoch + 1, last_event = last_event + 1,
    ready_at_ms = NULL
WHERE id = :conversation_id AND owner = 'ai'
RETURNING last_event;

-- name: hand_off_turns
-- Open turns are the human's now, but for what a human has decided: that waits.
UPDATE turns SET state = 'handed_off', answered_at_ms = :now_ms
WHERE conversation_id = :conversation_id AND state IN ('pending', 'running')
  AND approval_id IS NULL
RETURNING id;

-- name: rest_decided
-- A decision that was being carried out goes on after the hand-back. Only the words of
-- the index on open turns make SQLite use it.
UPDATE turns SET state = 'pending', strikes = 0
WHERE conversation_id = :conversation_id AND state IN ('pending', 'running')
  AND state = 'running' AND approval_id IS NOT NULL;

-- name: to_ai
-- The AI may answer again, under a new epoch and with nothing spent. While a call is under way its sender keeps
-- the lease: nobody goes on before its fate is known, or its sender gone.
UPDATE conversations
SET owner = 'ai', owner_epoch = owner_epoch + 1, last_event = last_event + :events,
    spent_tokens = 0, spent_usd = 0,
    lease_owner = CASE WHEN :under_way THEN lease_owner END,
    lease_until_ms = CASE WHEN :under_way THEN lease_until_ms ELSE 0 END,
    lease_epoch = CASE WHEN :under_way THEN lease_epoch ELSE lease_epoch + 1 END,
    ready_at_ms = CASE WHEN :work OR EXISTS
      (SELECT 1 FROM turns
       WHERE conversation_id = :conversation_id AND state IN ('pending', 'running'))
      THEN :now_ms END
WHERE id = :conversation_id AND owner = 'human'
RETURNING last_event;

-- name: unanswered
-- Customer messages after a human's last word that no turn answered or still will. Only
-- a worker's end of a turn writes its usage: a takeover does not, nor a holding reply. A
-- turn that ended has spoken, so that its words lead to it: turns have no index by
-- conversation but of the open ones.
SELECT min(seq), max(seq) FROM messages m
WHERE conversation_id = :conversation_id AND role = 'customer'
  AND seq > (SELECT coalesce(max(seq), 0) FROM messages
             WHERE conversation_id = :conversation_id AND role = 'human')
  AND NOT EXISTS
    (SELECT 1 FROM messages r JOIN turns t ON t.id = r.turn_id
     WHERE r.conversation_id = :conversation_id AND r.seq > m.seq AND r.role = 'agent'
       AND m.seq BETWEEN t.first_seq AND t.last_seq AND t.usage IS NOT NULL)
  AND NOT EXISTS
    (SELECT 1 FROM turns t
     WHERE t.conversation_id = :conversation_id AND t.state IN ('pending', 'running')
       AND m.seq BETWEEN t.first_seq AND t.last_seq);

-- name: trace_of_message
-- The trace that a message is in: of the turn that it was for when it came.
SELECT t.trace FROM messages m JOIN turns t ON t.id = m.turn_id
WHERE m.conversation_id = :conversation_id AND m.seq = :seq;

-- name: under_way
-- Whether a call was sent whose fate is not known yet.
SELECT 1 FROM effects
WHERE conversation_id = :conversation_id AND state = 'intended' LIMIT 1;

-- name: exists
-- Who owns the conversation.
SELECT owner, customer_id FROM conversations WHERE id = :conversation_id;

-- name: number_human
-- Take the numbers of a human's message while a human owns the conversation.
UPDATE conversations SET last_seq = last_seq + 1, last_event = last_event + 1
WHERE id = :conversation_id AND owner = 'human'
RETURNING last_seq, last_event;

-- name: resolve
-- The human inbox has nothing left about this conversation.
UPDATE escalations SET resolved_at_ms = :now_ms
WHERE conversation_id = :conversation_id AND resolved_at_ms IS NULL;
