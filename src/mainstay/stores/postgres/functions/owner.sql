-- name: give_to_human
-- From this commit on the owner epoch shuts every AI reply out; open turns go along, but
-- for what a human has decided: that waits for the hand-back.
CREATE FUNCTION give_to_human(conversation text, actor text, reason text, at bigint)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  event bigint;
  given text[];
BEGIN
  UPDATE conversations
  SET owner = 'human', owner_epoch = owner_epoch + 1, last_event = last_event + 1,
      ready_at_ms = NULL
  WHERE id = conversation AND owner = 'ai' RETURNING last_event INTO event;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  WITH handed AS (
    UPDATE turns SET state = 'handed_off', answered_at_ms = at
    WHERE conversation_id = conversation AND state IN ('pending', 'running')
      AND approval_id IS NULL
    RETURNING id
  )
  SELECT coalesce(array_agg(id), '{}') INTO given FROM handed;
  UPDATE turns SET state = 'pending', strikes = 0
  WHERE conversation_id = conversation AND state = 'running' AND approval_id IS NOT NULL;
  PERFORM add_event(conversation, event, 'owner', NULL,
                    jsonb_build_object('owner', 'human', 'turns', given));
  PERFORM audit_entry(actor, 'owner.human', conversation,
                      jsonb_build_object('reason', reason));
  RETURN true;
END $$;

-- name: take_over
-- Give the conversation to a human; null when there is none.
CREATE FUNCTION take_over(a jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM conversations WHERE id = a->>'conversation_id' FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 'null';
  END IF;
  RETURN to_jsonb(give_to_human(a->>'conversation_id', a->>'actor', a->>'reason',
                                now_ms()));
END $$;

-- name: hand_back
-- Give it back to the AI under a new epoch, with nothing spent; null when there is no
-- conversation. What no
-- turn answered since a human's last word becomes a turn: only a worker's end of a turn
-- writes its usage, a takeover does not, nor a holding reply. A turn that ended has spoken,
-- so that its words lead to it: turns have no index by conversation but of the open ones. While a call is under way
-- its sender keeps the lease: nobody goes on before its fate is known, or its sender gone.
CREATE FUNCTION hand_back(a jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  c conversations;
  at bigint;
  first integer;
  last integer;
  under_way boolean;
BEGIN
  SELECT * INTO c FROM conversations WHERE id = a->>'conversation_id' FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 'null';
  ELSIF c.owner = 'ai' THEN
    RETURN 'false';
  END IF;
  at := now_ms();
  SELECT min(seq), max(seq) INTO first, last FROM messages m
  WHERE conversation_id = c.id AND role = 'customer'
    AND seq > (SELECT coalesce(max(seq), 0) FROM messages
               WHERE conversation_id = c.id AND role = 'human')
    AND NOT EXISTS
      (SELECT 1 FROM messages r JOIN turns t ON t.id = r.turn_id
       WHERE r.conversation_id = c.id AND r.seq > m.seq AND r.role = 'agent'
         AND m.seq BETWEEN t.first_seq AND t.last_seq AND t.usage IS NOT NULL)
    AND NOT EXISTS
      (SELECT 1 FROM turns t
       WHERE t.conversation_id = c.id AND t.state IN ('pending', 'running')
         AND m.seq BETWEEN t.first_seq AND t.last_seq);
  under_way := EXISTS (SELECT 1 FROM effects
                       WHERE conversation_id = c.id AND state = 'intended');
  c.last_event := c.last_event + 1;
  PERFORM add_event(c.id, c.last_event, 'owner', NULL, '{"owner": "ai"}');
  IF first IS NOT NULL THEN
    c.last_event := c.last_event + 1;
    PERFORM add_turn(a->>'turn_id', c.id, first, last, 'pending', at, NULL,
      (SELECT t.trace FROM messages m JOIN turns t ON t.id = m.turn_id
       WHERE m.conversation_id = c.id AND m.seq = first));
    PERFORM add_event(c.id, c.last_event, 'turn', NULL,
      jsonb_build_object('turn_id', a->>'turn_id', 'state', 'pending'));
  END IF;
  UPDATE conversations
  SET owner = 'ai', owner_epoch = c.owner_epoch + 1, last_event = c.last_event,
      spent_tokens = 0, spent_usd = 0,
      lease_owner = CASE WHEN under_way THEN c.lease_owner END,
      lease_until_ms = CASE WHEN under_way THEN c.lease_until_ms ELSE 0 END,
      lease_epoch = CASE WHEN under_way THEN c.lease_epoch ELSE c.lease_epoch + 1 END,
      ready_at_ms = CASE WHEN EXISTS
        (SELECT 1 FROM turns
         WHERE conversation_id = c.id AND state IN ('pending', 'running'))
        THEN at END
  WHERE id = c.id;
  UPDATE escalations SET resolved_at_ms = at
  WHERE conversation_id = c.id AND resolved_at_ms IS NULL;
  PERFORM audit_entry(a->>'actor', 'owner.ai', c.id, '{}');
  RETURN 'true';
END $$;

-- name: human_reply
-- A human's message, while a human owns the conversation; its number and time, false
-- while the AI owns it, null when there is none.
CREATE FUNCTION human_reply(a jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  c conversations;
  at bigint;
BEGIN
  SELECT * INTO c FROM conversations WHERE id = a->>'conversation_id' FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 'null';
  ELSIF c.owner = 'ai' THEN
    RETURN 'false';
  END IF;
  at := now_ms();
  UPDATE conversations SET last_seq = c.last_seq + 1, last_event = c.last_event + 1
  WHERE id = c.id;
  INSERT INTO messages (conversation_id, seq, id, role, text, created_at_ms)
  VALUES (c.id, c.last_seq + 1, a->>'message_id', 'human', a->>'text', at);
  PERFORM add_event(c.id, c.last_event + 1, 'message', c.last_seq + 1, NULL);
  PERFORM audit_entry(a->>'actor', 'human.replied', a->>'message_id', '{}');
  RETURN jsonb_build_array(c.last_seq + 1, at);
END $$;
