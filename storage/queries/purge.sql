-- name: PurgeAttemptsAllTenants :execrows
DELETE FROM signin_attempts WHERE (tenant_id, id) IN (
    SELECT x.tenant_id, x.id FROM signin_attempts x WHERE x.expires_at < $1 ORDER BY x.expires_at LIMIT 5000);

-- name: PurgeSingleUseAllTenants :execrows
DELETE FROM single_use WHERE (tenant_id, kind, hash) IN (
    SELECT x.tenant_id, x.kind, x.hash FROM single_use x WHERE x.expires_at < $1 ORDER BY x.expires_at LIMIT 5000);

-- name: PurgeAccessTokensAllTenants :execrows
DELETE FROM access_tokens WHERE (tenant_id, hash) IN (
    SELECT x.tenant_id, x.hash FROM access_tokens x WHERE x.expires_at < $1 ORDER BY x.expires_at LIMIT 5000);

-- name: PurgeGrantsAllTenants :execrows
DELETE FROM grants WHERE (tenant_id, id) IN (
    SELECT x.tenant_id, x.id FROM grants x WHERE x.expires_at < $1 ORDER BY x.expires_at LIMIT 5000);

-- name: PurgeSessionsAllTenants :execrows
DELETE FROM sessions WHERE (tenant_id, id) IN (
    SELECT x.tenant_id, x.id FROM sessions x WHERE x.created_at < $1 ORDER BY x.created_at LIMIT 5000);

-- name: PurgeThrottleAllTenants :execrows
-- Never those of an authenticator: its failures count until it is bound again (NIST SP 800-63B-4 3.2.2).
DELETE FROM throttle_counters WHERE (tenant_id, name) IN (
    SELECT x.tenant_id, x.name FROM throttle_counters x WHERE x.updated_at < $1 AND x.name NOT LIKE 'factor:%' ORDER BY x.updated_at LIMIT 5000);

-- name: PurgeMessagesAllTenants :execrows
DELETE FROM messages WHERE (tenant_id, id) IN (
    SELECT x.tenant_id, x.id FROM messages x WHERE x.created_at < $1 ORDER BY x.created_at LIMIT 5000);

-- name: PurgeDevicesAllTenants :execrows
DELETE FROM trusted_devices WHERE (tenant_id, id) IN (
    SELECT x.tenant_id, x.id FROM trusted_devices x WHERE x.expires_at < $1 ORDER BY x.expires_at LIMIT 5000);

-- name: PurgeReportsAllTenants :execrows
-- What was counted stands in the audit record.
DELETE FROM policy_reports WHERE (tenant_id, id) IN (
    SELECT x.tenant_id, x.id FROM policy_reports x WHERE x.ended_at < sqlc.arg(before)::timestamptz ORDER BY x.ended_at LIMIT 5000);
