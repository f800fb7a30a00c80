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
