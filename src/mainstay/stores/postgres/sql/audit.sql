-- name: page
-- The next rows of all chains.
SELECT chain, n, at_ms, actor, action, subject, detail, hash FROM audit
WHERE (chain, n) > ($1, $2) ORDER BY chain, n LIMIT $3;
