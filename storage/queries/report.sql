-- name: CreateReport :exec
INSERT INTO policy_reports (tenant_id, id, document, created_at, created_by) VALUES ($1, $2, $3, $4, $5);

-- name: EndReport :exec
WITH u AS (UPDATE policy_reports SET ended_at = sqlc.arg(now)::timestamptz WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL RETURNING 1)
SELECT require_one(count(*), 'report') FROM u;

-- name: CurrentReport :one
SELECT * FROM policy_reports WHERE tenant_id = $1 AND ended_at IS NULL;

-- name: CountReport :many
-- What the policy that is only watched would have done at the sign-ins since it began, by what was done. The name of the
-- report decides; the time only bounds what is read, with an hour for clocks that differ.
SELECT (detail -> 'report' ->> 'before')::text AS before, (detail -> 'report' ->> 'after')::text AS after, count(*)::bigint AS signins,
    count(DISTINCT target_id)::bigint AS people
FROM audit_events WHERE tenant_id = $1 AND kind IN ('signin.done', 'signin.refused') AND at > sqlc.arg(since)::timestamptz - interval '1 hour'
    AND detail -> 'report' ->> 'id' = sqlc.arg(report)::text
GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2;

-- name: ListSignIns :many
-- The sign-ins of a person, or of everybody, newest first, finished and refused.
SELECT e.id, e.at, e.kind, e.target_id, coalesce(u.email, '')::text AS email, e.address, e.request_id, e.detail
FROM audit_events e LEFT JOIN users u ON u.tenant_id = e.tenant_id AND u.id = CASE WHEN e.target_kind = 'user' THEN e.target_id::uuid END
WHERE e.tenant_id = $1 AND e.kind IN ('signin.done', 'signin.refused')
    AND (sqlc.arg(person)::text = '' OR (e.target_kind = 'user' AND e.target_id = sqlc.arg(person)::text))
ORDER BY e.at DESC, e.id DESC LIMIT 100;

-- name: SignIn :one
SELECT e.id, e.at, e.kind, e.target_id, coalesce(u.email, '')::text AS email, e.address, e.request_id, e.detail
FROM audit_events e LEFT JOIN users u ON u.tenant_id = e.tenant_id AND u.id = CASE WHEN e.target_kind = 'user' THEN e.target_id::uuid END
WHERE e.tenant_id = $1 AND e.id = $2 AND e.kind IN ('signin.done', 'signin.refused');
