-- What belongs to one person and is used once: backup and access codes, codes sent, links in mails, secrets of trusted
-- devices. All go through consume().

-- name: IssuePersonal :exec
INSERT INTO single_use (tenant_id, kind, hash, user_id, data, created_at, expires_at)
SELECT $1, sqlc.arg(kind)::text, h, sqlc.arg(owner)::uuid, sqlc.arg(data)::jsonb, sqlc.arg(now)::timestamptz, sqlc.arg(expires)::timestamptz
FROM unnest(sqlc.arg(hashes)::bytea[]) AS h;

-- name: EndPersonal :exec
-- New ones of a kind end the old ones: only the newest works.
DELETE FROM single_use WHERE tenant_id = $1 AND user_id = sqlc.arg(owner)::uuid AND kind = sqlc.arg(kind)::text;

-- name: UsePersonal :exec
-- Once, by whoever comes first; the conflict is named after the kind.
SELECT require_one(count(*) FILTER (WHERE x.fresh), sqlc.arg(kind)::text)
FROM consume(sqlc.arg(tenant_id)::uuid, sqlc.arg(kind)::text, sqlc.arg(hash)::bytea, sqlc.arg(now)::timestamptz) AS x (fresh, reused, grant_id, data, created_at);
