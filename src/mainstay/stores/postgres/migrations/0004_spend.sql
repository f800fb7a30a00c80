-- What model calls cost, raised by the commit that ends an attempt. In a conversation:
-- since it began, or a human last gave it back.
ALTER TABLE conversations ADD COLUMN spent_tokens bigint NOT NULL DEFAULT 0;

ALTER TABLE conversations ADD COLUMN spent_usd double precision NOT NULL DEFAULT 0;

-- On a UTC day, counted from 1970-01-01, by a customer. Everybody's has no name, and up
-- to 16 shares: a group of pieces holds its share until it is committed, and others must
-- not wait for that.
CREATE TABLE spend (
  day bigint NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  share smallint NOT NULL,
  tokens bigint NOT NULL,
  usd double precision NOT NULL,
  PRIMARY KEY (day, customer_id, share)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
