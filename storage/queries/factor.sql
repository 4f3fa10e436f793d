-- name: CreateFactor :exec
INSERT INTO factors (tenant_id, id, user_id, kind, name, secret, last_step, created_at, last_used_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: ListFactors :many
SELECT * FROM factors WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL ORDER BY coalesce(last_used_at, created_at) DESC;

-- name: UseTOTPStep :exec
-- Only steps above the last used one: a code works once, and never after a later one (RFC 6238 5.2).
WITH u AS (
    UPDATE factors SET last_step = sqlc.arg(step), last_used_at = sqlc.arg(now)::timestamptz
    WHERE tenant_id = $1 AND id = $2 AND kind = 'totp' AND ended_at IS NULL AND last_step < sqlc.arg(step)
    RETURNING 1)
SELECT require_one(count(*), 'totp step') FROM u;

-- name: UseCounter :exec
-- A signature counter only rises (WebAuthn 7.2 step 22); an authenticator without one always says 0.
WITH u AS (
    UPDATE factors SET last_step = sqlc.arg(step), last_used_at = sqlc.arg(now)::timestamptz
    WHERE tenant_id = $1 AND id = $2 AND kind = 'webauthn' AND ended_at IS NULL
        AND (last_step < sqlc.arg(step) OR (last_step = 0 AND sqlc.arg(step)::bigint = 0))
    RETURNING 1)
SELECT require_one(count(*), 'signature counter') FROM u;

-- name: UseFactor :exec
WITH u AS (
    UPDATE factors SET last_used_at = sqlc.arg(now)::timestamptz WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL
    RETURNING 1)
SELECT require_one(count(*), 'factor') FROM u;

-- name: EndFactors :exec
-- All at once, by an administrator or with the mailbox they rest on.
UPDATE factors SET ended_at = sqlc.arg(now)::timestamptz, end_reason = sqlc.arg(reason)::text
WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL AND (sqlc.arg(kind)::text = '' OR kind = sqlc.arg(kind)::text);

-- name: EndFactor :exec
WITH u AS (
    UPDATE factors SET ended_at = sqlc.arg(now)::timestamptz, end_reason = sqlc.arg(reason)::text
    WHERE tenant_id = $1 AND user_id = $2 AND id = $3 AND ended_at IS NULL
    RETURNING 1)
SELECT require_one(count(*), 'factor') FROM u;

-- name: SealedFactorsAllTenants :many
SELECT tenant_id, id, secret FROM factors WHERE id > sqlc.arg(after) ORDER BY id LIMIT 500;

-- name: ResealFactor :exec
UPDATE factors SET secret = sqlc.arg(secret) WHERE tenant_id = $1 AND id = $2 AND secret = sqlc.arg(old);

-- name: FactorOfUser :one
-- Ended ones too: whoever removes twice is told so, instead of being told that it never was.
SELECT id, kind, name, ended_at FROM factors WHERE tenant_id = $1 AND user_id = $2 AND id = $3;
