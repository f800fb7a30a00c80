-- name: make_due
-- Work for the AI; while a human owns the conversation, it waits for the hand-back.
CREATE FUNCTION make_due(conversation text, turn text, at bigint) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  c conversations;
BEGIN
  UPDATE conversations
  SET last_event = last_event + 1, ready_at_ms = CASE owner WHEN 'ai' THEN at END
  WHERE id = conversation RETURNING * INTO c;
  PERFORM add_event(c.id, c.last_event, 'turn', NULL,
                    jsonb_build_object('turn_id', turn, 'state', 'pending'));
  RETURN c.last_seq;
END $$;

-- name: decide
-- Decide an approval once, and open the turn that carries the decision out, in the trace
-- of the one that asked; the state it had when it was decided before.
CREATE FUNCTION decide(a jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  asked approvals;
  at bigint;
  last integer;
BEGIN
  PERFORM 1 FROM conversations WHERE id = a->>'conversation_id' FOR UPDATE;
  at := now_ms();
  UPDATE approvals
  SET state = a->>'state', decided_at_ms = at, decided_by = a->>'actor'
  WHERE id = a->>'approval_id' AND state = 'waiting' RETURNING * INTO asked;
  IF NOT FOUND THEN
    RETURN (SELECT to_jsonb(state) FROM approvals WHERE id = a->>'approval_id');
  END IF;
  last := make_due(asked.conversation_id, a->>'turn_id', at);
  PERFORM add_turn(a->>'turn_id', asked.conversation_id, last + 1, last, 'pending', at,
                   asked.id, (SELECT trace FROM turns WHERE id = asked.turn_id));
  UPDATE turns SET state = 'answered'
  WHERE id = asked.turn_id AND state = 'waiting_approval' AND NOT EXISTS
    (SELECT 1 FROM approvals WHERE turn_id = asked.turn_id AND state = 'waiting');
  PERFORM audit_entry(a->>'actor', 'approval.' || asked.state, asked.id, '{}');
  RETURN jsonb_build_array(asked.id, asked.conversation_id, asked.turn_id, asked.tool,
                           asked.args, asked.key, asked.state);
END $$;

-- name: redrive
-- A dead turn starts anew; it had its level 4 or holding reply, so it counts as held. Its
-- trace says that it did, so that the spans of its next end are others.
CREATE FUNCTION redrive(a jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  at bigint;
BEGIN
  PERFORM 1 FROM conversations WHERE id = a->>'conversation_id' FOR UPDATE;
  at := now_ms();
  UPDATE turns SET state = 'pending', strikes = 0, held_at_ms = at, usage = NULL,
    trace = CASE WHEN length(trace) < 2000 THEN trace || E'\nagain' ELSE trace END
  WHERE id = a->>'turn_id' AND state = 'dead';
  IF NOT FOUND THEN
    RETURN 'false';
  END IF;
  PERFORM make_due(a->>'conversation_id', a->>'turn_id', at);
  PERFORM audit_entry(a->>'actor', 'turn.redriven', a->>'turn_id', '{}');
  RETURN 'true';
END $$;

-- name: add_key
-- A new key by its digest; a digest that exists already is returned as it is.
CREATE FUNCTION add_key(a jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  k api_keys;
BEGIN
  INSERT INTO api_keys (id, digest, role, name, created_at_ms)
  VALUES (a->>'id', decode(a->>'digest', 'hex'), a->>'role', a->>'name', now_ms())
  ON CONFLICT (digest) DO NOTHING RETURNING * INTO k;
  IF FOUND THEN
    PERFORM audit_entry('admin', 'key.created', k.id,
                        jsonb_build_object('role', k.role, 'name', k.name));
  ELSE
    SELECT * INTO k FROM api_keys WHERE digest = decode(a->>'digest', 'hex');
  END IF;
  RETURN jsonb_build_array(k.id, k.role, k.name, k.created_at_ms, k.revoked_at_ms);
END $$;

-- name: revoke_key
-- End a key; the first end stays. Null when there is none.
CREATE FUNCTION revoke_key(a jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  k api_keys;
BEGIN
  UPDATE api_keys SET revoked_at_ms = coalesce(revoked_at_ms, now_ms())
  WHERE id = a->>'id' RETURNING * INTO k;
  IF NOT FOUND THEN
    RETURN 'null';
  END IF;
  PERFORM audit_entry('admin', 'key.revoked', k.id, '{}');
  RETURN jsonb_build_array(k.id, k.role, k.name, k.created_at_ms, k.revoked_at_ms);
END $$;
