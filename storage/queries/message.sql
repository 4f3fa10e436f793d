-- name: QueueMessage :exec
-- Repeating it changes nothing: what happened once is told once.
INSERT INTO messages (tenant_id, id, user_id, kind, recipient, locale, data, created_at, channel, secret, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (tenant_id, id) DO NOTHING;

-- name: TryMessage :one
-- Counts the attempt before it is made. No row: it has been sent or given up, or is gone.
UPDATE messages SET attempts = attempts + 1
WHERE tenant_id = $1 AND id = $2 AND sent_at IS NULL AND failed_at IS NULL
RETURNING *;

-- name: MessageSent :exec
UPDATE messages SET sent_at = sqlc.arg(now)::timestamptz, last_error = '', secret = NULL WHERE tenant_id = $1 AND id = $2 AND sent_at IS NULL;

-- name: MessageNotSent :exec
UPDATE messages SET last_error = sqlc.arg(reason)::text
WHERE tenant_id = $1 AND id = $2 AND sent_at IS NULL;
