-- name: count_here
-- What an attempt spent, in the sum of its conversation, which the piece has locked; its
-- customer, whose own sum waits for the end of the group.
CREATE FUNCTION count_here(a jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  customer text;
BEGIN
  UPDATE conversations
  SET spent_tokens = spent_tokens + (a->'spent'->>0)::bigint,
      spent_usd = spent_usd + (a->'spent'->>1)::double precision
  WHERE id = a->>'conversation_id' RETURNING customer_id INTO customer;
  RETURN customer;
END $$;

-- name: count_today
-- What a group of pieces spent, in the day's sums: first everybody's, of which this
-- connection has a share of its own, then the customers' in their order. All groups lock
-- them so, after their conversations: they never wait for each other in a circle.
CREATE FUNCTION count_today(
  chain text, customers text[], tokens bigint[], usd double precision[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  today bigint := now_ms() / 86400000;
BEGIN
  INSERT INTO spend (day, customer_id, share, tokens, usd)
  SELECT today, own.customer, own.share, sum(own.tokens), sum(own.usd)
  FROM (SELECT s.customer, 0 AS share, s.tokens, s.usd
        FROM unnest(customers, tokens, usd) AS s (customer, tokens, usd)
        UNION ALL
        SELECT '', get_byte(sha256(convert_to(chain, 'UTF8')), 0) & 15, s.tokens, s.usd
        FROM unnest(tokens, usd) AS s (tokens, usd)) AS own
  GROUP BY own.customer, own.share ORDER BY own.customer COLLATE "C", own.share
  ON CONFLICT (day, customer_id, share) DO UPDATE
  SET tokens = spend.tokens + excluded.tokens, usd = spend.usd + excluded.usd;
END $$;
