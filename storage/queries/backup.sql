-- name: HoldUser :exec
-- Whoever adds or ends factors and codes of one person waits here: the statements after it see what the other did.
SELECT 1 FROM users WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE;

-- name: ExpectFactors :exec
-- Of two enrolments at a time the slower one was judged by factors that are no longer all (gauntlet C07).
SELECT require_one((count(*) = sqlc.arg(expected)::bigint)::int, 'factors') FROM factors
WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL;

-- name: EndBackupCodes :exec
DELETE FROM single_use WHERE tenant_id = $1 AND user_id = sqlc.arg(owner)::uuid AND kind = 'backup_code';

-- name: EndBackupCodesOfUnenrolled :exec
-- With the last factor goes what stood in for it.
DELETE FROM single_use s WHERE s.tenant_id = $1 AND s.user_id = sqlc.arg(owner)::uuid AND s.kind = 'backup_code'
    AND NOT EXISTS (SELECT FROM factors f WHERE f.tenant_id = s.tenant_id AND f.user_id = s.user_id AND f.ended_at IS NULL);

-- name: IssueBackupCodes :exec
-- They do not expire; the table wants an end, so it gets a far one.
INSERT INTO single_use (tenant_id, kind, hash, user_id, data, created_at, expires_at)
SELECT $1, 'backup_code', h, sqlc.arg(owner)::uuid, '{}', sqlc.arg(now)::timestamptz, sqlc.arg(now)::timestamptz + interval '100 years'
FROM unnest(sqlc.arg(hashes)::bytea[]) AS h;

-- name: UseBackupCode :exec
SELECT require_one(count(*) FILTER (WHERE x.fresh), 'backup code')
FROM consume(sqlc.arg(tenant_id)::uuid, 'backup_code', sqlc.arg(hash)::bytea, sqlc.arg(now)::timestamptz) AS x (fresh, reused, grant_id, data, created_at);
