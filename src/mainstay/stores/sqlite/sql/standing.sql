-- name: look
-- What waits for a human, of so many open items at most: the oldest.
SELECT count(*), min(created_at_ms), count(*) FILTER (WHERE cause LIKE '%' || :doubt)
FROM (SELECT created_at_ms, cause FROM escalations
      WHERE resolved_at_ms IS NULL ORDER BY created_at_ms LIMIT :most);
