-- name: hold
-- An order that holds until a time, in place of one of its kind.
INSERT INTO orders (kind, target, factor, until_ms)
VALUES (:kind, :target, :factor, :until_ms)
ON CONFLICT (kind) DO UPDATE SET target = excluded.target, factor = excluded.factor,
  until_ms = excluded.until_ms;

-- name: take
-- The same, and its kind; no row when one of its kind holds that has another target.
INSERT INTO orders (kind, target, factor, until_ms)
VALUES (:kind, :target, :factor, :until_ms)
ON CONFLICT (kind) DO UPDATE SET target = excluded.target, factor = excluded.factor,
  until_ms = excluded.until_ms
WHERE orders.target = excluded.target OR orders.until_ms <= :now_ms
RETURNING kind;

-- name: lift
-- The end of an order.
DELETE FROM orders WHERE kind = :kind AND target = :target;

-- name: standing
-- The orders that hold now; there are as many rows as kinds.
SELECT kind, target, factor, until_ms - :now_ms FROM orders WHERE until_ms > :now_ms;

-- name: members
-- Every process known, and where its HTTP is.
SELECT p.owner, p.role, coalesce('http://' || m.address, '')
FROM processes p LEFT JOIN metrics_pages m ON m.owner = p.owner ORDER BY p.owner;

-- name: answer
-- The first answer to a call stays.
INSERT INTO roll (call, owner, at_ms) VALUES (:call, :owner, :now_ms)
ON CONFLICT (call) DO NOTHING;

-- name: forget_calls
-- Answers of an hour ago.
DELETE FROM roll WHERE at_ms <= :now_ms - 3600000;

-- name: answered
-- Who answered a call.
SELECT owner FROM roll WHERE call = :call;

-- name: add_record
-- A finding, once.
INSERT INTO records (kind, id, name, passed, at_ms, text)
VALUES (:kind, :id, :name, :passed, :at_ms, :text)
ON CONFLICT (kind, id) DO NOTHING;

-- name: forget_records
-- All but the newest of a kind.
DELETE FROM records WHERE kind = :kind AND id <=
  (SELECT id FROM records WHERE kind = :kind ORDER BY id DESC LIMIT 1 OFFSET :kept);

-- name: newest
-- Findings of a kind, newest first.
SELECT id, kind, name, passed, at_ms, text FROM records
WHERE kind = :kind ORDER BY id DESC LIMIT :limit;

-- name: since
-- Turns accepted since a time, with the level of their newest reply. Identities sort by
-- time, so that the search goes by the primary key.
SELECT t.accepted_at_ms, min(coalesce(t.held_at_ms, t.answered_at_ms),
       coalesce(t.answered_at_ms, t.held_at_ms)), m.level,
       t.held_at_ms IS NOT NULL
FROM turns t
LEFT JOIN messages m ON m.conversation_id = t.conversation_id AND m.seq = t.reply_seq
WHERE t.id >= :floor AND t.accepted_at_ms >= :at_ms
  AND NOT (t.state = 'handed_off' AND t.reply_seq IS NULL AND t.held_at_ms IS NULL)
ORDER BY t.id LIMIT :limit;
