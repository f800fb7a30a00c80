-- name: get
-- One conversation.
SELECT id, customer_id, channel, metadata, owner, owner_epoch, created_at_ms
FROM conversations WHERE id = :conversation_id;

-- name: messages
-- A page of messages.
SELECT id, seq, role, text, turn_id, level, model, created_at_ms FROM messages
WHERE conversation_id = :conversation_id AND seq > :after ORDER BY seq LIMIT :limit;

-- name: events
-- A page of durable events; a message event brings its message along.
SELECT e.id, e.kind, e.data, m.id, m.seq, m.role, m.text, m.turn_id, m.level, m.model,
       m.created_at_ms
FROM events e
LEFT JOIN messages m ON m.conversation_id = e.conversation_id AND m.seq = e.seq
WHERE e.conversation_id = :conversation_id AND e.id > :after
ORDER BY e.id LIMIT :limit;

-- name: turn
-- One turn with its newest reply.
SELECT t.id, t.conversation_id, c.customer_id, t.state, t.attempt, t.accepted_at_ms,
       t.claimed_at_ms, t.answered_at_ms, t.held_at_ms, t.usage, t.cost_usd, t.timings,
       m.text, m.model, m.level
FROM turns t
JOIN conversations c ON c.id = t.conversation_id
LEFT JOIN messages m ON m.conversation_id = t.conversation_id AND m.seq = t.reply_seq
WHERE t.id = :turn_id;

-- name: steps
-- The journal of a turn.
SELECT n, kind, attempt, body, at_ms FROM steps WHERE turn_id = :turn_id ORDER BY n;

-- name: effects
-- What a turn did.
SELECT key, tool, args, state, result, statement, turn_id, unique_key FROM effects
WHERE turn_id = :turn_id ORDER BY rowid;

-- name: reply
-- The newest reply of a turn.
SELECT m.text, m.model, m.level
FROM turns t
JOIN messages m ON m.conversation_id = t.conversation_id AND m.seq = t.reply_seq
WHERE t.id = :turn_id;

-- name: slowest_open
-- Open turns that wait longest: the silent ones by the order in which they are due, and
-- held ones.
SELECT t.id, t.conversation_id, t.state, t.attempt, t.held_at_ms IS NOT NULL, m.level,
       t.accepted_at_ms, :now_ms - t.accepted_at_ms
FROM (
  SELECT * FROM (
    SELECT * FROM turns WHERE state IN ('pending', 'running') AND held_at_ms IS NULL
    ORDER BY answer_by_ms LIMIT :limit) AS silent
  UNION ALL
  SELECT * FROM (
    SELECT * FROM (
      SELECT * FROM turns INDEXED BY turns_open WHERE state IN ('pending', 'running')
      ORDER BY conversation_id, first_seq, id LIMIT 10000) AS seen
    WHERE held_at_ms IS NOT NULL ORDER BY accepted_at_ms LIMIT :limit) AS held
) AS t
LEFT JOIN messages m ON m.conversation_id = t.conversation_id AND m.seq = t.reply_seq
ORDER BY t.accepted_at_ms, t.id LIMIT :limit;

-- name: slowest_ended
-- Of the newest turns, those that ended within 5 minutes and took longest.
SELECT t.id, t.conversation_id, t.state, t.attempt, t.held_at_ms IS NOT NULL, m.level,
       t.accepted_at_ms, t.answered_at_ms - t.accepted_at_ms
FROM (SELECT * FROM turns WHERE id > 'turn_' ORDER BY id DESC LIMIT 2000) AS t
LEFT JOIN messages m ON m.conversation_id = t.conversation_id AND m.seq = t.reply_seq
WHERE t.answered_at_ms > :now_ms - 300000 AND t.state NOT IN ('pending', 'running')
ORDER BY t.answered_at_ms - t.accepted_at_ms DESC, t.id LIMIT :limit;
