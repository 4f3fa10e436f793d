-- name: CreateAttempt :exec
INSERT INTO signin_attempts (tenant_id, id, binding, purpose, client_id, request, user_id, session_id, facts, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: LoadAttempt :one
-- Everything a step needs, in one statement: the facts on record as they are now.
SELECT sqlc.embed(a), t.slug AS tenant_slug, t.name AS tenant_name, t.disabled AS tenant_disabled,
    u.email, u.email_confirmed_at, u.name, u.password_hash, u.password_by_mail, u.role, u.service, u.disabled AS user_disabled, u.frozen_at,
    u.enrol_until, u.enrol_skips,
    coalesce(p.version, 0)::int AS policy_version, p.document AS policy,
    s.proofs AS session_proofs, s.created_at AS session_created_at, s.seen_at AS session_seen_at,
    c.scopes AS consented, coalesce(k.name, '')::text AS client_name, coalesce(k.first_party, false) AS first_party,
    coalesce((SELECT jsonb_agg(jsonb_build_object('id', f.id, 'kind', f.kind, 'name', f.name, 'used', f.last_used_at,
            'step', f.last_step, 'secret', encode(f.secret, 'base64')))
        FROM factors f WHERE f.tenant_id = a.tenant_id AND f.user_id = a.user_id AND f.ended_at IS NULL), '[]')::jsonb AS factors,
    coalesce((SELECT jsonb_agg(encode(b.hash, 'base64')) FROM single_use b
        WHERE b.tenant_id = a.tenant_id AND b.user_id = a.user_id AND b.kind = 'backup_code' AND b.used_at IS NULL), '[]')::jsonb AS backup_codes,
    coalesce((SELECT jsonb_agg(jsonb_build_object('hash', encode(b.hash, 'base64'), 'expires', b.expires_at)) FROM single_use b
        WHERE b.tenant_id = a.tenant_id AND b.user_id = a.user_id AND b.kind = 'access_code' AND b.used_at IS NULL), '[]')::jsonb AS access_codes,
    CASE WHEN a.user_id IS NULL THEN '[]' ELSE identities_of(a.tenant_id, a.user_id) END::jsonb AS identities,
    r.id AS report_id, r.document AS report,
    m.sent_at AS message_sent_at, m.failed_at AS message_failed_at, coalesce(m.last_error <> '', false)::boolean AS message_tried,
    x.hash AS device_hash, x.used_at AS device_used_at, d.id AS device_id, d.policy_version AS device_policy, d.expires_at AS device_expires_at, d.ended_at AS device_ended_at
FROM signin_attempts a
LEFT JOIN tenants t ON t.tenant_id = a.tenant_id
LEFT JOIN users u ON u.tenant_id = a.tenant_id AND u.id = a.user_id
LEFT JOIN LATERAL (SELECT version, document FROM policies p WHERE p.tenant_id = a.tenant_id ORDER BY version DESC LIMIT 1) p ON true
LEFT JOIN policy_reports r ON r.tenant_id = a.tenant_id AND r.ended_at IS NULL
LEFT JOIN sessions s ON s.tenant_id = a.tenant_id AND s.id = a.session_id AND s.user_id = a.user_id AND s.ended_at IS NULL
LEFT JOIN consents c ON c.tenant_id = a.tenant_id AND c.user_id = a.user_id AND c.client_id = a.client_id
LEFT JOIN clients k ON k.id = a.client_id AND (k.tenant_id = a.tenant_id OR k.tenant_id = lobby())
LEFT JOIN messages m ON m.tenant_id = a.tenant_id AND m.id = (a.facts -> 'sent' ->> 'message')::uuid
LEFT JOIN single_use x ON x.tenant_id = a.tenant_id AND x.kind = 'trusted_device' AND x.user_id = a.user_id AND x.hash = (
    -- Of several secrets of this person that the browser holds, the one that is worth most.
    SELECT y.hash FROM single_use y JOIN trusted_devices e ON e.tenant_id = y.tenant_id AND e.id = (y.data ->> 'device')::uuid AND e.user_id = y.user_id
    WHERE y.tenant_id = a.tenant_id AND y.kind = 'trusted_device' AND y.user_id = a.user_id AND y.hash = ANY(sqlc.arg(devices)::bytea[])
    ORDER BY e.ended_at IS NULL DESC, e.policy_version DESC, y.used_at IS NULL DESC, e.expires_at DESC LIMIT 1)
LEFT JOIN trusted_devices d ON d.tenant_id = x.tenant_id AND d.id = (x.data ->> 'device')::uuid AND d.user_id = x.user_id
WHERE a.tenant_id = $1 AND a.id = $2 AND a.binding = $3;

-- name: AdvanceAttempt :exec
-- The only way facts change. Whoever read an older version changes nothing.
WITH u AS (
    UPDATE signin_attempts SET tenant_id = sqlc.arg(to_tenant)::uuid, version = version + 1, binding = sqlc.arg(binding),
        user_id = sqlc.narg(user_id), session_id = sqlc.narg(session_id), facts = sqlc.arg(facts)
    WHERE tenant_id = $1 AND id = $2 AND version = sqlc.arg(version) AND done_at IS NULL AND expires_at > sqlc.arg(now)::timestamptz
    RETURNING 1)
SELECT require_one(count(*), 'attempt version') FROM u;

-- name: FinishAttempt :exec
-- Once: a second callback for the same sign-in finds it done (gauntlet E11). User and tenant are
-- read again, so that nobody locked out in the middle gets through (A09).
WITH u AS (
    UPDATE signin_attempts a SET done_at = sqlc.arg(now)::timestamptz, version = version + 1
    WHERE a.tenant_id = $1 AND a.id = $2 AND a.version = sqlc.arg(version) AND a.done_at IS NULL AND a.expires_at > sqlc.arg(now)::timestamptz
    AND EXISTS (SELECT FROM users u JOIN tenants t ON t.tenant_id = u.tenant_id
        WHERE u.tenant_id = a.tenant_id AND u.id = a.user_id AND NOT u.disabled AND NOT t.disabled)
    AND (a.client_id IS NULL OR EXISTS (SELECT FROM clients c WHERE c.id = a.client_id AND c.tenant_id IN (a.tenant_id, lobby()) AND NOT c.disabled))
    RETURNING 1)
SELECT require_one(count(*), 'attempt') FROM u;
