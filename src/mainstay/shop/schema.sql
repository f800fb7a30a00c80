-- The shop's own file: the outside world, apart from Mainstay's store.
-- Dates are days from today, so that the sample orders are fresh on any day.

CREATE TABLE orders (
    customer_id TEXT NOT NULL,      -- '' is a sample order that every customer has
    order_id TEXT NOT NULL,
    item TEXT NOT NULL,
    total_cents INTEGER NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('processing', 'shipped', 'delivered')),
    ordered_day INTEGER NOT NULL,   -- -3: three days ago
    carrier TEXT,
    tracking TEXT,
    eta_day INTEGER,                -- 2: expected in two days; -4: came four days ago
    PRIMARY KEY (customer_id, order_id)
) WITHOUT ROWID;

CREATE TABLE refunds (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,       -- the idempotency key: one refund a key
    customer_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    currency TEXT NOT NULL,
    made_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
CREATE INDEX refunds_of_order ON refunds (customer_id, order_id);

CREATE TABLE tickets (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    customer_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    made_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);

-- Every request to change something, the repeated ones too.
CREATE TABLE calls (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    action TEXT NOT NULL,
    key TEXT NOT NULL,
    customer_id TEXT NOT NULL
);
CREATE INDEX calls_of_key ON calls (key);
