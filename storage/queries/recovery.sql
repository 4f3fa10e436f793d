-- Ways back in: whom a link or an administrator's help is for, as they are now.

-- name: Reachable :one
-- Who may be sent a link: nobody who is locked out, nothing that is no person, and no account that somebody made upstream
-- under an address they never showed: its mailbox would move in with them (gauntlet G12).
SELECT u.id, u.email, u.frozen_at, t.name AS tenant FROM users u JOIN tenants t ON t.tenant_id = u.tenant_id
WHERE u.tenant_id = $1 AND u.email_key = $2 AND NOT u.disabled AND NOT u.service AND NOT t.disabled
    AND (u.email_confirmed_at IS NOT NULL OR u.password_hash IS NOT NULL OR NOT EXISTS (
        SELECT FROM identities i WHERE i.tenant_id = u.tenant_id AND i.user_id = u.id AND i.ended_at IS NULL));

-- name: Person :one
SELECT u.email, u.email_key, u.email_confirmed_at, u.role, t.name AS tenant FROM users u JOIN tenants t ON t.tenant_id = u.tenant_id
WHERE u.tenant_id = $1 AND u.id = $2 AND NOT u.disabled AND NOT u.service AND NOT t.disabled;

-- name: LinkOfPerson :one
-- Looks without taking; a link of somebody who is locked out is dead.
SELECT u.id, u.email, u.email_key, s.data, t.name AS tenant
FROM single_use s
JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
JOIN tenants t ON t.tenant_id = s.tenant_id
WHERE s.tenant_id = $1 AND s.kind = $2 AND s.hash = $3 AND s.used_at IS NULL AND s.expires_at > sqlc.arg(now)::timestamptz
    AND NOT u.disabled AND NOT u.service AND NOT t.disabled;

-- name: HoldPerson :exec
-- HoldUser for whoever helps: an administrator may change what its owner has frozen.
WITH u AS (SELECT 1 FROM users WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE)
SELECT require_one(count(*), 'user') FROM u;

-- name: EndProvenAttempts :exec
-- A sign-in halfway through has shown what is no longer worth anything; one that has shown nothing may go on.
UPDATE signin_attempts SET expires_at = sqlc.arg(now)::timestamptz
WHERE tenant_id = $1 AND user_id = sqlc.arg(owner)::uuid AND done_at IS NULL AND expires_at > sqlc.arg(now)::timestamptz
    AND jsonb_array_length(coalesce(facts -> 'proofs', '[]')) > 0;
