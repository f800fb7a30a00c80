-- name: count_here
-- What an attempt spent, in the conversation's sum.
UPDATE conversations
SET spent_tokens = spent_tokens + :tokens, spent_usd = spent_usd + :usd
WHERE id = :conversation_id;

-- name: count
-- The same in the day's two sums: everybody's, and the customer's.
INSERT INTO spend (day, customer_id, tokens, usd)
VALUES
  (:day, '', :tokens, :usd),
  (:day, (SELECT customer_id FROM conversations WHERE id = :conversation_id),
   :tokens, :usd)
ON CONFLICT (day, customer_id) DO UPDATE
SET tokens = tokens + excluded.tokens, usd = usd + excluded.usd;

-- name: total
-- What everybody spent on a day.
SELECT tokens, usd FROM spend WHERE day = :day AND customer_id = '';

-- name: biggest
-- Who spent most on a day.
SELECT customer_id, tokens, usd FROM spend
WHERE day = :day AND customer_id > ''
ORDER BY usd DESC, tokens DESC, customer_id LIMIT :limit;

-- name: forget
-- Drop the sums of days before yesterday, a bounded number at once.
DELETE FROM spend WHERE (day, customer_id) IN
  (SELECT day, customer_id FROM spend WHERE day < :day - 1 LIMIT 5000);
