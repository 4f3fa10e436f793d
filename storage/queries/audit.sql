-- name: RecordEvent :exec
INSERT INTO audit_events (tenant_id, id, at, kind, actor_kind, actor_id, target_kind, target_id, request_id, address, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: EventByID :one
SELECT * FROM audit_events WHERE tenant_id = $1 AND id = $2;

-- name: ListEvents :many
SELECT * FROM audit_events WHERE tenant_id = $1 ORDER BY at DESC, id DESC LIMIT $2;
