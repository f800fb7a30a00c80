-- name: hold
-- The holding reply: sent once, and only while nobody answered; lease and schedule stay
-- as they are.
CREATE FUNCTION hold(a jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  c conversations;
  at bigint;
BEGIN
  SELECT * INTO c FROM conversations WHERE id = a->>'conversation_id' FOR UPDATE;
  at := now_ms();
  IF NOT FOUND OR c.owner <> 'ai' THEN
    RETURN 'false';
  END IF;
  UPDATE turns SET held_at_ms = at
  WHERE id = a->>'turn_id' AND state IN ('pending', 'running') AND held_at_ms IS NULL
    AND answer_by_ms <= at;
  IF NOT FOUND THEN
    RETURN 'false';
  END IF;
  UPDATE conversations SET last_seq = c.last_seq + 1, last_event = c.last_event + 2
  WHERE id = c.id;
  PERFORM write_reply(c.id, a->>'turn_id', a, c.last_seq + 1, c.last_event + 1, at);
  PERFORM add_event(c.id, c.last_event + 2, 'turn', NULL, jsonb_build_object(
    'turn_id', a->>'turn_id', 'state', 'answered', 'held', true));
  PERFORM audit_entry('watchdog', 'turn.held', a->>'turn_id', '{}');
  PERFORM escalate(a->>'escalation_id', c.id, a->>'turn_id', 'answer overdue', at);
  RETURN 'true';
END $$;

-- name: doubt
-- Nobody can tell what became of a call whose sender is gone and whose turn a human has.
-- A sender that was only stopped may still tell, until the conversation is handed back.
CREATE FUNCTION doubt(a jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  c conversations;
  at bigint;
BEGIN
  SELECT * INTO c FROM conversations WHERE id = a->>'conversation_id' FOR UPDATE;
  at := now_ms();
  IF c.lease_until_ms > at THEN
    RETURN 'false';
  END IF;
  UPDATE effects SET state = 'unknown'
  WHERE key = a->>'key' AND state = 'intended'
    AND (SELECT state FROM turns t WHERE t.id = effects.turn_id)
      NOT IN ('pending', 'running');
  IF NOT FOUND THEN
    RETURN 'false';
  END IF;
  PERFORM audit_entry('watchdog', 'effect.unknown', a->>'key', '{}');
  PERFORM escalate(a->>'escalation_id', c.id, a->>'turn_id', 'an effect is in doubt', at);
  RETURN 'true';
END $$;
