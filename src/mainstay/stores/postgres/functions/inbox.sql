-- name: open_conversation
-- A new conversation, owned by the AI, without work; returns when it was made.
CREATE FUNCTION open_conversation(a jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  at bigint := now_ms();
BEGIN
  INSERT INTO conversations (id, customer_id, channel, metadata, created_at_ms)
  VALUES (a->>'conversation_id', a->>'customer_id', a->>'channel', a->>'metadata', at);
  PERFORM audit_entry('customer:' || (a->>'customer_id'), 'conversation.opened',
                      a->>'conversation_id', '{}');
  RETURN to_jsonb(at);
END $$;

-- name: accept
-- Message, turn, events, keys and audit; the message joins the waiting turn if that was
-- never claimed nor held, whose trace takes a line for each, up to some. A key that is
-- remembered brings back what it brought.
CREATE FUNCTION accept(a jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  c conversations;
  at bigint;
  wanted text;
  known idempotency;
  turn text;
  turn_state text := 'pending';
BEGIN
  SELECT * INTO c FROM conversations WHERE id = a->>'conversation_id' FOR UPDATE;
  IF NOT FOUND OR c.customer_id <> coalesce(a->>'customer_id', c.customer_id) THEN
    RETURN '["no_conversation"]';
  END IF;
  at := now_ms();
  FOR wanted IN SELECT value FROM jsonb_array_elements_text(a->'keys') LOOP
    SELECT * INTO known FROM idempotency
    WHERE conversation_id = c.id AND key = wanted AND at_ms > at - 86400000;
    IF FOUND AND known.digest <> a->>'digest' THEN
      RETURN jsonb_build_array('key_reused', wanted);
    ELSIF FOUND THEN
      RETURN jsonb_build_array('accepted', known.message_id, known.seq, known.turn_id,
                               true);
    END IF;
  END LOOP;
  IF c.owner = 'human' THEN
    turn_state := 'handed_off';
  ELSE
    UPDATE turns SET last_seq = c.last_seq + 1,
      trace = CASE WHEN length(trace) < 1000
              THEN trace || coalesce(E'\n' || (a->>'traceparent'), '') ELSE trace END
    WHERE id = (SELECT id FROM turns
                WHERE conversation_id = c.id AND state IN ('pending', 'running')
                ORDER BY first_seq DESC, id DESC LIMIT 1)
      AND state = 'pending' AND attempt = 0 AND held_at_ms IS NULL
      AND approval_id IS NULL
    RETURNING id INTO turn;
  END IF;
  IF turn IS NULL THEN
    turn := a->>'turn_id';
    PERFORM add_turn(turn, c.id, c.last_seq + 1, c.last_seq + 1, turn_state, at, NULL,
                     a->>'trace');
  END IF;
  -- A new message must not wait behind the backoff of an earlier turn.
  UPDATE conversations
  SET last_seq = c.last_seq + 1, last_event = c.last_event + 2,
      ready_at_ms = CASE c.owner WHEN 'ai' THEN at END
  WHERE id = c.id;
  INSERT INTO messages (conversation_id, seq, id, role, text, turn_id, created_at_ms)
  VALUES (c.id, c.last_seq + 1, a->>'message_id', 'customer', a->>'text', turn, at);
  INSERT INTO events (conversation_id, id, kind, seq, data) VALUES
    (c.id, c.last_event + 1, 'message', c.last_seq + 1, NULL),
    (c.id, c.last_event + 2, 'turn', NULL,
     jsonb_build_object('turn_id', turn, 'state', turn_state)::text);
  INSERT INTO idempotency (conversation_id, key, digest, message_id, seq, turn_id, at_ms)
  SELECT c.id, value, a->>'digest', a->>'message_id', c.last_seq + 1, turn, at
  FROM jsonb_array_elements_text(a->'keys')
  ON CONFLICT (conversation_id, key) DO UPDATE SET
    digest = excluded.digest, message_id = excluded.message_id, seq = excluded.seq,
    turn_id = excluded.turn_id, at_ms = excluded.at_ms;
  PERFORM audit_entry('customer:' || c.customer_id, 'message.accepted',
                      a->>'message_id', '{}');
  RETURN jsonb_build_array('accepted', a->>'message_id', c.last_seq + 1, turn, false);
END $$;
