-- name: CreateDevice :exec
INSERT INTO trusted_devices (tenant_id, id, user_id, policy_version, created_at, expires_at, last_used_at, address, agent)
VALUES ($1, $2, $3, $4, $5, $6, $5, $7, $8);

-- name: UseDevice :exec
-- Beside the consumption of its secret: a device that was ended meanwhile lets nobody through.
WITH u AS (
    UPDATE trusted_devices SET last_used_at = sqlc.arg(now)::timestamptz
    WHERE tenant_id = $1 AND id = $2 AND user_id = $3 AND ended_at IS NULL AND expires_at > sqlc.arg(now)::timestamptz
    RETURNING 1)
SELECT require_one(count(*), 'trusted device') FROM u;

-- name: ListDevices :many
SELECT id, created_at, expires_at, last_used_at, address, agent FROM trusted_devices
WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL AND expires_at > sqlc.arg(now)::timestamptz
    AND policy_version = sqlc.arg(policy_version) ORDER BY last_used_at DESC LIMIT 100;

-- name: EndDevice :exec
WITH u AS (
    UPDATE trusted_devices SET ended_at = sqlc.arg(now)::timestamptz, end_reason = sqlc.arg(reason)::text
    WHERE tenant_id = $1 AND user_id = $2 AND id = $3 AND ended_at IS NULL
    RETURNING 1)
SELECT require_one(count(*), 'trusted device') FROM u;

-- name: EndDevices :exec
UPDATE trusted_devices SET ended_at = sqlc.arg(now)::timestamptz, end_reason = sqlc.arg(reason)::text
WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL;
