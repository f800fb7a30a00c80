"""The shop's SQL, each statement with what it is for."""

# One order of a customer with what was refunded; their own before the sample.
_ORDER = """
SELECT o.order_id, o.item, o.total_cents, o.currency, o.status,
       date('now', o.ordered_day || ' days'), o.carrier, o.tracking,
       date('now', o.eta_day || ' days'),
       (SELECT coalesce(sum(r.amount_cents), 0) FROM refunds r
         WHERE r.customer_id = :customer_id AND r.order_id = o.order_id)
  FROM orders o
"""
ORDER = f"""{_ORDER}
 WHERE o.order_id = :order_id AND o.customer_id IN (:customer_id, '')
 ORDER BY o.customer_id DESC LIMIT 1
"""

# All orders of a customer, newest number first, at most :limit.
ORDERS = f"""{_ORDER}
 WHERE o.customer_id = :customer_id
    OR (o.customer_id = '' AND NOT EXISTS (
            SELECT 1 FROM orders own
             WHERE own.customer_id = :customer_id AND own.order_id = o.order_id))
 ORDER BY o.order_id DESC LIMIT :limit
"""  # noqa: S608 - joined from constants

# An order for a customer; a second time it takes the first one's place.
GIVE = """
INSERT OR REPLACE INTO orders VALUES (:customer_id, :order_id, :item, :total_cents,
    :currency, :status, :ordered_day, :carrier, :tracking, :eta_day)
"""

# The refund made under a key.
REFUND_OF_KEY = """
SELECT number, customer_id, order_id, amount_cents, currency
  FROM refunds WHERE key = ?
"""

# The refunds of a customer in the order they were made.
REFUNDS = """
SELECT number, order_id, amount_cents, currency
  FROM refunds WHERE customer_id = ? ORDER BY number
"""

# A new refund; its number comes back.
ADD_REFUND = """
INSERT INTO refunds (key, customer_id, order_id, amount_cents, currency)
VALUES (?, ?, ?, ?, ?) RETURNING number
"""

# The ticket made under a key.
TICKET_OF_KEY = "SELECT number, subject FROM tickets WHERE key = ?"

# A new ticket; its number comes back.
ADD_TICKET = """
INSERT INTO tickets (key, customer_id, subject, text)
VALUES (?, ?, ?, ?) RETURNING number
"""

# One more request to change something.
ADD_CALL = "INSERT INTO calls (action, key, customer_id) VALUES (?, ?, ?)"

# How often something was asked for under a key.
CALLS = "SELECT count(*) FROM calls WHERE key = ?"
