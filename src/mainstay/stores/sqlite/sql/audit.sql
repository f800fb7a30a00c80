-- name: page
-- The next rows of the chain.
SELECT n, at_ms, actor, action, subject, detail, hash FROM audit
WHERE n > :after ORDER BY n LIMIT :limit;
