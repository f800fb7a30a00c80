-- What model calls cost, raised by the commit that ends an attempt. In a conversation:
-- since it began, or a human last gave it back.
ALTER TABLE conversations ADD COLUMN spent_tokens INTEGER NOT NULL DEFAULT 0;

ALTER TABLE conversations ADD COLUMN spent_usd REAL NOT NULL DEFAULT 0;

-- On a UTC day, counted from 1970-01-01, by a customer; everybody's has no name.
CREATE TABLE spend (
  day INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  tokens INTEGER NOT NULL,
  usd REAL NOT NULL,
  PRIMARY KEY (day, customer_id)
) STRICT, WITHOUT ROWID;
