-- name: approvals
-- Calls that wait for a decision.
SELECT id, conversation_id, turn_id, tool, args, key, state FROM approvals
WHERE state = 'waiting' ORDER BY created_at_ms, id LIMIT 100;

-- name: approval_place
-- Where an approval belongs.
SELECT conversation_id FROM approvals WHERE id = $1;

-- name: escalations
-- The human inbox.
SELECT id, conversation_id, turn_id, cause, created_at_ms FROM escalations
WHERE resolved_at_ms IS NULL ORDER BY created_at_ms, id LIMIT 100;

-- name: dead
-- Turns that were given up.
SELECT id, conversation_id, attempt, strikes, accepted_at_ms, answered_at_ms, held_at_ms
FROM turns WHERE state = 'dead' ORDER BY answer_by_ms DESC LIMIT 100;

-- name: dead_places
-- Dead turns (all when null) and where they belong.
SELECT id, conversation_id FROM turns
WHERE state = 'dead' AND ($1::text[] IS NULL OR id = ANY ($1::text[]));

-- name: keys
-- Every API key, oldest first.
SELECT id, role, name, created_at_ms, revoked_at_ms FROM api_keys
ORDER BY created_at_ms, id;

-- name: key
-- The API key with this digest.
SELECT id, role, name, created_at_ms, revoked_at_ms FROM api_keys WHERE digest = $1;
