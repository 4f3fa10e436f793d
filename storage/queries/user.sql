-- name: CreateUser :exec
INSERT INTO users (tenant_id, id, email, email_key, email_confirmed_at, name, password_hash, role, service, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: UserByEmail :one
SELECT * FROM users WHERE tenant_id = $1 AND email_key = $2;

-- name: UserByID :one
SELECT * FROM users WHERE tenant_id = $1 AND id = $2;

-- name: ListUsers :many
SELECT u.id, u.email, u.name, u.role, u.service, u.disabled, u.created_at,
    (SELECT count(*) FROM factors f WHERE f.tenant_id = u.tenant_id AND f.user_id = u.id AND f.ended_at IS NULL) AS factors
FROM users u WHERE u.tenant_id = $1 ORDER BY u.email_key;

-- name: TenantsOfEmailAllTenants :many
-- Two rows are enough to know that the address does not decide the tenant.
SELECT u.tenant_id, u.id AS user_id FROM users u JOIN tenants t ON t.tenant_id = u.tenant_id
WHERE u.email_key = $1 AND NOT t.disabled ORDER BY u.tenant_id LIMIT 2;

-- name: SetUserDisabled :exec
WITH u AS (UPDATE users SET disabled = $3 WHERE tenant_id = $1 AND id = $2 RETURNING 1)
SELECT require_one(count(*), 'user') FROM u;

-- name: SetPasswordHash :exec
WITH u AS (UPDATE users SET password_hash = sqlc.arg(password_hash)::text, password_by_mail = sqlc.arg(by_mail)::boolean WHERE tenant_id = $1 AND id = $2 RETURNING 1)
SELECT require_one(count(*), 'user') FROM u;

-- name: PasswordIsOwn :exec
-- Something that does not hang on the mailbox was shown beside the password.
UPDATE users SET password_by_mail = false WHERE tenant_id = $1 AND id = $2 AND password_by_mail;

-- name: ConfirmEmail :exec
WITH u AS (UPDATE users SET email_confirmed_at = sqlc.arg(now)::timestamptz WHERE tenant_id = $1 AND id = $2 AND email_key = $3 RETURNING 1)
SELECT require_one(count(*), 'email') FROM u;

-- name: ChangeEmail :exec
WITH u AS (
    UPDATE users SET email = sqlc.arg(email), email_key = sqlc.arg(email_key), email_confirmed_at = sqlc.arg(now)::timestamptz
    WHERE tenant_id = $1 AND id = $2 RETURNING 1)
SELECT require_one(count(*), 'user') FROM u;

-- name: FreezeUser :exec
UPDATE users SET frozen_at = sqlc.narg(at)::timestamptz WHERE tenant_id = $1 AND id = $2;

-- name: SkipEnrolment :exec
-- One of the skips there are, or none before a date: the count is never given back, and the first date met is the last.
WITH u AS (
    UPDATE users SET enrol_skips = enrol_skips + sqlc.arg(spent)::int, enrol_until = least(enrol_until, sqlc.narg(until)::timestamptz)
    WHERE tenant_id = $1 AND id = $2 AND enrol_skips = sqlc.arg(used)::int RETURNING 1)
SELECT require_one(count(*), 'enrolment skips') FROM u;

-- name: ListUnconfirmed :many
SELECT id, email FROM users WHERE tenant_id = $1 AND email_confirmed_at IS NULL AND NOT disabled AND NOT service AND id > sqlc.arg(after)
ORDER BY id LIMIT 500;

-- name: ListAdministrators :many
SELECT id, email FROM users WHERE tenant_id = $1 AND role IN ('admin', 'owner') AND NOT disabled AND NOT service ORDER BY id;
