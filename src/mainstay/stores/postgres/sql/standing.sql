-- name: look
-- What waits for a human, of so many open items at most: the oldest.
SELECT count(*), coalesce(now_ms() - min(created_at_ms), 0),
       count(*) FILTER (WHERE cause LIKE '%' || $1)
FROM (SELECT created_at_ms, cause FROM escalations
      WHERE resolved_at_ms IS NULL ORDER BY created_at_ms LIMIT $2) AS open_items;
