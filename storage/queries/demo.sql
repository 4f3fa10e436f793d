-- name: MoveIdentities :exec
-- The demo's simulated provider calls itself by its port, which may be another in the next run: its people stay who they are.
UPDATE identities SET issuer = sqlc.arg(origin)::text || substr(issuer, length(sqlc.arg(old)::text) + 1)
WHERE tenant_id = $1 AND connection_id = $2 AND starts_with(issuer, sqlc.arg(old)::text);
