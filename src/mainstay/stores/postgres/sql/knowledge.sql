-- name: find_answers
-- Answers to questions with these words that customers may be given now.
SELECT ref, question, answer FROM answers
WHERE scope = $1 AND words @@ to_tsquery('english', $2)
  AND expires_at_ms > (SELECT now_ms())
  AND NOT removed AND (reviewed OR cardinality(askers) >= $3)
ORDER BY ts_rank(words, to_tsquery('english', $2)) DESC, id LIMIT $4;

-- name: find_articles
-- Articles with these words; a word in the title counts most.
SELECT source, title, body FROM articles
WHERE scope = $1 AND words @@ to_tsquery('english', $2)
ORDER BY ts_rank(words, to_tsquery('english', $2)) DESC, id LIMIT $3;
