-- name: CreateConnection :exec
INSERT INTO connections (tenant_id, id, kind, name, settings, secret, disabled, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: ChangeConnection :exec
-- A secret that is not given stays.
WITH u AS (
    UPDATE connections SET name = $3, settings = $4, secret = coalesce(sqlc.narg(secret)::bytea, secret), version = version + 1
    WHERE tenant_id = $1 AND id = $2 AND version = sqlc.arg(version) RETURNING 1)
SELECT require_one(count(*), 'connection version') FROM u;

-- name: SetConnectionDisabled :exec
WITH u AS (UPDATE connections SET disabled = $3, version = version + 1 WHERE tenant_id = $1 AND id = $2 RETURNING 1)
SELECT require_one(count(*), 'connection') FROM u;

-- name: ListConnections :many
SELECT * FROM connections WHERE tenant_id = $1 ORDER BY name;

-- name: Connection :one
SELECT * FROM connections WHERE tenant_id = $1 AND id = $2;

-- name: SealedConnectionsAllTenants :many
SELECT tenant_id, id, secret FROM connections WHERE id > sqlc.arg(after) AND secret IS NOT NULL ORDER BY id LIMIT 500;

-- name: ResealConnection :exec
UPDATE connections SET secret = sqlc.arg(secret) WHERE tenant_id = $1 AND id = $2 AND secret = sqlc.arg(old);

-- name: CreateIdentity :exec
INSERT INTO identities (tenant_id, id, user_id, connection_id, issuer, subject, label, created_at, last_used_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8);

-- name: IdentityOf :one
-- Who it is, and whether the connection still lets anybody in, as things are now (gauntlet G06). The connection is read
-- even where nobody has the identity.
SELECT c.disabled, coalesce(i.id, '00000000-0000-0000-0000-000000000000')::uuid AS identity_id, i.user_id, u.email, u.email_key, u.name, u.role, u.disabled AS user_disabled, u.service
FROM connections c
LEFT JOIN identities i ON i.tenant_id = c.tenant_id AND i.connection_id = c.id AND i.issuer = sqlc.arg(issuer) AND i.subject = sqlc.arg(subject) AND i.ended_at IS NULL
LEFT JOIN users u ON u.tenant_id = i.tenant_id AND u.id = i.user_id
WHERE c.tenant_id = $1 AND c.id = $2;

-- name: UseIdentity :exec
WITH u AS (
    UPDATE identities SET last_used_at = sqlc.arg(now)::timestamptz, label = sqlc.arg(label) WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL
    RETURNING 1)
SELECT require_one(count(*), 'identity') FROM u;

-- name: ListIdentities :many
SELECT i.id, i.connection_id, i.label, i.created_at, i.last_used_at, c.name AS connection, c.kind, c.disabled
FROM identities i JOIN connections c ON c.tenant_id = i.tenant_id AND c.id = i.connection_id
WHERE i.tenant_id = $1 AND i.user_id = $2 AND i.ended_at IS NULL ORDER BY i.created_at;

-- name: EndIdentity :exec
WITH u AS (
    UPDATE identities SET ended_at = sqlc.arg(now)::timestamptz, end_reason = sqlc.arg(reason)::text
    WHERE tenant_id = $1 AND user_id = $2 AND id = $3 AND ended_at IS NULL RETURNING 1)
SELECT require_one(count(*), 'identity') FROM u;

-- name: EndIdentities :exec
UPDATE identities SET ended_at = sqlc.arg(now)::timestamptz, end_reason = sqlc.arg(reason)::text
WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL;

-- name: ClearPassword :exec
-- Whoever set it never showed the mailbox that it is named after (gauntlet G12).
UPDATE users SET password_hash = NULL, password_by_mail = false WHERE tenant_id = $1 AND id = $2;

-- name: DescribeUser :exec
-- What the directory upstream says of a person; an empty role leaves it as it is.
UPDATE users SET name = CASE WHEN sqlc.arg(name)::text = '' THEN name ELSE sqlc.arg(name)::text END,
    role = CASE WHEN sqlc.arg(role)::text = '' OR role = 'owner' THEN role ELSE sqlc.arg(role)::text END
WHERE tenant_id = $1 AND id = $2;
