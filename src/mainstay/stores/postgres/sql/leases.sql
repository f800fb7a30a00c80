-- name: renew
-- Prolong the leases that a process still works on.
SELECT conversation_id, lease_epoch FROM renew($1, $2);

-- name: enlisted
-- Every process known, with the number of its lock.
SELECT owner, lock FROM processes;

-- name: known
-- Whether a process is known: one that came back as it was buried is not.
SELECT EXISTS (SELECT 1 FROM processes WHERE owner = $1);

-- name: serving
-- How many processes serve a role; one that serves several has them joined by a plus.
SELECT count(*) FROM processes WHERE $1 = ANY (string_to_array(role, '+'));

-- name: enlist
-- Make a process known, with what it can run on.
INSERT INTO processes (owner, lock, role, started_at_ms, version, head, functions)
VALUES ($1, $2, $3, now_ms(), $4, $5, $6)
ON CONFLICT (owner) DO UPDATE SET lock = excluded.lock, role = excluded.role;

-- name: evict
-- End other sessions that hold this process's lock: what is left of one that fell silent.
SELECT pg_terminate_backend(pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
  AND l.database = a.datid AND a.datname = current_database()
  AND (l.classid::bigint << 32 | l.objid::bigint) = $1
  AND pid <> pg_backend_pid() AND a.usename = current_user;

-- name: free_locks
-- Which of these locks nobody holds. A server that has just started has freed them all:
-- then nothing is known until those who live have come back.
SELECT lock FROM unnest($1::text[]) AS lock
WHERE NOT EXISTS
  (SELECT 1 FROM pg_locks l
   WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
     AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
     AND (l.classid::bigint << 32 | l.objid::bigint) = lock::bigint)
  AND pg_postmaster_start_time() < clock_timestamp() - interval '8 seconds';
