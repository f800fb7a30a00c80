-- name: sums
-- Turns of a span that were answered, or should have been, in groups. Their identities
-- sort by time, to within the clocks' difference; who waits, waits until now.
SELECT wait_ms / 10, level,
       held OR state IN ('pending', 'running', 'dead') OR level IS 4 AS failed,
       count(*), total(cost_usd)
FROM (
  SELECT coalesce(min(held_at_ms, answered_at_ms), held_at_ms, answered_at_ms, :now_ms)
           - accepted_at_ms AS wait_ms,
         (SELECT level FROM messages m
          WHERE m.conversation_id = t.conversation_id AND m.seq = t.reply_seq) AS level,
         held_at_ms IS NOT NULL AS held, state, cost_usd
  FROM (SELECT * FROM turns WHERE id >= :first AND id < :last
        ORDER BY id DESC LIMIT :limit) AS t
  WHERE accepted_at_ms >= :since_ms AND accepted_at_ms < :until_ms
    AND state <> 'handed_off'
    AND (state NOT IN ('pending', 'running') OR held_at_ms IS NOT NULL
         OR answer_by_ms <= :now_ms)
) AS counted
GROUP BY 1, 2, 3;

-- name: newest
-- The newest hour.
SELECT hour, until_ms, turns, failed, levels, waits, usd FROM hours
ORDER BY hour DESC LIMIT 1;

-- name: read
-- Some hours.
SELECT hour, until_ms, turns, failed, levels, waits, usd FROM hours
WHERE hour IN (SELECT value FROM json_each(:hours)) ORDER BY hour DESC;

-- name: write
-- Compare-and-set: what was added to the hour is added once.
INSERT INTO hours (hour, until_ms, turns, failed, levels, waits, usd)
SELECT :hour, :until_ms, :turns, :failed, :levels, :waits, :usd
WHERE :was_until_ms = :hour * 3600000
   OR EXISTS (SELECT 1 FROM hours WHERE hour = :hour)
ON CONFLICT (hour) DO UPDATE
SET until_ms = excluded.until_ms, turns = excluded.turns, failed = excluded.failed,
    levels = excluded.levels, waits = excluded.waits, usd = excluded.usd
WHERE hours.until_ms = :was_until_ms
RETURNING hour;

-- name: forget
-- Drop what is too old to be compared with.
DELETE FROM hours WHERE hour < :hour - 1512;
