-- name: CreateTenant :exec
INSERT INTO tenants (tenant_id, slug, name, created_at) VALUES ($1, $2, $3, $4);

-- name: SetTenantDisabled :exec
WITH u AS (UPDATE tenants SET disabled = $2 WHERE tenant_id = $1 RETURNING 1)
SELECT require_one(count(*), 'tenant') FROM u;

-- name: ListTenantsAllTenants :many
SELECT tenant_id, slug, name, disabled, created_at FROM tenants ORDER BY slug;

-- name: CurrentPolicy :one
SELECT version, document FROM policies WHERE tenant_id = $1 ORDER BY version DESC LIMIT 1;

-- name: CreatePolicyVersion :exec
-- A version that exists already is a conflict: somebody else changed the policy meanwhile.
INSERT INTO policies (tenant_id, version, document, created_at, created_by) VALUES ($1, $2, $3, $4, $5);

-- name: ListPolicyVersions :many
SELECT p.version, p.document, p.created_at, coalesce(u.email, '')::text AS author
FROM policies p LEFT JOIN users u ON u.tenant_id = p.tenant_id AND u.id = p.created_by
WHERE p.tenant_id = $1 ORDER BY p.version DESC LIMIT 50;
