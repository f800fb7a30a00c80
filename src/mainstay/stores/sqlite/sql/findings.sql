-- name: latest
-- What was found last.
SELECT ok, detail, figures, owner, failures, at_ms FROM findings WHERE name = :name;

-- name: tell
-- Keep what was found now; failures at once are one.
INSERT INTO findings (name, owner, ok, detail, figures, failures, at_ms)
VALUES (:name, :owner, :ok, :detail, :figures, 1 - :ok, :now_ms)
ON CONFLICT (name) DO UPDATE
SET failures = CASE WHEN excluded.ok THEN 0
                    WHEN excluded.at_ms - at_ms < 1000 THEN max(failures, 1)
                    ELSE failures + 1 END,
    owner = excluded.owner, ok = excluded.ok, detail = excluded.detail,
    figures = excluded.figures, at_ms = excluded.at_ms;
