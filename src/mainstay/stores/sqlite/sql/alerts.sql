-- name: watch
-- Win or prolong the right to watch: it is free when its time is over, or its owner gone.
-- Who is patient waits for the latter.
INSERT INTO alert_watch (one, owner, epoch, until_ms)
VALUES (1, :owner, 1, :now_ms + :for_ms)
ON CONFLICT (one) DO UPDATE
SET epoch = epoch + (owner <> excluded.owner), owner = excluded.owner,
    until_ms = excluded.until_ms
WHERE owner = excluded.owner OR (until_ms <= :now_ms AND NOT :patient)
  OR owner NOT IN (SELECT owner FROM processes)
RETURNING epoch;

-- name: remember
-- Keep what the watcher knows; one that has been followed keeps nothing.
INSERT INTO alert_memory (part, content)
SELECT :part, :content FROM alert_watch WHERE epoch = :epoch
ON CONFLICT (part) DO UPDATE SET content = excluded.content
RETURNING part;

-- name: recall
-- What was kept last.
SELECT content FROM alert_memory WHERE part = :part;

-- name: silence
-- Let nobody be told of an alert for a time.
INSERT OR REPLACE INTO alert_silences (name, until_ms, reason, actor)
VALUES (:name, :now_ms + :for_ms, :reason, :actor);

-- name: expire
-- Forget the silences that are over.
DELETE FROM alert_silences WHERE until_ms <= :now_ms;

-- name: silences
-- Those that hold now.
SELECT name, until_ms, reason, actor FROM alert_silences
WHERE until_ms > :now_ms ORDER BY name;

-- name: publish
-- Tell where a process shows its metrics.
INSERT OR REPLACE INTO metrics_pages (owner, address, machine, at_ms)
VALUES (:owner, :address, :machine, :now_ms);

-- name: tidy
-- Forget the pages of processes that have been gone for a day.
DELETE FROM metrics_pages
WHERE at_ms < :now_ms - 86400000 AND owner NOT IN (SELECT owner FROM processes);

-- name: pages
-- Where the metrics of processes that are known are.
SELECT DISTINCT address, machine FROM metrics_pages JOIN processes USING (owner)
ORDER BY address, machine;
