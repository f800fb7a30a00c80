-- name: sums
-- Turns of a span that were answered, or should have been, in groups. Their identities
-- sort by time, to within the clocks' difference; who waits, waits until now.
SELECT wait_ms / 10, level,
       held OR state IN ('pending', 'running', 'dead') OR coalesce(level, 0) = 4,
       count(*), sum(cost_usd)
FROM (
  SELECT coalesce(least(held_at_ms, answered_at_ms), clock.now) - accepted_at_ms
           AS wait_ms,
         (SELECT level FROM messages m
          WHERE m.conversation_id = t.conversation_id AND m.seq = t.reply_seq) AS level,
         held_at_ms IS NOT NULL AS held, state, cost_usd
  FROM (SELECT * FROM turns WHERE id >= $1 AND id < $2 ORDER BY id DESC LIMIT $5) AS t,
       (SELECT now_ms() AS now) AS clock
  WHERE accepted_at_ms >= $3 AND accepted_at_ms < $4
    AND state <> 'handed_off'
    AND (state NOT IN ('pending', 'running') OR held_at_ms IS NOT NULL
         OR answer_by_ms <= clock.now)
) AS counted
GROUP BY 1, 2, 3;

-- name: newest
-- The newest hour.
SELECT hour, until_ms, turns, failed, levels, waits, usd FROM hours
ORDER BY hour DESC LIMIT 1;

-- name: read
-- Some hours.
SELECT hour, until_ms, turns, failed, levels, waits, usd FROM hours
WHERE hour = ANY ($1::bigint[]) ORDER BY hour DESC;

-- name: write
-- Compare-and-set: what was added to the hour is added once. What is too old to be
-- compared with goes.
WITH gone AS (DELETE FROM hours WHERE hour < $1::bigint - 1512)
INSERT INTO hours (hour, until_ms, turns, failed, levels, waits, usd)
SELECT $1, $2::bigint, $3::bigint, $4::bigint, $5::text, $6::text, $7::double precision
WHERE $8::bigint = $1 * 3600000 OR EXISTS (SELECT 1 FROM hours WHERE hour = $1)
ON CONFLICT (hour) DO UPDATE
SET until_ms = excluded.until_ms, turns = excluded.turns, failed = excluded.failed,
    levels = excluded.levels, waits = excluded.waits, usd = excluded.usd
WHERE hours.until_ms = $8
RETURNING hour;
