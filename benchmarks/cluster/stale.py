"""Notes in the database who wrote, or tried to, under a lease that had ended.

Each fenced write asks the store's ``fence``. A function in its place asks it, looks for
itself whether the lease is the newest, and notes what the fence said when it is not.
"""

from mainstay.stores.postgres.schema import FUNCTIONS

REFUSED = "lost"
"""What the fence says to a lease that has ended."""

NOTES = f"""
CREATE TABLE mainstay.stale_writes (
  at_ms bigint NOT NULL, owner text NOT NULL, conversation_id text NOT NULL,
  lease_epoch bigint NOT NULL, told text NOT NULL);

ALTER FUNCTION {FUNCTIONS}.fence(jsonb) RENAME TO the_fence;

CREATE FUNCTION {FUNCTIONS}.fence(a jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  told text := the_fence(a);
BEGIN
  INSERT INTO stale_writes
  SELECT now_ms(), a->>'owner', id, (a->>'lease_epoch')::bigint, told
  FROM conversations
  WHERE id = a->>'conversation_id'
    AND (lease_epoch, lease_owner)
        IS DISTINCT FROM ((a->>'lease_epoch')::bigint, a->>'owner');
  RETURN told;
END $$;
"""  # noqa: S608 - a constant
"""To be run once, after the migration, before anybody writes."""

LATE_ROWS = """
SELECT (SELECT count(*)
        FROM steps s, unnest($1::text[], $2::int[]) AS held (turn, attempt)
        WHERE s.turn_id = held.turn AND s.attempt = held.attempt AND s.at_ms > $3)
     + (SELECT count(*) FROM audit a LEFT JOIN effects e ON e.key = a.subject
        WHERE a.actor = $4 AND a.at_ms > $3
          AND coalesce(e.turn_id, a.subject) = ANY ($1))
"""
"""Journal rows of old attempts, and the old holder's word on turns and effects."""

LATE_CALLS = """
SELECT s.told FROM stale_writes s
JOIN unnest($1::text[], $2::bigint[]) AS held (conversation_id, lease_epoch)
  USING (conversation_id, lease_epoch)
WHERE s.owner = $4 AND s.at_ms > $3
"""
"""What the fence said to the old holder."""
