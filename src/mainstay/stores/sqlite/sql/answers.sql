-- name: asker
-- Who asked.
SELECT customer_id FROM conversations WHERE id = :conversation_id;

-- name: kept
-- What is kept for a question.
SELECT id, answer, askers, reviewed = 1 OR removed = 1 AS decided,
       expires_at_ms > :now_ms AS lives
FROM answers WHERE scope = :edition AND question = :question;

-- name: add
-- The first answer to a question.
INSERT INTO answers (scope, question, answer, askers, at_ms, ref, expires_at_ms)
VALUES (:edition, :question, :answer, :askers, :now_ms, :ref, :now_ms + :keep_ms)
RETURNING id;

-- name: index
-- Make its question searchable.
INSERT INTO answers_text (rowid, question) VALUES (:id, :question);

-- name: again
-- The same answer once more.
UPDATE answers SET askers = :askers, at_ms = :now_ms, expires_at_ms = :now_ms + :keep_ms
WHERE id = :id;

-- name: instead
-- Another answer in its place.
UPDATE answers SET answer = :answer, askers = :askers, at_ms = :now_ms, ref = :ref,
                   expires_at_ms = :now_ms + :keep_ms, reviewed = 0, removed = 0
WHERE id = :id;

-- name: list
-- Answers that have not ended: shared ones, then the most and the last given.
SELECT ref, scope, question, answer, json_array_length(askers) AS customers, reviewed,
       reviewed = 1 OR json_array_length(askers) >= :askers AS shared, at_ms,
       expires_at_ms
FROM answers WHERE expires_at_ms > :now_ms AND removed = 0
ORDER BY shared DESC, customers DESC, at_ms DESC, id LIMIT :limit;

-- name: one
-- An answer by its name.
SELECT ref, scope, question, answer, json_array_length(askers) AS customers, reviewed,
       reviewed = 1 OR json_array_length(askers) >= :askers AS shared, at_ms,
       expires_at_ms
FROM answers WHERE ref = :ref AND expires_at_ms > :now_ms AND removed = 0;

-- name: approve
-- Shared from now on, for its whole time.
UPDATE answers SET reviewed = 1, at_ms = :now_ms,
                   expires_at_ms = :now_ms + expires_at_ms - at_ms
WHERE ref = :ref;

-- name: remove
-- Erased; for its whole time nothing else is kept for its question.
UPDATE answers SET answer = '', askers = '[]', reviewed = 0, removed = 1, at_ms = :now_ms,
                   expires_at_ms = :now_ms + expires_at_ms - at_ms
WHERE ref = :ref;

-- name: ended
-- Answers whose time is over; those of an older version have 30 days.
SELECT id FROM answers
WHERE expires_at_ms <= :now_ms
   OR (expires_at_ms IS NULL AND at_ms <= :now_ms - 2592000000)
LIMIT :limit;

-- name: count
-- How many there are.
SELECT count(*) FROM answers;

-- name: surplus
-- Those that are least asked for: a human's decisions stay longest.
SELECT id FROM answers
ORDER BY reviewed = 1 OR removed = 1, json_array_length(askers) >= :askers, at_ms, id
LIMIT :limit;

-- name: unindex
-- Take answers out of the search.
INSERT INTO answers_text (answers_text, rowid, question)
SELECT 'delete', id, question FROM answers
WHERE id IN (SELECT value FROM json_each(:ids));

-- name: drop
-- Take them out of the store.
DELETE FROM answers WHERE id IN (SELECT value FROM json_each(:ids));
