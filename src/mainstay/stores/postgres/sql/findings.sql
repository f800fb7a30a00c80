-- name: latest
-- What was found last, and how long ago.
SELECT ok, detail, figures, owner, failures, now_ms() - at_ms FROM findings
WHERE name = $1;

-- name: tell
-- Keep what was found now; failures at once are one, so this may be run again.
INSERT INTO findings (name, owner, ok, detail, figures, failures, at_ms)
SELECT $1, $2, $3, $4, $5, CASE WHEN $3 THEN 0 ELSE 1 END, now_ms()
ON CONFLICT (name) DO UPDATE
SET failures = CASE WHEN excluded.ok THEN 0
                    WHEN excluded.at_ms - findings.at_ms < 1000
                      THEN greatest(findings.failures, 1)
                    ELSE findings.failures + 1 END,
    owner = excluded.owner, ok = excluded.ok, detail = excluded.detail,
    figures = excluded.figures, at_ms = excluded.at_ms;
