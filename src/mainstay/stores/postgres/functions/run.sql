-- One call runs a group of pieces, and is one transaction: PostgreSQL ends it whatever
-- becomes of the caller, so that nobody can hold a lock by being stopped.
--
-- Pieces come sorted by conversation, and each locks its conversation first: two groups
-- never wait for each other in a circle. A lock is taken by a statement of its own, for
-- a statement sees what was committed before it began: what follows sees all that the
-- last holder of the lock did. A piece that fails takes the whole group back; the caller
-- then runs it in halves. What pieces spent is added to sums that conversations share
-- when all conversations of the group are locked.

-- name: run
-- Run pieces ``[verb, arguments]`` in order; return an array of their results.
CREATE FUNCTION run(chain text, pieces jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  piece jsonb;
  a jsonb;
  results jsonb[] := '{}';
  customers text[] := '{}';
  tokens bigint[] := '{}';
  usd double precision[] := '{}';
BEGIN
  PERFORM set_config('mainstay.chain', chain, true);
  FOR piece IN SELECT value FROM jsonb_array_elements(pieces) LOOP
    a := piece->1;
    results := results || CASE piece->>0
      WHEN 'accept' THEN accept(a)
      WHEN 'append' THEN append(a)
      WHEN 'claim' THEN claim(a)
      WHEN 'finish' THEN finish(a)
      WHEN 'postpone' THEN postpone(a)
      WHEN 'release' THEN release(a)
      WHEN 'open' THEN open_conversation(a)
      WHEN 'hold' THEN hold(a)
      WHEN 'doubt' THEN doubt(a)
      WHEN 'take_over' THEN take_over(a)
      WHEN 'hand_back' THEN hand_back(a)
      WHEN 'human_reply' THEN human_reply(a)
      WHEN 'decide' THEN decide(a)
      WHEN 'redrive' THEN redrive(a)
      WHEN 'bury' THEN bury(a)
      WHEN 'add_key' THEN add_key(a)
      WHEN 'revoke_key' THEN revoke_key(a)
      WHEN 'note' THEN note(a)
      WHEN 'load_articles' THEN load_articles(a)
      WHEN 'approve_answer' THEN approve_answer(a)
      WHEN 'remove_answer' THEN remove_answer(a)
    END;
    IF a ? 'spent' AND NOT results[array_upper(results, 1)] @> '"lost"' THEN
      customers := customers || count_here(a);
      tokens := tokens || (a->'spent'->>0)::bigint;
      usd := usd || (a->'spent'->>1)::double precision;
    END IF;
  END LOOP;
  IF customers <> '{}' THEN
    PERFORM count_today(chain, customers, tokens, usd);
  END IF;
  RETURN to_jsonb(results);
END $$;

-- name: audit_entry
-- Add an entry to this connection's hash chain. The hash covers the row as a JSON array;
-- json_build_array writes it as Python's json.dumps does.
CREATE FUNCTION audit_entry(actor text, action text, subject text, detail jsonb)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  this_chain text := current_setting('mainstay.chain');
  at bigint := now_ms();
  before bytea := '\x0000000000000000000000000000000000000000000000000000000000000000';
  number bigint := 0;
  told text := detail::text;
BEGIN
  SELECT n, hash INTO number, before FROM audit WHERE audit.chain = this_chain
  ORDER BY n DESC LIMIT 1;
  IF NOT FOUND THEN
    number := 0;
    before := '\x0000000000000000000000000000000000000000000000000000000000000000';
  END IF;
  number := number + 1;
  INSERT INTO audit (chain, n, at_ms, actor, action, subject, detail, hash)
  VALUES (this_chain, number, at, audit_entry.actor, audit_entry.action,
          audit_entry.subject, told,
          sha256(before || convert_to(json_build_array(this_chain, number, at,
            audit_entry.actor, audit_entry.action, audit_entry.subject, told)::text,
            'UTF8')));
END $$;

-- name: note
-- An entry about what happens outside the store.
CREATE FUNCTION note(a jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  PERFORM audit_entry(a->>'actor', a->>'action', a->>'subject', a->'detail');
  RETURN 'null';
END $$;

-- name: add_event
-- A durable event under a number that this transaction took from the conversation.
CREATE FUNCTION add_event(
  conversation text, number bigint, kind text, message_seq integer, data jsonb
) RETURNS void LANGUAGE sql AS $$
  INSERT INTO events (conversation_id, id, kind, seq, data)
  VALUES (conversation, number, kind, message_seq, data::text)
$$;

-- name: add_turn
-- A turn for the messages from one number to another.
CREATE FUNCTION add_turn(
  turn text, conversation text, first integer, last integer, state text, at bigint,
  approval text, trace text
) RETURNS void LANGUAGE sql AS $$
  INSERT INTO turns (id, conversation_id, first_seq, last_seq, state, accepted_at_ms,
                     answer_by_ms, approval_id, trace)
  VALUES (turn, conversation, first, last, state, at, at + 28000, approval, trace)
$$;

-- name: escalate
-- An item in the human inbox.
CREATE FUNCTION escalate(
  escalation text, conversation text, turn text, cause text, at bigint
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO escalations (id, conversation_id, turn_id, cause, created_at_ms)
  VALUES (escalation, conversation, turn, escalate.cause, at);
  PERFORM audit_entry('mainstay', 'escalated', coalesce(turn, conversation),
                      jsonb_build_object('cause', escalate.cause));
END $$;
