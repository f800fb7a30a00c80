-- name: claim
-- Win a free conversation with due work; the epoch shuts every earlier holder out.
UPDATE conversations
SET lease_owner = :owner, lease_until_ms = :now_ms + :lease_ms,
    lease_epoch = lease_epoch + 1, hidden_until_ms = 0
WHERE id = :conversation_id AND owner = 'ai' AND lease_until_ms <= :now_ms
  AND ready_at_ms <= :now_ms
RETURNING lease_epoch, owner_epoch;

-- name: start_turn
-- The conversation's first open turn starts a new attempt, a strike until it ends well.
UPDATE turns
SET state = 'running', attempt = attempt + 1, strikes = strikes + 1,
    claimed_at_ms = coalesce(claimed_at_ms, :now_ms)
WHERE id = (SELECT id FROM turns
            WHERE conversation_id = :conversation_id AND state IN ('pending', 'running')
            ORDER BY first_seq, id LIMIT 1)
RETURNING id, conversation_id, first_seq, last_seq, state, attempt, strikes,
          accepted_at_ms, answer_by_ms, held_at_ms, approval_id, claimed_at_ms, trace;

-- name: rest
-- Nothing to do after all: end the lease and wait for the next message.
UPDATE conversations SET lease_owner = NULL, lease_until_ms = 0, ready_at_ms = NULL
WHERE id = :conversation_id AND lease_epoch = :lease_epoch;

-- name: release
-- End a lease without a result; the work stays due.
UPDATE conversations SET lease_owner = NULL, lease_until_ms = 0
WHERE id = :conversation_id AND lease_epoch = :lease_epoch AND lease_owner = :owner
RETURNING id;

-- name: rest_turn
-- The attempt ended in an orderly way: it is no strike. The claimed turn is the first.
UPDATE turns SET state = 'pending', strikes = strikes - 1
WHERE id = (SELECT id FROM turns
            WHERE conversation_id = :conversation_id AND state IN ('pending', 'running')
            ORDER BY first_seq, id LIMIT 1)
  AND state = 'running';

-- name: renew
-- Prolong the leases that a process still works on, all in one statement; one that
-- has ended is not revived.
UPDATE conversations SET lease_until_ms = :now_ms + :lease_ms
WHERE lease_owner = :owner AND lease_until_ms > :now_ms
  AND id IN (SELECT value FROM json_each(:held))
RETURNING id, lease_epoch;

-- name: enlist
-- Make a process known, with what it can run on.
INSERT OR REPLACE INTO processes
  (owner, lock_path, role, started_at_ms, version, head)
VALUES (:owner, :lock_path, :role, :now_ms, :version, :head);

-- name: enlisted
-- Every process known.
SELECT owner, lock_path FROM processes;

-- name: serving
-- How many processes serve a role; one that serves several has them joined by a plus.
SELECT count(*) FROM processes WHERE instr('+' || role || '+', '+' || :role || '+') > 0;

-- name: void
-- Free what a dead process held.
UPDATE conversations SET lease_owner = NULL, lease_until_ms = 0, hidden_until_ms = 0
WHERE lease_owner = :owner
RETURNING id;

-- name: strike_off
-- Forget a dead process.
DELETE FROM processes WHERE owner = :owner;
