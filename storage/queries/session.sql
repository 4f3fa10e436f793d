-- name: CreateSession :exec
INSERT INTO sessions (tenant_id, id, user_id, secret_hash, proofs, created_at, seen_at, address, agent, upstream)
VALUES ($1, $2, $3, $4, $5, sqlc.arg(now), sqlc.arg(now), sqlc.arg(address), sqlc.arg(agent), sqlc.arg(upstream));

-- name: RenewSession :exec
-- The secret changes with every rise of privilege (gauntlet D02).
WITH u AS (
    UPDATE sessions SET secret_hash = sqlc.arg(secret_hash), proofs = sqlc.arg(proofs), seen_at = sqlc.arg(now),
        upstream = coalesce(nullif(sqlc.arg(upstream)::text, ''), upstream)
    WHERE tenant_id = $1 AND id = $2 AND user_id = $3 AND ended_at IS NULL
    RETURNING 1)
SELECT require_one(count(*), 'session') FROM u;

-- name: SessionBySecret :one
SELECT sqlc.embed(s), sqlc.embed(u), sqlc.embed(t), coalesce(p.version, 0)::int AS policy_version, p.document AS policy,
    coalesce((SELECT jsonb_agg(jsonb_build_object('id', f.id, 'kind', f.kind, 'name', f.name, 'used', f.last_used_at,
            'step', f.last_step, 'secret', encode(f.secret, 'base64')))
        FROM factors f WHERE f.tenant_id = s.tenant_id AND f.user_id = s.user_id AND f.ended_at IS NULL), '[]')::jsonb AS factors,
    (SELECT count(*) FROM single_use b
        WHERE b.tenant_id = s.tenant_id AND b.user_id = s.user_id AND b.kind = 'backup_code' AND b.used_at IS NULL)::int AS backup_codes,
    identities_of(s.tenant_id, s.user_id)::jsonb AS identities
FROM sessions s
JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
JOIN tenants t ON t.tenant_id = s.tenant_id
LEFT JOIN LATERAL (SELECT version, document FROM policies p WHERE p.tenant_id = s.tenant_id ORDER BY version DESC LIMIT 1) p ON true
WHERE s.tenant_id = $1 AND s.secret_hash = $2 AND s.id = $3 AND s.ended_at IS NULL AND NOT u.disabled AND NOT t.disabled;

-- name: TouchSession :exec
-- At most once a minute: a read must not cost a durable write each time.
UPDATE sessions SET seen_at = sqlc.arg(now) WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL
    AND seen_at < sqlc.arg(now)::timestamptz - interval '1 minute';

-- name: ListSessions :many
SELECT id, proofs, created_at, seen_at, address, agent FROM sessions
WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL AND created_at > sqlc.arg(since)::timestamptz ORDER BY seen_at DESC LIMIT 100;

-- name: EndSession :exec
WITH u AS (
    UPDATE sessions SET ended_at = sqlc.arg(now)::timestamptz, end_reason = sqlc.arg(reason)::text
    WHERE tenant_id = $1 AND user_id = $2 AND id = $3 AND ended_at IS NULL
    RETURNING 1)
SELECT require_one(count(*), 'session') FROM u;

-- name: EndGrantsOfSession :exec
UPDATE grants SET ended_at = sqlc.arg(now)::timestamptz, end_reason = sqlc.arg(reason)::text
WHERE tenant_id = $1 AND session_id = $2 AND ended_at IS NULL;

-- name: EndOtherSessions :exec
UPDATE sessions SET ended_at = sqlc.arg(now)::timestamptz, end_reason = sqlc.arg(reason)::text
WHERE tenant_id = $1 AND user_id = $2 AND id <> sqlc.arg(keep) AND ended_at IS NULL;

-- name: EndOtherGrants :exec
UPDATE grants SET ended_at = sqlc.arg(now)::timestamptz, end_reason = sqlc.arg(reason)::text
WHERE tenant_id = $1 AND user_id = $2 AND session_id <> sqlc.arg(keep)::uuid AND ended_at IS NULL;

-- name: SessionOfUser :one
SELECT id, address, agent, ended_at FROM sessions WHERE tenant_id = $1 AND user_id = $2 AND id = $3;

-- name: SessionsInBrowserAllTenants :many
-- The sessions whose secrets one browser holds, of whatever tenant: the account chooser.
SELECT s.tenant_id, s.id, s.user_id, s.secret_hash, s.created_at, s.seen_at, u.email, u.name, t.slug, t.name AS tenant_name, p.document AS policy
FROM sessions s
JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id AND NOT u.disabled
JOIN tenants t ON t.tenant_id = s.tenant_id AND NOT t.disabled
JOIN LATERAL (SELECT document FROM policies p WHERE p.tenant_id = s.tenant_id ORDER BY version DESC LIMIT 1) p ON true
WHERE s.id = ANY(sqlc.arg(ids)::uuid[]) AND s.secret_hash = ANY(sqlc.arg(hashes)::bytea[]) AND s.ended_at IS NULL
ORDER BY s.seen_at DESC LIMIT 10;

-- name: SessionsOfIdentity :many
SELECT id, user_id FROM sessions WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL
    AND proofs @> jsonb_build_array(jsonb_build_object('upstream', jsonb_build_object('identity', sqlc.arg(identity)::uuid)));

-- name: SessionsUpstream :many
SELECT id, user_id FROM sessions WHERE tenant_id = $1 AND upstream = sqlc.arg(upstream) AND ended_at IS NULL LIMIT 100;
