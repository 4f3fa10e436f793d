-- name: ListSigningKeys :many
SELECT * FROM signing_keys ORDER BY alg, created_at;

-- name: CreateSigningKey :exec
INSERT INTO signing_keys (id, alg, state, private_key, created_at, state_at) VALUES ($1, $2, $3, $4, $5, $5);

-- name: RetireActiveKey :exec
UPDATE signing_keys SET state = 'retired', state_at = sqlc.arg(now) WHERE alg = $1 AND state = 'active';

-- name: ActivateNextKey :exec
WITH u AS (UPDATE signing_keys SET state = 'active', state_at = sqlc.arg(now) WHERE alg = $1 AND state = 'next' RETURNING 1)
SELECT require_one(count(*), 'next signing key') FROM u;

-- name: LockSigningKeys :exec
SELECT pg_advisory_xact_lock(7237189);

-- name: ResealSigningKey :exec
UPDATE signing_keys SET private_key = sqlc.arg(secret) WHERE id = $1 AND private_key = sqlc.arg(old);
