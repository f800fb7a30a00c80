-- name: claim
-- Win a free conversation with due work, and start its first open turn: a new attempt, a
-- strike until it ends well. The epoch shuts every earlier holder out.
CREATE FUNCTION claim(a jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  c conversations;
  t turns;
  at bigint;
BEGIN
  SELECT * INTO c FROM conversations WHERE id = a->>'conversation_id' FOR UPDATE;
  at := now_ms();
  IF NOT FOUND OR c.owner <> 'ai' OR c.lease_until_ms > at
     OR c.ready_at_ms IS NULL OR c.ready_at_ms > at THEN
    RETURN 'null';
  END IF;
  UPDATE turns
  SET state = 'running', attempt = attempt + 1, strikes = strikes + 1,
      claimed_at_ms = coalesce(claimed_at_ms, at)
  WHERE id = (SELECT id FROM turns
              WHERE conversation_id = c.id AND state IN ('pending', 'running')
              ORDER BY first_seq, id LIMIT 1)
  RETURNING * INTO t;
  UPDATE conversations
  SET lease_epoch = c.lease_epoch + 1, hidden_until_ms = 0,
      lease_owner = CASE WHEN t.id IS NOT NULL THEN a->>'owner' END,
      lease_until_ms = CASE WHEN t.id IS NOT NULL THEN at + 10000 ELSE 0 END,
      ready_at_ms = CASE WHEN t.id IS NOT NULL THEN c.ready_at_ms END
  WHERE id = c.id;
  IF t.id IS NULL THEN
    RETURN 'null';
  END IF;
  RETURN jsonb_build_array(c.lease_epoch + 1, c.owner_epoch, jsonb_build_array(
    t.id, t.conversation_id, t.first_seq, t.last_seq, t.state, t.attempt, t.strikes,
    t.accepted_at_ms, t.answer_by_ms, t.held_at_ms, t.approval_id,
    t.claimed_at_ms, t.trace));
END $$;

-- name: release
-- End a lease without a result: the work stays due, and the attempt is no strike.
CREATE FUNCTION release(a jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM conversations WHERE id = a->>'conversation_id' FOR UPDATE;
  UPDATE conversations SET lease_owner = NULL, lease_until_ms = 0
  WHERE id = a->>'conversation_id' AND lease_epoch = (a->>'lease_epoch')::bigint
    AND lease_owner = a->>'owner';
  IF FOUND THEN
    UPDATE turns SET state = 'pending', strikes = strikes - 1
    WHERE id = (SELECT id FROM turns
                WHERE conversation_id = a->>'conversation_id'
                  AND state IN ('pending', 'running')
                ORDER BY first_seq, id LIMIT 1)
      AND state = 'running';
  END IF;
  RETURN 'null';
END $$;

-- name: renew
-- Prolong the leases that a process still works on; one that has ended is not revived.
-- The rows are locked in the order in which groups of pieces lock them.
CREATE FUNCTION renew(process text, held text[])
RETURNS TABLE (conversation_id text, lease_epoch bigint) LANGUAGE sql AS $$
  WITH mine AS MATERIALIZED (
    SELECT id FROM conversations WHERE id = ANY (held) ORDER BY id FOR UPDATE
  )
  UPDATE conversations c SET lease_until_ms = now_ms() + 10000
  FROM mine
  WHERE c.id = mine.id AND c.lease_owner = process AND c.lease_until_ms > now_ms()
  RETURNING c.id, c.lease_epoch
$$;

-- name: bury
-- Void the leases of a dead process at once and forget it; return what became free.
CREATE FUNCTION bury(a jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  freed text[];
BEGIN
  SELECT array_agg(id) INTO freed FROM
    (SELECT id FROM conversations WHERE lease_owner = a->>'owner' ORDER BY id FOR UPDATE)
    AS held;
  -- Not by owner again: what it won meanwhile would be locked out of order.
  UPDATE conversations SET lease_owner = NULL, lease_until_ms = 0, hidden_until_ms = 0
  WHERE id = ANY (freed);
  DELETE FROM processes WHERE owner = a->>'owner';
  PERFORM audit_entry('watchdog', 'process.buried', a->>'owner',
                      jsonb_build_object('leases', coalesce(cardinality(freed), 0)));
  RETURN to_jsonb(coalesce(freed, '{}'));
END $$;
