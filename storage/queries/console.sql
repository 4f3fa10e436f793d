-- Lists as administrators look at them.

-- name: SearchPeople :many
-- A page of the people whose address has the text in it, in the order of addresses.
SELECT u.id, u.email, u.email_key, u.name, u.role, u.service, u.disabled,
    (SELECT count(*) FROM factors f WHERE f.tenant_id = u.tenant_id AND f.user_id = u.id AND f.ended_at IS NULL) AS factors,
    EXISTS (SELECT FROM identities i WHERE i.tenant_id = u.tenant_id AND i.user_id = u.id AND i.ended_at IS NULL)::boolean AS federated
FROM users u
WHERE u.tenant_id = $1 AND u.email_key > sqlc.arg(after)::text AND strpos(u.email_key, sqlc.arg(text)::text) > 0
ORDER BY u.email_key LIMIT sqlc.arg(rows)::int;

-- name: AddressesOf :many
SELECT id, email FROM users WHERE tenant_id = $1 AND id = ANY(sqlc.arg(people)::uuid[]);
