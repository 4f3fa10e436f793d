-- name: CreateDomain :exec
INSERT INTO domains (tenant_id, name, challenge, connection_id, created_at) VALUES ($1, $2, $3, $4, $5);

-- name: ListDomains :many
SELECT * FROM domains WHERE tenant_id = $1 ORDER BY name;

-- name: ListDomainsAllTenants :many
SELECT d.tenant_id, d.name, d.challenge, d.connection_id, d.proven_at, d.checked_at, d.absent_since
FROM domains d JOIN tenants t ON t.tenant_id = d.tenant_id AND NOT t.disabled ORDER BY d.name;

-- name: RemoveDomain :exec
WITH u AS (DELETE FROM domains WHERE tenant_id = $1 AND name = $2 RETURNING 1)
SELECT require_one(count(*), 'domain') FROM u;

-- name: ConnectDomain :exec
WITH u AS (UPDATE domains SET connection_id = $3 WHERE tenant_id = $1 AND name = $2 RETURNING 1)
SELECT require_one(count(*), 'domain') FROM u;

-- name: NoteDomain :exec
-- What a look at the DNS has shown; one that another tenant has proven meanwhile conflicts.
UPDATE domains SET proven_at = sqlc.narg(proven_at), checked_at = sqlc.arg(now)::timestamptz, absent_since = sqlc.narg(absent_since)
WHERE tenant_id = $1 AND name = $2 AND challenge = $3;

-- name: DomainProven :one
SELECT EXISTS (SELECT FROM domains WHERE tenant_id = $1 AND name = $2 AND proven_at IS NOT NULL)::boolean AS proven;

-- name: Domain :one
SELECT * FROM domains WHERE tenant_id = $1 AND name = $2;

-- name: HoldDomain :one
-- As it is once nobody else notes a look at it; one that was removed and added again since is another.
SELECT * FROM domains WHERE tenant_id = $1 AND name = $2 AND challenge = $3 FOR UPDATE;

-- name: DomainsDueAllTenants :many
-- Disabled tenants as well: what they do not own any more, somebody else may want to prove.
SELECT * FROM domains
WHERE (checked_at IS NULL OR checked_at < sqlc.arg(before)::timestamptz) AND (tenant_id, name) > (sqlc.arg(after_tenant)::uuid, sqlc.arg(after_name)::text)
ORDER BY tenant_id, name LIMIT 500;
