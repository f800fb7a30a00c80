-- name: open_conversation
-- A new conversation, owned by the AI, without work.
INSERT INTO conversations (id, customer_id, channel, metadata, created_at_ms)
VALUES (:id, :customer_id, :channel, :metadata, :now_ms);

-- name: addressee
-- The conversation a message is for; the transaction already holds the write lock.
SELECT customer_id, owner FROM conversations WHERE id = :conversation_id;

-- name: replay
-- What an idempotency key brought at its first use, while it is remembered.
SELECT digest, message_id, seq, turn_id FROM idempotency
WHERE conversation_id = :conversation_id AND key = :key AND at_ms > :since_ms;

-- name: known
-- The same outside a transaction, for whom the conversation belongs to.
SELECT i.digest, i.message_id, i.seq, i.turn_id
FROM idempotency i JOIN conversations c ON c.id = i.conversation_id
WHERE i.conversation_id = :conversation_id AND i.key = :key AND i.at_ms > :since_ms
  AND c.customer_id = coalesce(:customer_id, c.customer_id);

-- name: remember
-- Keep an idempotency key; an expired one makes room.
INSERT OR REPLACE INTO idempotency
  (conversation_id, key, digest, message_id, seq, turn_id, at_ms)
VALUES (:conversation_id, :key, :digest, :message_id, :seq, :turn_id, :now_ms);

-- name: forget
-- Drop keys past their time, a bounded number at once.
DELETE FROM idempotency WHERE (conversation_id, key) IN
  (SELECT conversation_id, key FROM idempotency WHERE at_ms <= :before_ms LIMIT 5000);

-- name: number_message
-- Take the next message number and event numbers; work is due at once, for a new
-- message must not wait behind the backoff of an earlier turn.
UPDATE conversations
SET last_seq = last_seq + 1, last_event = last_event + :events,
    ready_at_ms = CASE owner WHEN 'ai' THEN :now_ms END
WHERE id = :conversation_id
RETURNING last_seq, last_event;

-- name: add_message
-- A durable message.
INSERT INTO messages
  (conversation_id, seq, id, role, text, turn_id, level, model, created_at_ms)
VALUES
  (:conversation_id, :seq, :message_id, :role, :text, :turn_id, :level, :model, :now_ms);

-- name: join_turn
-- A burst is one turn: join the newest open one if it was never claimed nor held. Its
-- trace takes a line for each message, up to some.
UPDATE turns SET last_seq = :seq,
  trace = CASE WHEN length(trace) < 1000
          THEN trace || coalesce(char(10) || :traceparent, '') ELSE trace END
WHERE id = (SELECT id FROM turns
            WHERE conversation_id = :conversation_id AND state IN ('pending', 'running')
            ORDER BY first_seq DESC, id DESC LIMIT 1)
  AND state = 'pending' AND attempt = 0 AND held_at_ms IS NULL
  AND approval_id IS NULL
RETURNING id;

-- name: add_turn
-- The next turn of the conversation.
INSERT INTO turns
  (id, conversation_id, first_seq, last_seq, state, accepted_at_ms, answer_by_ms,
   approval_id, trace)
VALUES
  (:turn_id, :conversation_id, :first_seq, :seq, :state, :now_ms, :answer_by_ms,
   :approval_id, :trace);

-- name: add_event
-- A durable event; the number was taken from the conversation in this transaction.
INSERT INTO events (conversation_id, id, kind, seq, data)
VALUES (:conversation_id, :event, :kind, :seq, :data);
