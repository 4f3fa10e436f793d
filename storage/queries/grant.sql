-- name: CreateGrant :exec
INSERT INTO grants (tenant_id, id, user_id, client_id, session_id, scopes, acr, amr, auth_time, proofs, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: EndGrant :exec
UPDATE grants SET ended_at = sqlc.arg(now)::timestamptz, end_reason = sqlc.arg(reason)::text
WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL;

-- name: IssueSingleUse :exec
INSERT INTO single_use (tenant_id, kind, hash, grant_id, data, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: ConsumeForGrant :one
-- Takes a code or refresh token and reads what the gate judges before it issues: the grant, and its
-- people as they are now.
SELECT x.fresh::boolean AS fresh, x.reused::boolean AS reused, x.data::jsonb AS data, x.created_at::timestamptz AS created_at, sqlc.embed(g), sqlc.embed(u), t.slug AS tenant_slug, t.disabled AS tenant_disabled,
    coalesce(p.version, 0)::int AS policy_version, p.document AS policy, s.ended_at AS session_ended_at, s.address AS session_address,
    (NOT c.disabled)::boolean AS client_enabled,
    coalesce((SELECT jsonb_agg(jsonb_build_object('id', f.id, 'kind', f.kind, 'name', f.name, 'used', f.last_used_at, 'step', f.last_step))
        FROM factors f WHERE f.tenant_id = g.tenant_id AND f.user_id = g.user_id AND f.ended_at IS NULL), '[]')::jsonb AS factors,
    identities_of(g.tenant_id, g.user_id)::jsonb AS identities
FROM consume(sqlc.arg(tenant_id)::uuid, sqlc.arg(kind)::text, sqlc.arg(hash)::bytea, sqlc.arg(now)::timestamptz) AS x (fresh, reused, grant_id, data, created_at)
JOIN grants g ON g.tenant_id = sqlc.arg(tenant_id)::uuid AND g.id = x.grant_id
JOIN users u ON u.tenant_id = g.tenant_id AND u.id = g.user_id
JOIN tenants t ON t.tenant_id = g.tenant_id
JOIN clients c ON c.id = g.client_id AND c.tenant_id IN (g.tenant_id, lobby())
LEFT JOIN sessions s ON s.tenant_id = g.tenant_id AND s.id = g.session_id
LEFT JOIN LATERAL (SELECT version, document FROM policies p WHERE p.tenant_id = g.tenant_id ORDER BY version DESC LIMIT 1) p ON true;

-- name: CreateAccessToken :exec
INSERT INTO access_tokens (tenant_id, hash, grant_id, client_id, scopes, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: LiveAccessToken :one
-- A token lives while its grant, user, tenant and client do: one look, nothing cached (gauntlet D08).
SELECT a.client_id, a.scopes, a.created_at, a.expires_at, a.grant_id, g.user_id AS subject, g.session_id AS sid, g.acr, g.amr, g.auth_time,
    coalesce(u.email, '')::text AS email, u.email_confirmed_at, coalesce(u.name, '')::text AS name, coalesce(t.slug, '')::text AS tenant_slug, c.audience
FROM access_tokens a
JOIN clients c ON c.id = a.client_id AND c.tenant_id IN (a.tenant_id, lobby()) AND NOT c.disabled
LEFT JOIN tenants t ON t.tenant_id = a.tenant_id
LEFT JOIN grants g ON g.tenant_id = a.tenant_id AND g.id = a.grant_id
LEFT JOIN users u ON u.tenant_id = g.tenant_id AND u.id = g.user_id
WHERE a.tenant_id = $1 AND a.hash = $2 AND a.expires_at > sqlc.arg(now)::timestamptz AND a.ended_at IS NULL
    AND (t.tenant_id IS NULL OR NOT t.disabled)
    AND (a.grant_id IS NULL OR (g.ended_at IS NULL AND NOT u.disabled));

-- name: LiveRefreshToken :one
-- Alive means what it means to the gate: of an enabled user of an enabled tenant.
SELECT s.expires_at, s.created_at, sqlc.embed(g), t.slug AS tenant_slug FROM single_use s
JOIN grants g ON g.tenant_id = s.tenant_id AND g.id = s.grant_id
JOIN users u ON u.tenant_id = g.tenant_id AND u.id = g.user_id AND NOT u.disabled
JOIN tenants t ON t.tenant_id = g.tenant_id AND NOT t.disabled
WHERE s.tenant_id = $1 AND s.kind = 'refresh' AND s.hash = $2 AND s.used_at IS NULL AND s.expires_at > sqlc.arg(now)::timestamptz AND g.ended_at IS NULL;

-- name: EndAccessToken :exec
-- Revocation by the client that owns the token; anybody else's request changes nothing (RFC 7009 2.1).
UPDATE access_tokens SET ended_at = sqlc.arg(now)::timestamptz WHERE tenant_id = $1 AND hash = $2 AND client_id = $3 AND ended_at IS NULL;

-- name: EndGrantOfRefreshToken :exec
UPDATE grants g SET ended_at = sqlc.arg(now)::timestamptz, end_reason = 'revoked by client'
FROM single_use s WHERE s.tenant_id = $1 AND s.kind = 'refresh' AND s.hash = $2
    AND g.tenant_id = s.tenant_id AND g.id = s.grant_id AND g.client_id = $3 AND g.ended_at IS NULL;

-- name: SeeLogoutToken :exec
-- Once: a second one with the same identifier conflicts (OpenID Connect Back-Channel Logout 2.6).
INSERT INTO single_use (tenant_id, kind, hash, data, created_at, expires_at, used_at)
VALUES ($1, 'logout_token', $2, '{}', sqlc.arg(now), sqlc.arg(expires), sqlc.arg(now));
