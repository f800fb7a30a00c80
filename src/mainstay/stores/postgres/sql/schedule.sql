-- The clock is asked in a subquery, which is run once: as a plain call it would be asked
-- for each row, and no index could be used.

-- Searches begin where the oldest work was at the last whole look: see Horizon.

-- name: oldest
-- A whole look: when the oldest work became due, or a minute ago at most.
SELECT least((SELECT ready_at_ms FROM conversations WHERE ready_at_ms IS NOT NULL
              ORDER BY ready_at_ms LIMIT 1), now_ms() - 60000);

-- name: take
-- Receive: hide the oldest due conversations from other receivers. Who is locked is
-- about to be claimed, or taken by another receiver.
WITH taken AS (
  UPDATE conversations SET hidden_until_ms = now_ms() + $2
  WHERE id IN (SELECT id FROM conversations
               WHERE ready_at_ms >= $4 AND ready_at_ms <= (SELECT now_ms() - $3)
                 AND hidden_until_ms <= (SELECT now_ms())
                 AND lease_until_ms <= (SELECT now_ms())
               ORDER BY ready_at_ms LIMIT $1 FOR UPDATE SKIP LOCKED)
  RETURNING id, ready_at_ms
)
SELECT id FROM taken ORDER BY ready_at_ms;

-- name: any_due
-- Whether a write is worth while.
SELECT 1 FROM conversations
WHERE ready_at_ms >= $2 AND ready_at_ms <= (SELECT now_ms() - $1)
  AND hidden_until_ms <= (SELECT now_ms())
  AND lease_until_ms <= (SELECT now_ms())
ORDER BY ready_at_ms LIMIT 1;

-- name: give_back
-- Show received conversations again; locked in the order in which groups of pieces do.
WITH received AS MATERIALIZED (
  SELECT id FROM conversations WHERE id = ANY ($1::text[]) ORDER BY id FOR UPDATE
)
UPDATE conversations c SET hidden_until_ms = now_ms() + $2
FROM received WHERE c.id = received.id AND c.hidden_until_ms > 0;

-- name: stats
-- Depth and age, exact.
SELECT
  count(*) FILTER (WHERE ready_at_ms <= now AND hidden_until_ms <= now
                     AND lease_until_ms <= now),
  count(*) FILTER (WHERE lease_until_ms > now OR hidden_until_ms > now),
  count(*) FILTER (WHERE ready_at_ms > now),
  (SELECT count(*) FROM turns WHERE state = 'dead'),
  coalesce(max(now - ready_at_ms) FILTER
    (WHERE ready_at_ms <= now AND hidden_until_ms <= now AND lease_until_ms <= now), 0)
FROM conversations, (SELECT now_ms() AS now) AS clock
WHERE ready_at_ms >= $1;
