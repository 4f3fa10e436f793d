-- name: HoldUser :exec
-- Whoever changes what a person proves themselves with waits here: the statements after it see what the other did.
-- Nobody changes anything while the person's word stands that a change was not theirs.
WITH u AS (SELECT 1 FROM users WHERE tenant_id = $1 AND id = $2 AND frozen_at IS NULL FOR NO KEY UPDATE)
SELECT require_one(count(*), 'changes frozen') FROM u;

-- name: ExpectFactors :exec
-- Of two enrolments at a time the slower one was judged by factors that are no longer all (gauntlet C07).
SELECT require_one((count(*) = sqlc.arg(expected)::bigint)::int, 'factors') FROM factors
WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL;

-- name: EndBackupCodesOfUnenrolled :exec
-- With the last factor goes what stood in for it.
DELETE FROM single_use s WHERE s.tenant_id = $1 AND s.user_id = sqlc.arg(owner)::uuid AND s.kind = 'backup_code'
    AND NOT EXISTS (SELECT FROM factors f WHERE f.tenant_id = s.tenant_id AND f.user_id = s.user_id AND f.ended_at IS NULL);
