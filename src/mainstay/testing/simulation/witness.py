"""Watches every write inside the database: triggers that nothing gets past."""

import sqlite3
from collections.abc import Callable

from mainstay.stores.sqlite.leases import LEASE_MS
from mainstay.testing.simulation.standstills import Standstills
from mainstay.worker.grip import LOOP_MUST_BEAT_S

MUST_BEAT_S = LOOP_MUST_BEAT_S + 0.1
"""Some more, for the clocks of processes are a little off."""

_TRIGGERS = """
CREATE TEMP TABLE seen (what TEXT NOT NULL);

-- A journal row is written by the turn's newest attempt, under a lease.
CREATE TEMP TRIGGER stale_step AFTER INSERT ON main.steps
WHEN NEW.attempt <> (SELECT attempt FROM turns WHERE id = NEW.turn_id)
  OR (SELECT c.lease_owner FROM conversations c JOIN turns t
      ON t.conversation_id = c.id WHERE t.id = NEW.turn_id) IS NULL
BEGIN
  INSERT INTO seen VALUES ('stale step of ' || NEW.turn_id);
END;

-- An agent's words go out while the AI owns the conversation.
CREATE TEMP TRIGGER late_reply AFTER INSERT ON main.messages
WHEN NEW.role = 'agent'
  AND (SELECT owner FROM conversations WHERE id = NEW.conversation_id) = 'human'
BEGIN
  INSERT INTO seen VALUES ('AI reply after takeover: ' || NEW.conversation_id);
END;

-- One turn of a conversation runs at a time.
CREATE TEMP TRIGGER two_turns AFTER UPDATE OF state ON main.turns
WHEN NEW.state = 'running' AND EXISTS
  (SELECT 1 FROM turns WHERE conversation_id = NEW.conversation_id
   AND state = 'running' AND id <> NEW.id)
BEGIN
  INSERT INTO seen VALUES ('two turns at once: ' || NEW.conversation_id);
END;

-- A turn ends once.
CREATE TEMP TRIGGER ended_turn AFTER UPDATE OF state ON main.turns
WHEN OLD.state IN ('answered', 'handed_off', 'dead') AND NEW.state <> OLD.state
BEGIN
  INSERT INTO seen VALUES (OLD.state || ' turn became ' || NEW.state || ': ' || NEW.id);
END;

-- An effect's fate, once known, does not change.
CREATE TEMP TRIGGER changed_effect AFTER UPDATE OF state ON main.effects
WHEN OLD.state IN ('committed', 'failed') AND NEW.state <> OLD.state
BEGIN
  INSERT INTO seen
  VALUES (OLD.state || ' effect became ' || NEW.state || ': ' || NEW.key);
END;

-- No effect begins while a human owns the conversation.
CREATE TEMP TRIGGER late_effect AFTER INSERT ON main.effects
WHEN (SELECT owner FROM conversations WHERE id = NEW.conversation_id) = 'human'
BEGIN
  INSERT INTO seen VALUES ('effect begun after takeover: ' || NEW.key);
END;

-- A lease is won only when the one before has ended or was voided.
CREATE TEMP TRIGGER robbed_lease AFTER UPDATE OF lease_epoch ON main.conversations
WHEN NEW.lease_epoch > OLD.lease_epoch
  AND NEW.lease_owner IS NOT NULL AND OLD.lease_owner IS NOT NULL
  AND OLD.lease_until_ms > NEW.lease_until_ms - {lease_ms}
BEGIN
  INSERT INTO seen VALUES ('lease robbed: ' || NEW.id);
END;

-- A process whose event loop stands still lets its leases end.
CREATE TEMP TRIGGER renewed_lease AFTER UPDATE OF lease_until_ms ON main.conversations
WHEN NEW.lease_owner = OLD.lease_owner AND NEW.lease_epoch = OLD.lease_epoch
  AND NEW.lease_until_ms > OLD.lease_until_ms
  AND stands_still_s(NEW.lease_owner) > {must_beat_s}
BEGIN
  INSERT INTO seen VALUES ('lease renewed by a blocked process: ' || NEW.id);
END;
""".replace("{lease_ms}", str(LEASE_MS)).replace("{must_beat_s}", str(MUST_BEAT_S))

_OPEN = """
SELECT 1 FROM turns t JOIN conversations c ON c.id = t.conversation_id
WHERE t.state IN ('pending', 'running') AND c.owner = 'ai'
UNION ALL
SELECT 1 FROM conversations WHERE lease_owner IS NOT NULL AND lease_until_ms > ?
UNION ALL
SELECT 1 FROM approvals WHERE state = 'waiting'
LIMIT 1
"""


class Witness:
    """Keeps what must never be written.

    Args:
        connection: the database's.
        now_s: simulated time.

    Attributes:
        standstills: for how long processes have been blocked; told by the world.
    """

    def __init__(
        self, connection: sqlite3.Connection, now_s: Callable[[], float]
    ) -> None:
        self._connection = connection
        self.standstills = Standstills(now_s)
        connection.create_function("stands_still_s", 1, self.standstills.lasts_s)
        connection.executescript(_TRIGGERS)

    @property
    def seen(self) -> list[str]:
        """What was written and must not have been."""
        return [row[0] for row in self._connection.execute("SELECT what FROM seen")]

    def holds(self, owner: str) -> list[str]:
        """Return the conversations whose lease a process holds."""
        sql = "SELECT id FROM conversations WHERE lease_owner = ?"
        return [row[0] for row in self._connection.execute(sql, (owner,))]

    def is_at_rest(self, now_ms: int) -> bool:
        """Tell whether no work is left for the AI, and nobody works."""
        return self._connection.execute(_OPEN, (now_ms,)).fetchone() is None
