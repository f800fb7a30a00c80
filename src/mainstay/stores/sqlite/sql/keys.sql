-- name: add
-- A new key, by its digest only.
INSERT INTO api_keys (id, digest, role, name, created_at_ms)
VALUES (:id, :digest, :role, :name, :now_ms)
ON CONFLICT (digest) DO NOTHING;

-- name: find
-- The key with this digest.
SELECT id, role, name, created_at_ms, revoked_at_ms FROM api_keys WHERE digest = :digest;

-- name: all
-- Every key, oldest first.
SELECT id, role, name, created_at_ms, revoked_at_ms FROM api_keys
ORDER BY created_at_ms, id;

-- name: revoke
-- End a key; the first end stays.
UPDATE api_keys SET revoked_at_ms = coalesce(revoked_at_ms, :now_ms) WHERE id = :id
RETURNING id, role, name, created_at_ms, revoked_at_ms;
