-- name: oldest
-- A whole look: when the oldest open turn was to be answered, or a minute ago at most.
SELECT least((SELECT answer_by_ms FROM turns
              WHERE state IN ('pending', 'running') AND held_at_ms IS NULL
              ORDER BY answer_by_ms LIMIT 1), now_ms() - 60000);

-- name: overdue
-- Open turns whose customer has waited long enough, oldest first; where a human owns
-- the conversation the human answers.
SELECT t.id, t.conversation_id, t.first_seq, t.last_seq, t.state, t.attempt, t.strikes,
       t.accepted_at_ms, t.answer_by_ms, t.held_at_ms, t.approval_id, t.claimed_at_ms,
       t.trace,
       (SELECT coalesce(json_agg(json_build_array(
                 key, tool, args, state, result, statement, turn_id, unique_key)
                 ORDER BY n), '[]')
        FROM effects WHERE turn_id = t.id) AS effects
FROM turns t
WHERE t.state IN ('pending', 'running') AND t.held_at_ms IS NULL
  AND t.answer_by_ms >= $2 AND t.answer_by_ms <= (SELECT now_ms())
  AND (SELECT owner FROM conversations c WHERE c.id = t.conversation_id) = 'ai'
ORDER BY t.answer_by_ms LIMIT $1;

-- name: abandoned
-- Effects sent by a worker that is gone, of turns that nobody will resume because a
-- human has them: only a human can find out what became of these.
SELECT key, turn_id, conversation_id FROM effects
WHERE state = 'intended'
  AND (SELECT state FROM turns t WHERE t.id = effects.turn_id)
    NOT IN ('pending', 'running')
  AND (SELECT lease_until_ms FROM conversations c WHERE c.id = effects.conversation_id)
    <= (SELECT now_ms())
LIMIT 100;

-- name: forget
-- Drop idempotency keys past their time, a bounded number at once. The order makes sure
-- of the index: without it a search for none of many rows may read them all.
DELETE FROM idempotency WHERE ctid = ANY (ARRAY
  (SELECT ctid FROM idempotency WHERE at_ms <= (SELECT now_ms() - 86400000)
   ORDER BY at_ms LIMIT 5000));

-- name: forget_ended
-- Drop earlier answers whose time is over; those of an older version have 30 days. One
-- that is being given again is skipped, so that this never waits while it holds others.
WITH gone AS (DELETE FROM answers WHERE id = ANY (ARRAY
  (SELECT id FROM answers
   WHERE coalesce(expires_at_ms, at_ms + 2592000000) <= (SELECT now_ms())
   LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1)
SELECT count(*) FROM gone;

-- name: forget_surplus
-- Drop those that are least asked for, if there are too many: a human's decisions stay
-- longest.
WITH gone AS (DELETE FROM answers WHERE id = ANY (ARRAY
  (SELECT id FROM answers
   ORDER BY reviewed OR removed, cardinality(askers) >= $1, at_ms, id
   LIMIT least($3, greatest(0, (SELECT count(*) FROM answers) - $2))
   FOR UPDATE SKIP LOCKED)) RETURNING 1)
SELECT count(*) FROM gone;
