-- name: any_due
-- Whether a write is worth while.
SELECT 1 FROM conversations
WHERE ready_at_ms <= :now_ms - :due_for_ms AND hidden_until_ms <= :now_ms
  AND lease_until_ms <= :now_ms
LIMIT 1;

-- name: take
-- Receive: hide the oldest due conversations from other receivers.
UPDATE conversations SET hidden_until_ms = :now_ms + :hide_ms
WHERE id IN (SELECT id FROM conversations
             WHERE ready_at_ms <= :now_ms - :due_for_ms AND hidden_until_ms <= :now_ms
               AND lease_until_ms <= :now_ms
             ORDER BY ready_at_ms LIMIT :limit)
RETURNING id;

-- name: give_back
-- Show a received conversation again.
UPDATE conversations SET hidden_until_ms = :now_ms + :delay_ms
WHERE id = :conversation_id AND hidden_until_ms > 0;

-- name: stats
-- Depth and age, exact.
SELECT
  count(*) FILTER (WHERE ready_at_ms <= :now_ms AND hidden_until_ms <= :now_ms
                     AND lease_until_ms <= :now_ms),
  count(*) FILTER (WHERE lease_until_ms > :now_ms OR hidden_until_ms > :now_ms),
  count(*) FILTER (WHERE ready_at_ms > :now_ms),
  min(ready_at_ms) FILTER (WHERE ready_at_ms <= :now_ms AND hidden_until_ms <= :now_ms
                             AND lease_until_ms <= :now_ms),
  (SELECT count(*) FROM turns WHERE state = 'dead')
FROM conversations WHERE ready_at_ms IS NOT NULL;
