-- name: CreateClient :exec
INSERT INTO clients (tenant_id, id, name, application_type, auth_method, secret_hash, redirect_uris, post_logout_redirect_uris,
    grant_types, scopes, audience, require_pkce, first_party, access_token_format, id_token_alg, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16);

-- name: ClientByIDAllTenants :one
SELECT * FROM clients WHERE id = $1;

-- name: ListClients :many
SELECT * FROM clients WHERE tenant_id = $1 ORDER BY id;

-- name: SetClientDisabled :exec
WITH u AS (UPDATE clients SET disabled = $3 WHERE tenant_id = $1 AND id = $2 RETURNING 1)
SELECT require_one(count(*), 'client') FROM u;

-- name: ReplaceClientURIs :exec
WITH u AS (UPDATE clients SET redirect_uris = $3, post_logout_redirect_uris = $4, secret_hash = $5 WHERE tenant_id = $1 AND id = $2 RETURNING 1)
SELECT require_one(count(*), 'client') FROM u;
