-- name: today
-- What everybody spent today, and who spent most.
SELECT clock.day,
       (SELECT json_build_array(coalesce(sum(tokens), 0), coalesce(sum(usd), 0))
        FROM spend WHERE day = clock.day AND customer_id = '') AS total,
       (SELECT coalesce(json_agg(json_build_array(customer_id, tokens, usd)
                                 ORDER BY usd DESC, tokens DESC, customer_id), '[]')
        FROM (SELECT * FROM spend WHERE day = clock.day AND customer_id > ''
              ORDER BY usd DESC, tokens DESC, customer_id LIMIT $1) AS most) AS biggest
FROM (SELECT now_ms() / 86400000 AS day) AS clock;

-- name: forget
-- Drop the sums of days before yesterday, a bounded number at once. A range, and not all
-- that is older, makes sure of the index.
DELETE FROM spend WHERE ctid = ANY (ARRAY
  (SELECT ctid FROM spend WHERE day BETWEEN 1 AND (SELECT now_ms() / 86400000 - 2)
   ORDER BY day LIMIT 5000));
