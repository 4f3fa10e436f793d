-- name: FactsOfPerson :one
-- What a judge would hear of a person who signed in now, as LoadAttempt reads it, without anything secret.
SELECT t.disabled AS tenant_disabled, coalesce(p.version, 0)::int AS policy_version, p.document AS policy,
    u.email, u.email_confirmed_at, (u.password_hash IS NOT NULL)::boolean AS has_password, u.password_by_mail, u.role, u.service, u.disabled,
    u.enrol_until, u.enrol_skips,
    coalesce((SELECT jsonb_agg(jsonb_build_object('id', f.id, 'kind', f.kind, 'name', f.name, 'used', f.last_used_at))
        FROM factors f WHERE f.tenant_id = u.tenant_id AND f.user_id = u.id AND f.ended_at IS NULL), '[]')::jsonb AS factors,
    (SELECT count(*) FROM single_use b
        WHERE b.tenant_id = u.tenant_id AND b.user_id = u.id AND b.kind = 'backup_code' AND b.used_at IS NULL) AS backup_codes,
    coalesce((SELECT jsonb_agg(jsonb_build_object('expires', b.expires_at)) FROM single_use b
        WHERE b.tenant_id = u.tenant_id AND b.user_id = u.id AND b.kind = 'access_code' AND b.used_at IS NULL), '[]')::jsonb AS access_codes,
    identities_of(u.tenant_id, u.id)::jsonb AS identities
FROM users u
JOIN tenants t ON t.tenant_id = u.tenant_id
LEFT JOIN LATERAL (SELECT version, document FROM policies p WHERE p.tenant_id = u.tenant_id ORDER BY version DESC LIMIT 1) p ON true
WHERE u.tenant_id = $1 AND u.id = $2;

-- name: PolicyVersion :one
SELECT p.created_at, coalesce(u.email, '')::text AS author
FROM policies p LEFT JOIN users u ON u.tenant_id = p.tenant_id AND u.id = p.created_by
WHERE p.tenant_id = $1 AND p.version = $2;

-- name: NamesOfConnections :many
SELECT id, name, disabled FROM connections WHERE tenant_id = $1 ORDER BY name;
