-- name: keep_answer
-- Note that this customer was given this answer to this question; the newest answer
-- stays, unless a human reviewed the one kept. Who asked is kept as a hash, three at most.
-- Groups are in the order of conversations, not of questions, and could wait in a circle
-- here: where another group notes an answer to this question, this one is not noted.
CREATE FUNCTION keep_answer(a jsonb, customer text, at bigint) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO answers (scope, question, answer, askers, at_ms)
  SELECT a->>'scope', a->>'question', a->>'text',
         ARRAY[substr(encode(sha256(convert_to(customer, 'UTF8')), 'hex'), 1, 16)], at
  WHERE pg_try_advisory_xact_lock(hashtext(a->>'scope'), hashtext(a->>'question'))
  ON CONFLICT (scope, question) DO UPDATE SET
    answer = excluded.answer, at_ms = excluded.at_ms,
    askers = CASE
      WHEN answers.askers @> excluded.askers OR cardinality(answers.askers) >= 3
      THEN answers.askers ELSE answers.askers || excluded.askers END
  WHERE NOT answers.reviewed
$$;

-- name: load_articles
-- Make the store hold exactly these articles of a scope; how many changed.
CREATE FUNCTION load_articles(a jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  dropped integer;
  written integer;
BEGIN
  DELETE FROM articles WHERE scope = a->>'scope' AND source NOT IN
    (SELECT value->>'source' FROM jsonb_array_elements(a->'articles'));
  GET DIAGNOSTICS dropped = ROW_COUNT;
  INSERT INTO articles (scope, source, title, body, digest)
  SELECT a->>'scope', value->>'source', value->>'title', value->>'body', value->>'digest'
  FROM jsonb_array_elements(a->'articles')
  ON CONFLICT (scope, source) DO UPDATE SET
    title = excluded.title, body = excluded.body, digest = excluded.digest
  WHERE articles.digest <> excluded.digest;
  GET DIAGNOSTICS written = ROW_COUNT;
  RETURN to_jsonb(dropped + written);
END $$;
