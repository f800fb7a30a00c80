-- name: fence
-- Lock the conversation and tell whether this lease is still the newest, and the AI the
-- owner it was won under.
CREATE FUNCTION fence(a jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  c conversations;
BEGIN
  SELECT * INTO c FROM conversations WHERE id = a->>'conversation_id' FOR UPDATE;
  IF NOT FOUND OR c.lease_epoch <> (a->>'lease_epoch')::bigint
     OR c.lease_owner IS DISTINCT FROM a->>'owner' THEN
    RETURN 'lost';
  ELSIF c.owner <> 'ai' OR c.owner_epoch <> (a->>'owner_epoch')::bigint THEN
    RETURN 'taken_over';
  END IF;
  RETURN 'written';
END $$;

-- name: add_steps
-- The turn's next journal rows, and what became of its effects. A doubt is escalated at
-- once, for nobody may come to the end of this turn: a human may have it by now.
CREATE FUNCTION add_steps(a jsonb, at bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  change jsonb;
BEGIN
  IF a ? 'steps' THEN
    INSERT INTO steps (turn_id, n, kind, attempt, body, at_ms)
    SELECT a->>'turn_id',
           (SELECT coalesce(max(n), 0) FROM steps WHERE turn_id = a->>'turn_id') + number,
           step->>0, (a->>'attempt')::bigint, step->>1, at
    FROM jsonb_array_elements(a->'steps') WITH ORDINALITY AS new (step, number);
  END IF;
  IF a ? 'changed' THEN
    FOR change IN SELECT value FROM jsonb_array_elements(a->'changed') LOOP
      UPDATE effects SET state = change->>'state', result = change->>'result',
                         statement = change->>'statement'
      WHERE key = change->>'key' AND turn_id = a->>'turn_id';
      PERFORM audit_entry(a->>'owner', 'effect.' || (change->>'state'), change->>'key',
                          '{}');
      IF change ? 'escalate' THEN
        PERFORM escalate(change->>'escalation_id', a->>'conversation_id', a->>'turn_id',
                         change->>'escalate', at);
      END IF;
    END LOOP;
  END IF;
END $$;

-- name: append
-- Add an entry to the journal, if the lease is the newest and, where the entry needs the
-- AI, the AI the owner. A unique key that is taken fails the piece.
CREATE FUNCTION append(a jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  held text := fence(a);
  at bigint := now_ms();
  effect jsonb;
BEGIN
  IF held = 'lost' OR (held = 'taken_over' AND (a->>'needs_ai')::boolean) THEN
    RETURN to_jsonb(held);
  END IF;
  PERFORM add_steps(a, at);
  IF a ? 'intended' THEN
    FOR effect IN SELECT value FROM jsonb_array_elements(a->'intended') LOOP
      INSERT INTO effects (key, conversation_id, turn_id, tool, args, state, statement,
                           unique_key, at_ms)
      VALUES (effect->>'key', a->>'conversation_id', a->>'turn_id', effect->>'tool',
              effect->>'args', effect->>'state', effect->>'statement',
              effect->>'unique_key', at);
      PERFORM audit_entry(a->>'owner', 'effect.intended', effect->>'key',
                          jsonb_build_object('tool', effect->>'tool'));
    END LOOP;
  END IF;
  RETURN '"written"';
END $$;

-- name: drop_lease
-- End the lease of a conversation that a human owns now.
CREATE FUNCTION drop_lease(conversation text) RETURNS void LANGUAGE sql AS $$
  UPDATE conversations SET lease_owner = NULL, lease_until_ms = 0 WHERE id = conversation
$$;

-- name: write_reply
-- An agent's message, its event, and the turn's newest reply, under numbers already taken.
CREATE FUNCTION write_reply(
  conversation text, turn text, a jsonb, number integer, event bigint, at bigint
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO messages (conversation_id, seq, id, role, text, turn_id, level, model,
                        created_at_ms)
  VALUES (conversation, number, a->>'message_id', 'agent', a->>'text', turn,
          (a->>'level')::integer, a->>'model', at);
  UPDATE turns SET reply_seq = number WHERE id = turn;
  PERFORM add_event(conversation, event, 'message', number, NULL);
END $$;

-- name: finish
-- The turn's end: reply, state, events, audit and the lease's end. One end a turn; once
-- held, only a real answer, a handoff or death may follow. The conversation is due again
-- exactly when an open turn is left.
CREATE FUNCTION finish(a jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  held text := fence(a);
  at bigint := now_ms();
  t turns;
  c conversations;
  spoken integer;
  more boolean;
  approval jsonb;
BEGIN
  IF held <> 'written' THEN
    IF held = 'taken_over' THEN
      PERFORM drop_lease(a->>'conversation_id');
    END IF;
    RETURN jsonb_build_array(held, false);
  END IF;
  UPDATE turns
  SET state = a->>'state', answered_at_ms = at, usage = a->>'usage',
      cost_usd = (a->>'cost_usd')::double precision, timings = a->>'timings', strikes = 0,
      counted_attempt = attempt
  WHERE id = a->>'turn_id' AND state = 'running'
    AND (held_at_ms IS NULL OR (a->>'level')::integer <= 2
         OR a->>'state' IN ('dead', 'handed_off'))
  RETURNING * INTO t;
  IF NOT FOUND THEN
    RETURN '["held", false]';
  END IF;
  spoken := CASE WHEN a->>'state' = 'dead' AND t.held_at_ms IS NOT NULL THEN 0 ELSE 1 END;
  PERFORM add_steps(a, at);
  IF a ? 'approvals' THEN
    FOR approval IN SELECT value FROM jsonb_array_elements(a->'approvals') LOOP
      INSERT INTO approvals (id, conversation_id, turn_id, tool, args, key, state,
                             created_at_ms)
      VALUES (approval->>'id', approval->>'conversation_id', approval->>'turn_id',
              approval->>'tool', approval->>'args', approval->>'key', 'waiting', at);
    END LOOP;
  END IF;
  more := EXISTS (SELECT 1 FROM turns WHERE conversation_id = t.conversation_id
                  AND state IN ('pending', 'running'));
  UPDATE conversations
  SET last_seq = last_seq + spoken, last_event = last_event + 1 + spoken,
      lease_owner = NULL, lease_until_ms = 0, ready_at_ms = CASE WHEN more THEN at END
  WHERE id = t.conversation_id RETURNING * INTO c;
  IF spoken = 1 THEN
    PERFORM write_reply(c.id, t.id, a, c.last_seq, c.last_event - 1, at);
  END IF;
  PERFORM add_event(c.id, c.last_event, 'turn', NULL,
                    jsonb_build_object('turn_id', t.id, 'state', t.state));
  PERFORM audit_entry(a->>'owner', 'turn.' || t.state, t.id,
    jsonb_build_object('level', (a->>'level')::integer, 'model', a->>'model'));
  IF a ? 'escalate' AND NOT (a ? 'escalate_once' AND EXISTS
       (SELECT 1 FROM escalations WHERE conversation_id = c.id
          AND cause = a->>'escalate' AND resolved_at_ms IS NULL)) THEN
    PERFORM escalate(a->>'escalation_id', c.id, t.id, a->>'escalate', at);
  END IF;
  IF t.state = 'handed_off' THEN
    PERFORM give_to_human(c.id, a->>'owner', 'handoff', at);
  END IF;
  IF a ? 'question' THEN
    PERFORM keep_answer(a, c.customer_id, at);
  END IF;
  RETURN jsonb_build_array('written', more AND t.state <> 'handed_off');
END $$;

-- name: postpone
-- End an attempt without a reply; the turn is due again after the delay.
CREATE FUNCTION postpone(a jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  held text := fence(a);
  at bigint := now_ms();
BEGIN
  IF held <> 'written' THEN
    IF held = 'taken_over' THEN
      PERFORM drop_lease(a->>'conversation_id');
    END IF;
    RETURN to_jsonb(held);
  END IF;
  UPDATE turns
  SET state = 'pending',
      strikes = CASE WHEN (a->>'orderly')::boolean THEN 0 ELSE strikes END,
      counted_attempt =
        CASE WHEN (a->>'orderly')::boolean THEN attempt ELSE counted_attempt END
  WHERE id = a->>'turn_id' AND state = 'running';
  UPDATE conversations
  SET lease_owner = NULL, lease_until_ms = 0,
      ready_at_ms = at + (a->>'delay_ms')::bigint
  WHERE id = a->>'conversation_id';
  RETURN '"written"';
END $$;
