-- name: known
-- What idempotency keys brought at their first use, while they are remembered, for whom
-- the conversation belongs to; in the order of the keys.
SELECT k.key, i.digest, i.message_id, i.seq, i.turn_id
FROM unnest($2::text[]) WITH ORDINALITY AS k (key, n)
JOIN idempotency i ON i.conversation_id = $1 AND i.key = k.key
JOIN conversations c ON c.id = $1
WHERE i.at_ms > (SELECT now_ms()) - 86400000
  AND c.customer_id = coalesce($3, c.customer_id)
ORDER BY k.n LIMIT 1;
