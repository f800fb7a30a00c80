-- name: article_digests
-- What the store holds of a folder of articles.
SELECT source, digest FROM articles WHERE scope = :scope;

-- name: article_row
-- One article with its row number.
SELECT id, title, body FROM articles WHERE scope = :scope AND source = :source;

-- name: unindex_article
-- Take an article out of the search.
INSERT INTO articles_text (articles_text, rowid, title, body)
VALUES ('delete', :id, :title, :body);

-- name: drop_article
-- Take an article out of the store.
DELETE FROM articles WHERE id = :id;

-- name: add_article
-- Put an article into the store.
INSERT INTO articles (scope, source, title, body, digest)
VALUES (:scope, :source, :title, :body, :digest)
RETURNING id;

-- name: index_article
-- Make it searchable.
INSERT INTO articles_text (rowid, title, body) VALUES (:id, :title, :body);

-- name: find_answers
-- Answers to questions with these words that customers may be given now.
SELECT a.ref, a.question, a.answer FROM answers_text t
JOIN answers a ON a.id = t.rowid
WHERE answers_text MATCH :query AND a.scope = :edition AND a.expires_at_ms > :now_ms
  AND a.removed = 0 AND (a.reviewed = 1 OR json_array_length(a.askers) >= :askers)
ORDER BY bm25(answers_text) LIMIT :limit;

-- name: find_articles
-- Articles with these words; a word in the title counts five times.
SELECT a.source, a.title, a.body, bm25(articles_text, 5.0, 1.0) FROM articles_text t
JOIN articles a ON a.id = t.rowid
WHERE articles_text MATCH :query AND a.scope = :scope
ORDER BY bm25(articles_text, 5.0, 1.0) LIMIT :limit;
