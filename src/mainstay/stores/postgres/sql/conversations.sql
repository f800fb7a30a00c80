-- name: get
-- One conversation.
SELECT id, customer_id, channel, metadata, owner, owner_epoch, created_at_ms
FROM conversations WHERE id = $1;

-- name: messages
-- A page of messages.
SELECT id, seq, role, text, turn_id, level, model, created_at_ms FROM messages
WHERE conversation_id = $1 AND seq > $2 ORDER BY seq LIMIT $3;

-- name: events
-- A page of durable events; a message event brings its message along.
SELECT e.id, e.kind, e.data, m.id, m.seq, m.role, m.text, m.turn_id, m.level, m.model,
       m.created_at_ms
FROM events e
LEFT JOIN messages m ON m.conversation_id = e.conversation_id AND m.seq = e.seq
WHERE e.conversation_id = $1 AND e.id > $2
ORDER BY e.id LIMIT $3;

-- name: turn
-- One turn with its newest reply, its journal and what it did.
SELECT t.id, t.conversation_id, c.customer_id, t.state, t.attempt, t.accepted_at_ms,
       t.claimed_at_ms, t.answered_at_ms, t.held_at_ms, t.usage, t.cost_usd, t.timings,
       m.text, m.model, m.level,
       (SELECT coalesce(json_agg(json_build_array(n, kind, attempt, body, at_ms)
                                 ORDER BY n), '[]')
        FROM steps WHERE turn_id = t.id) AS steps,
       (SELECT coalesce(json_agg(json_build_array(
                 key, tool, args, state, result, statement, turn_id, unique_key)
                 ORDER BY n), '[]')
        FROM effects WHERE turn_id = t.id) AS effects
FROM turns t
JOIN conversations c ON c.id = t.conversation_id
LEFT JOIN messages m ON m.conversation_id = t.conversation_id AND m.seq = t.reply_seq
WHERE t.id = $1;

-- name: reply
-- The newest reply of a turn.
SELECT m.text, m.model, m.level
FROM turns t
JOIN messages m ON m.conversation_id = t.conversation_id AND m.seq = t.reply_seq
WHERE t.id = $1;

-- name: slowest_open
-- Open turns that wait longest: the silent ones by the order in which they are due, and
-- held ones.
SELECT t.id, t.conversation_id, t.state, t.attempt, t.held_at_ms IS NOT NULL, m.level,
       t.accepted_at_ms, (SELECT now_ms()) - t.accepted_at_ms
FROM (
  SELECT * FROM (
    SELECT * FROM turns WHERE state IN ('pending', 'running') AND held_at_ms IS NULL
    ORDER BY answer_by_ms LIMIT $1) AS silent
  UNION ALL
  SELECT * FROM (
    SELECT * FROM (
      SELECT * FROM turns WHERE state IN ('pending', 'running')
      ORDER BY conversation_id, first_seq, id LIMIT 10000) AS seen
    WHERE held_at_ms IS NOT NULL ORDER BY accepted_at_ms LIMIT $1) AS held
) AS t
LEFT JOIN messages m ON m.conversation_id = t.conversation_id AND m.seq = t.reply_seq
ORDER BY t.accepted_at_ms, t.id LIMIT $1;

-- name: slowest_ended
-- Of the newest turns, those that ended within 5 minutes and took longest.
SELECT t.id, t.conversation_id, t.state, t.attempt, t.held_at_ms IS NOT NULL, m.level,
       t.accepted_at_ms, t.answered_at_ms - t.accepted_at_ms
FROM (SELECT * FROM turns WHERE id > 'turn_' ORDER BY id DESC LIMIT 2000) AS t
LEFT JOIN messages m ON m.conversation_id = t.conversation_id AND m.seq = t.reply_seq
WHERE t.answered_at_ms > (SELECT now_ms()) - 300000 AND t.state NOT IN ('pending', 'running')
ORDER BY t.answered_at_ms - t.accepted_at_ms DESC, t.id LIMIT $1;
