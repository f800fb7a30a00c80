-- name: overdue
-- Open turns whose customer has waited long enough, oldest first; where a human owns
-- the conversation the human answers.
SELECT id, conversation_id, first_seq, last_seq, state, attempt, strikes,
       accepted_at_ms, answer_by_ms, held_at_ms, approval_id, claimed_at_ms, trace
FROM turns
WHERE state IN ('pending', 'running') AND held_at_ms IS NULL
  AND answer_by_ms <= :now_ms
  AND (SELECT owner FROM conversations c WHERE c.id = turns.conversation_id) = 'ai'
ORDER BY answer_by_ms LIMIT :limit;

-- name: effects_of_turn
-- What a turn did.
SELECT key, tool, args, state, result, statement, turn_id, unique_key FROM effects
WHERE turn_id = :turn_id ORDER BY rowid;

-- name: abandoned
-- Effects sent by a worker that is gone, of turns that nobody will resume because a
-- human has them: only a human can find out what became of these.
SELECT key, turn_id, conversation_id FROM effects
WHERE state = 'intended'
  AND (SELECT state FROM turns t WHERE t.id = effects.turn_id)
    NOT IN ('pending', 'running')
  AND (SELECT lease_until_ms FROM conversations c WHERE c.id = effects.conversation_id)
    <= :now_ms
LIMIT 100;

-- name: doubt
-- Nobody can tell. A sender that was only stopped still may, until the hand-back.
UPDATE effects SET state = 'unknown' WHERE key = :key AND state = 'intended'
RETURNING key;

-- name: hold
-- Compare-and-set: the holding reply is sent once, and only while nobody answered.
UPDATE turns SET held_at_ms = :now_ms
WHERE id = :turn_id AND state IN ('pending', 'running') AND held_at_ms IS NULL
  AND answer_by_ms <= :now_ms
  AND (SELECT owner FROM conversations c WHERE c.id = turns.conversation_id) = 'ai'
RETURNING id;

-- name: number_holding
-- Take the numbers of the holding reply; lease and schedule stay as they are.
UPDATE conversations SET last_seq = last_seq + 1, last_event = last_event + 2
WHERE id = :conversation_id
RETURNING last_seq, last_event;
