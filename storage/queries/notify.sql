-- name: AboutSetting :one
-- Whose setting it is, and what the connection is called that the event is about, if there is such a one.
SELECT t.name AS tenant, coalesce(c.name, '')::text AS connection
FROM tenants t LEFT JOIN connections c ON c.tenant_id = t.tenant_id AND c.id = sqlc.arg(connection)
WHERE t.tenant_id = $1;
