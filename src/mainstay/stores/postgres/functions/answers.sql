-- name: keep_answer
-- Note that this customer was given this answer to this question. What a human decided,
-- and what three customers were given, stays for its time; any other answer makes room
-- for a newer one. Who asked is kept as a hash, three at most.
-- Groups are in the order of conversations, not of questions, and could wait in a circle
-- here: where another group notes an answer to this question, this one is not noted.
CREATE FUNCTION keep_answer(a jsonb, customer text, at bigint) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO answers AS kept
    (scope, question, answer, askers, at_ms, ref, expires_at_ms)
  SELECT a->>'edition', a->>'question', a->>'text',
         ARRAY[substr(encode(sha256(convert_to(customer, 'UTF8')), 'hex'), 1, 16)], at,
         a->>'answer_id', at + (a->>'keep_ms')::bigint
  WHERE pg_try_advisory_xact_lock(hashtext(a->>'edition'), hashtext(a->>'question'))
  ON CONFLICT (scope, question) DO UPDATE SET
    at_ms = excluded.at_ms,
    expires_at_ms = excluded.expires_at_ms,
    answer = excluded.answer,
    ref = CASE WHEN same_answer(kept, excluded.answer, at) THEN kept.ref
          ELSE excluded.ref END,
    reviewed = kept.reviewed AND same_answer(kept, excluded.answer, at),
    removed = false,
    askers = CASE
      WHEN NOT same_answer(kept, excluded.answer, at) THEN excluded.askers
      WHEN kept.askers @> excluded.askers OR cardinality(kept.askers) >= 3
      THEN kept.askers ELSE kept.askers || excluded.askers END
  WHERE same_answer(kept, excluded.answer, at) OR kept.expires_at_ms <= at
    OR NOT (kept.reviewed OR kept.removed OR cardinality(kept.askers) >= 3)
$$;

-- name: same_answer
-- Whether the answer that is kept is this one, and its time not over.
CREATE FUNCTION same_answer(kept answers, told text, at bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
  SELECT kept.answer = told AND kept.expires_at_ms > at
$$;

-- name: shown_answer
-- An answer as administrators see it.
CREATE FUNCTION shown_answer(kept answers) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_array(kept.ref, kept.scope, kept.question, kept.answer,
    cardinality(kept.askers), kept.reviewed,
    kept.reviewed OR cardinality(kept.askers) >= 3, kept.at_ms, kept.expires_at_ms)
$$;

-- name: approve_answer
-- Shared from now on, for its whole time. Null when there is none.
CREATE FUNCTION approve_answer(a jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  kept answers;
  at bigint := now_ms();
BEGIN
  UPDATE answers SET reviewed = true, at_ms = at, expires_at_ms = at + expires_at_ms - at_ms
  WHERE ref = a->>'ref' AND expires_at_ms > at AND NOT removed RETURNING * INTO kept;
  IF NOT FOUND THEN
    RETURN 'null';
  END IF;
  PERFORM audit_entry(a->>'actor', 'answer.approved', a->>'ref', '{}');
  RETURN shown_answer(kept);
END $$;

-- name: remove_answer
-- Erased; for its whole time nothing else is kept for its question. Null when there is
-- none, else what it was.
CREATE FUNCTION remove_answer(a jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  kept answers;
  at bigint := now_ms();
BEGIN
  SELECT * INTO kept FROM answers
  WHERE ref = a->>'ref' AND expires_at_ms > at AND NOT removed FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 'null';
  END IF;
  UPDATE answers SET answer = '', askers = '{}', reviewed = false, removed = true,
                     at_ms = at, expires_at_ms = at + expires_at_ms - at_ms
  WHERE id = kept.id;
  PERFORM audit_entry(a->>'actor', 'answer.removed', a->>'ref', '{}');
  RETURN shown_answer(kept);
END $$;
