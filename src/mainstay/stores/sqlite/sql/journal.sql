-- name: fence
-- The conversation, if this lease is still the newest; the write lock is held.
SELECT owner, owner_epoch FROM conversations
WHERE id = :conversation_id AND lease_epoch = :lease_epoch AND lease_owner = :owner;

-- name: add_step
-- The next row of the turn's journal.
INSERT INTO steps (turn_id, n, kind, attempt, body, at_ms)
VALUES (:turn_id,
        (SELECT coalesce(max(n), 0) + 1 FROM steps WHERE turn_id = :turn_id),
        :kind, :attempt, :body, :now_ms);

-- name: add_effect
-- An effect that is about to happen.
INSERT INTO effects
  (key, conversation_id, turn_id, tool, args, state, result, statement, unique_key, at_ms)
VALUES
  (:key, :conversation_id, :turn_id, :tool, :args, :state, NULL, :statement,
   :unique_key, :now_ms);

-- name: settle_effect
-- What became of an effect.
UPDATE effects SET state = :state, result = :result, statement = :statement
WHERE key = :key AND turn_id = :turn_id;

-- name: end_turn
-- Compare-and-set: one end a turn; once held, only a real answer or death may follow.
UPDATE turns
SET state = :state, answered_at_ms = :now_ms, usage = :usage, cost_usd = :cost_usd,
    timings = :timings, strikes = 0,
    counted_attempt = attempt
WHERE id = :turn_id AND state = 'running'
  AND (held_at_ms IS NULL OR :level <= 2 OR :state IN ('dead', 'handed_off'))
RETURNING held_at_ms;

-- name: number_reply
-- Take the numbers of the reply and its events, and end the lease; the conversation is
-- due again exactly when an open turn is left, in this same statement.
UPDATE conversations
SET last_seq = last_seq + :messages, last_event = last_event + :events,
    lease_owner = NULL, lease_until_ms = 0,
    ready_at_ms = CASE WHEN EXISTS
      (SELECT 1 FROM turns
       WHERE conversation_id = :conversation_id AND state IN ('pending', 'running'))
      THEN :now_ms END
WHERE id = :conversation_id
RETURNING last_seq, last_event;

-- name: is_due
-- Whether the conversation has more work for the AI.
SELECT 1 FROM conversations
WHERE id = :conversation_id AND ready_at_ms IS NOT NULL AND owner = 'ai';

-- name: point_reply
-- The turn's newest reply.
UPDATE turns SET reply_seq = :seq WHERE id = :turn_id;

-- name: put_off
-- The attempt ends without a reply; the turn waits for its next one.
UPDATE turns
SET state = 'pending', strikes = CASE WHEN :orderly THEN 0 ELSE strikes END,
    counted_attempt = CASE WHEN :orderly THEN attempt ELSE counted_attempt END
WHERE id = :turn_id AND state = 'running'
RETURNING id;

-- name: rest_until
-- End the lease and let the work be due later.
UPDATE conversations
SET lease_owner = NULL, lease_until_ms = 0, ready_at_ms = :now_ms + :delay_ms
WHERE id = :conversation_id;

-- name: drop_lease
-- End the lease of a conversation that a human owns now.
UPDATE conversations SET lease_owner = NULL, lease_until_ms = 0
WHERE id = :conversation_id;

-- name: add_escalation
-- An item in the human inbox.
INSERT INTO escalations (id, conversation_id, turn_id, cause, created_at_ms)
VALUES (:id, :conversation_id, :turn_id, :cause, :now_ms);

-- name: is_escalated
-- Whether the conversation waits in the human inbox for this very reason.
SELECT 1 FROM escalations
WHERE conversation_id = :conversation_id AND cause = :cause AND resolved_at_ms IS NULL
LIMIT 1;

-- name: add_approval
-- A call that waits for a human's decision.
INSERT INTO approvals
  (id, conversation_id, turn_id, tool, args, key, state, created_at_ms)
VALUES
  (:id, :conversation_id, :turn_id, :tool, :args, :key, 'waiting', :now_ms);

-- name: load_conversation
-- The conversation, if the lease is still the newest, and what was spent before: by its
-- customer, in it, and by everybody.
SELECT c.id, c.customer_id, c.channel, c.metadata, c.owner, c.owner_epoch,
       c.created_at_ms, c.last_seq,
       coalesce(own.tokens, 0), coalesce(own.usd, 0.0), c.spent_tokens, c.spent_usd,
       coalesce(day.tokens, 0), coalesce(day.usd, 0.0)
FROM conversations c
LEFT JOIN spend own ON own.day = :day AND own.customer_id = c.customer_id
LEFT JOIN spend day ON day.day = :day AND day.customer_id = ''
WHERE c.id = :conversation_id AND c.lease_epoch = :lease_epoch
  AND c.lease_owner = :owner;

-- name: load_messages
-- The newest messages up to what the turn may see, without those that are known.
SELECT id, seq, role, text, turn_id, level, model, created_at_ms FROM messages
WHERE conversation_id = :conversation_id AND seq > :after
ORDER BY seq DESC LIMIT :limit;

-- name: load_steps
-- The turn's journal, and of each step whether what it cost is counted.
SELECT s.kind, s.body, s.attempt <= t.counted_attempt
FROM steps s JOIN turns t ON t.id = s.turn_id WHERE s.turn_id = :turn_id ORDER BY s.n;

-- name: load_effects
-- The conversation's effects, newest first.
SELECT key, tool, args, state, result, statement, turn_id, unique_key FROM effects
WHERE conversation_id = :conversation_id ORDER BY at_ms DESC, rowid DESC LIMIT :limit;

-- name: load_approval
-- The decided approval a turn carries out.
SELECT id, conversation_id, turn_id, tool, args, key, state FROM approvals
WHERE id = :approval_id;
