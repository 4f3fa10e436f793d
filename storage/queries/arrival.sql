-- name: ListConnectionsAllTenants :many
-- The whole list, as with tenants: a look-up per identifier that somebody made up would be a query per guess.
SELECT * FROM connections ORDER BY tenant_id, name;

-- name: ExpectConnection :exec
-- What was decided by an older version of the connection, or by one that was disabled, is not done (gauntlet G06).
SELECT require_one(count(*), 'connection version') FROM connections
WHERE tenant_id = $1 AND id = $2 AND version = sqlc.arg(version) AND NOT disabled;

-- name: ArriveAt :one
-- Who the identity belongs to, and which version of the connection says so, as things are now. The connection is read even
-- where nobody has the identity.
SELECT c.version, c.disabled, coalesce(i.id, '00000000-0000-0000-0000-000000000000')::uuid AS identity_id, i.user_id,
    coalesce(u.name, '')::text AS name, coalesce(u.role, '')::text AS role, coalesce(u.service, false)::boolean AS service
FROM connections c
LEFT JOIN identities i ON i.tenant_id = c.tenant_id AND i.connection_id = c.id AND i.issuer = sqlc.arg(issuer) AND i.subject = sqlc.arg(subject) AND i.ended_at IS NULL
LEFT JOIN users u ON u.tenant_id = i.tenant_id AND u.id = i.user_id
WHERE c.tenant_id = $1 AND c.id = $2;

-- name: AccountByAddress :one
-- The account of an address; connected says that somebody at the connection is its owner already.
SELECT u.id, u.email_confirmed_at, u.name, u.role, u.service, u.disabled, u.frozen_at,
    EXISTS (SELECT FROM identities i WHERE i.tenant_id = u.tenant_id AND i.user_id = u.id AND i.connection_id = sqlc.arg(connection)::uuid
        AND i.ended_at IS NULL)::boolean AS connected
FROM users u WHERE u.tenant_id = $1 AND u.email_key = $2;

-- name: ExpectAccount :exec
-- Under the lock of HoldUser: the account is still the one that was judged.
SELECT require_one(count(*), 'account') FROM users
WHERE tenant_id = $1 AND id = $2 AND email_key = $3 AND (email_confirmed_at IS NOT NULL) = sqlc.arg(confirmed)::boolean AND role = 'user' AND NOT service
    AND NOT disabled;

-- name: WaysIn :one
-- With what somebody could begin a sign-in if the identity were gone.
SELECT (u.password_hash IS NOT NULL)::boolean AS password,
    EXISTS (SELECT FROM factors f WHERE f.tenant_id = u.tenant_id AND f.user_id = u.id AND f.kind = 'webauthn' AND f.ended_at IS NULL)::boolean AS passkey,
    EXISTS (SELECT FROM identities i JOIN connections c ON c.tenant_id = i.tenant_id AND c.id = i.connection_id AND NOT c.disabled
        WHERE i.tenant_id = u.tenant_id AND i.user_id = u.id AND i.id <> sqlc.arg(identity)::uuid AND i.ended_at IS NULL)::boolean AS others,
    coalesce((SELECT version FROM policies p WHERE p.tenant_id = u.tenant_id ORDER BY version DESC LIMIT 1), 0)::int AS policy_version,
    coalesce((SELECT document FROM policies p WHERE p.tenant_id = u.tenant_id ORDER BY version DESC LIMIT 1), '{}')::jsonb AS policy
FROM users u WHERE u.tenant_id = $1 AND u.id = $2;
