-- name: GiveConsent :exec
-- Scopes add up: what was granted before stays granted.
INSERT INTO consents AS c (tenant_id, user_id, client_id, scopes, attempt_id, granted_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant_id, user_id, client_id) DO UPDATE SET
    scopes = ARRAY(SELECT DISTINCT unnest(c.scopes || excluded.scopes) ORDER BY 1),
    attempt_id = excluded.attempt_id, granted_at = excluded.granted_at;

-- name: ListConsents :many
SELECT c.client_id, c.scopes, c.granted_at, coalesce(k.name, c.client_id)::text AS client_name
FROM consents c LEFT JOIN clients k ON k.id = c.client_id AND k.tenant_id IN (c.tenant_id, lobby())
WHERE c.tenant_id = $1 AND c.user_id = $2 ORDER BY c.granted_at DESC;

-- name: RevokeConsent :exec
WITH u AS (DELETE FROM consents WHERE tenant_id = $1 AND user_id = $2 AND client_id = $3 RETURNING 1)
SELECT require_one(count(*), 'consent') FROM u;

-- name: EndGrantsOfClient :exec
UPDATE grants SET ended_at = sqlc.arg(now)::timestamptz, end_reason = sqlc.arg(reason)::text
WHERE tenant_id = $1 AND user_id = $2 AND client_id = $3 AND ended_at IS NULL;
