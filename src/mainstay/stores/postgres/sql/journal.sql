-- name: load
-- All that a turn needs, of one moment: the conversation if the lease is the newest, its
-- newest messages and effects, the turn's journal, and what was spent before: by its
-- customer, in it, and by everybody.
SELECT c.id, c.customer_id, c.channel, c.metadata, c.owner, c.owner_epoch,
       c.created_at_ms, c.last_seq,
       (SELECT coalesce(json_agg(json_build_array(
                 m.id, m.seq, m.role, m.text, m.turn_id, m.level, m.model,
                 m.created_at_ms) ORDER BY m.seq), '[]')
        FROM (SELECT * FROM messages WHERE conversation_id = c.id AND seq > $7
              ORDER BY seq DESC LIMIT $5) m) AS messages,
       (SELECT coalesce(json_agg(json_build_array(
                 e.key, e.tool, e.args, e.state, e.result, e.statement, e.turn_id,
                 e.unique_key) ORDER BY e.n), '[]')
        FROM (SELECT * FROM effects WHERE conversation_id = c.id
              ORDER BY n DESC LIMIT $6) e) AS effects,
       (SELECT coalesce(json_agg(json_build_array(
                 s.kind, s.body, s.attempt <= t.counted_attempt) ORDER BY s.n), '[]')
        FROM steps s JOIN turns t ON t.id = s.turn_id WHERE s.turn_id = $4) AS steps,
       json_build_array(coalesce(own.tokens, 0), coalesce(own.usd, 0),
                        c.spent_tokens, c.spent_usd, day.tokens, day.usd) AS spent
FROM conversations c
CROSS JOIN (
  SELECT coalesce(sum(tokens), 0) AS tokens, coalesce(sum(usd), 0) AS usd FROM spend
  WHERE day = (SELECT now_ms() / 86400000) AND customer_id = '') AS day
LEFT JOIN spend own ON own.day = (SELECT now_ms() / 86400000)
  AND own.customer_id = c.customer_id AND own.share = 0
WHERE c.id = $1 AND c.lease_epoch = $2 AND c.lease_owner = $3;

-- name: approval
-- The decided approval a turn carries out.
SELECT id, conversation_id, turn_id, tool, args, key, state FROM approvals WHERE id = $1;
