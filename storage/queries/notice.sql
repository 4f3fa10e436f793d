-- What is told of events, how messages end, and how many a recipient may get.

-- name: AboutPerson :one
-- Whom a notice is for, with the key under which all that one mailbox gets is counted, and how many backup codes are left.
SELECT u.email, u.email_key, t.name AS tenant,
    (SELECT count(*) FROM single_use b
        WHERE b.tenant_id = u.tenant_id AND b.user_id = u.id AND b.kind = 'backup_code' AND b.used_at IS NULL)::int AS backup_codes
FROM users u JOIN tenants t ON t.tenant_id = u.tenant_id
WHERE u.tenant_id = $1 AND u.id = $2;

-- name: KnownMessages :many
-- Which of these there are already: what is told again is neither counted nor queued again.
SELECT id FROM messages WHERE tenant_id = $1 AND id = ANY (sqlc.arg(ids)::uuid[]);

-- name: QueueNotice :exec
-- The message and the secret of its link in one statement: when the message is there already, the secret that was
-- made for a second one is worth nothing, for it is never stored. failed_at is set for what is not sent at all.
WITH m AS (
    INSERT INTO messages (tenant_id, id, user_id, kind, recipient, locale, data, created_at, channel, secret, failed_at, last_error)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'email', $9, $10, $11) ON CONFLICT (tenant_id, id) DO NOTHING RETURNING user_id)
INSERT INTO single_use (tenant_id, kind, hash, user_id, data, created_at, expires_at)
SELECT $1, 'objection', sqlc.narg(hash)::bytea, m.user_id, sqlc.arg(about)::jsonb, $8, sqlc.arg(until)::timestamptz
FROM m WHERE sqlc.narg(hash)::bytea IS NOT NULL;

-- name: GiveUpMessage :exec
-- What it would have told goes with it: nobody will need it any more.
UPDATE messages SET last_error = sqlc.arg(reason)::text, failed_at = sqlc.arg(now)::timestamptz, secret = NULL
WHERE tenant_id = $1 AND id = $2 AND sent_at IS NULL AND failed_at IS NULL;

-- name: TakeSendsAllTenants :many
-- One message from each counter, in the order given; a recipient is counted over all tenants, a person in their own.
SELECT w.name::text AS name, t.allowed::boolean AS allowed, coalesce(t.blocked_until, sqlc.arg(now)::timestamptz)::timestamptz AS blocked_until
FROM ROWS FROM (unnest(sqlc.arg(tenants)::uuid[]), unnest(sqlc.arg(names)::text[]), unnest(sqlc.arg(free)::int[]), unnest(sqlc.arg(seconds)::int[]))
    AS w (tenant, name, free, seconds)
CROSS JOIN LATERAL take_try(w.tenant, w.name, w.free, w.seconds, w.seconds, 2147483647, sqlc.arg(now)::timestamptz - w.seconds * interval '1 second',
    sqlc.arg(now)::timestamptz) AS t (allowed, failures, blocked_until);
