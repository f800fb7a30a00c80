-- name: list
-- Answers that have not ended: shared ones, then the most and the last given.
SELECT ref, scope, question, answer, cardinality(askers) AS customers, reviewed,
       reviewed OR cardinality(askers) >= $1 AS shared, at_ms, expires_at_ms
FROM answers WHERE expires_at_ms > (SELECT now_ms()) AND NOT removed
ORDER BY shared DESC, customers DESC, at_ms DESC, id LIMIT $2;
