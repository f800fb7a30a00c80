-- name: asker
-- Who asked.
SELECT customer_id FROM conversations WHERE id = :conversation_id;

-- name: kept_answer
-- The answer kept for a question.
SELECT id, askers, reviewed FROM answers WHERE scope = :scope AND question = :question;

-- name: add_answer
-- The first answer to a question.
INSERT INTO answers (scope, question, answer, askers, at_ms)
VALUES (:scope, :question, :answer, :askers, :now_ms)
RETURNING id;

-- name: index_answer
-- Make its question searchable.
INSERT INTO answers_text (rowid, question) VALUES (:id, :question);

-- name: renew_answer
-- The newest answer to the same question, unless a human reviewed the one kept.
UPDATE answers SET answer = :answer, askers = :askers, at_ms = :now_ms
WHERE scope = :scope AND question = :question AND reviewed = 0;

-- name: find_answers
-- Earlier answers to questions with these words that enough customers were given.
SELECT a.id, a.question, a.answer FROM answers_text t
JOIN answers a ON a.id = t.rowid
WHERE answers_text MATCH :query AND a.scope = :scope
  AND (a.reviewed = 1 OR json_array_length(a.askers) >= :askers)
ORDER BY bm25(answers_text) LIMIT :limit;

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

-- name: find_articles
-- Articles with these words; a word in the title counts five times.
SELECT a.source, a.title, a.body, bm25(articles_text, 5.0, 1.0) FROM articles_text t
JOIN articles a ON a.id = t.rowid
WHERE articles_text MATCH :query AND a.scope = :scope
ORDER BY bm25(articles_text, 5.0, 1.0) LIMIT :limit;
