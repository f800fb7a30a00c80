-- name: watch
-- Win or prolong the right to watch: it is free when its time is over, or its owner gone.
-- Who is patient waits for the latter.
INSERT INTO alert_watch AS held (one, owner, epoch, until_ms)
VALUES (1, $1, 1, now_ms() + $2)
ON CONFLICT (one) DO UPDATE
SET epoch = held.epoch + (held.owner <> excluded.owner)::int, owner = excluded.owner,
    until_ms = excluded.until_ms
WHERE held.owner = excluded.owner OR (held.until_ms <= now_ms() AND NOT $3::boolean)
  OR NOT EXISTS (SELECT 1 FROM processes p WHERE p.owner = held.owner)
RETURNING epoch;

-- name: remember
-- Keep what the watcher knows; one that has been followed keeps nothing.
WITH fence AS (SELECT 1 FROM alert_watch WHERE epoch = $1 FOR UPDATE)
INSERT INTO alert_memory (part, content) SELECT $2, $3 FROM fence
ON CONFLICT (part) DO UPDATE SET content = excluded.content
RETURNING part;

-- name: recall
-- What was kept last.
SELECT content FROM alert_memory WHERE part = $1;

-- name: silence
-- Let nobody be told of an alert for a time; forget the silences that are over.
WITH over AS (DELETE FROM alert_silences WHERE until_ms <= now_ms() AND name <> $1)
INSERT INTO alert_silences (name, until_ms, reason, actor)
VALUES ($1, now_ms() + $2, $3, $4)
ON CONFLICT (name) DO UPDATE
SET until_ms = excluded.until_ms, reason = excluded.reason, actor = excluded.actor
RETURNING until_ms;

-- name: silences
-- Those that hold now.
SELECT name, until_ms, reason, actor FROM alert_silences
WHERE until_ms > now_ms() ORDER BY name;

-- name: publish
-- Tell where a process shows its metrics; forget those that have been gone for a day.
WITH gone AS (
  DELETE FROM metrics_pages
  WHERE at_ms < now_ms() - 86400000 AND owner <> $1
    AND owner NOT IN (SELECT owner FROM processes))
INSERT INTO metrics_pages (owner, address, machine, at_ms)
VALUES ($1, $2, $3, now_ms())
ON CONFLICT (owner) DO UPDATE SET address = excluded.address,
  machine = excluded.machine, at_ms = excluded.at_ms
RETURNING owner;

-- name: pages
-- Where the metrics of processes that are known are.
SELECT DISTINCT address, machine FROM metrics_pages JOIN processes USING (owner)
ORDER BY address, machine;
