-- name: TakeTries :many
-- One try from each counter, in the order given, in one statement.
SELECT w.name::text AS name, t.allowed::boolean AS allowed, t.failures::int AS failures, coalesce(t.blocked_until, sqlc.arg(now)::timestamptz)::timestamptz AS blocked_until
FROM ROWS FROM (unnest(sqlc.arg(names)::text[]), unnest(sqlc.arg(free)::int[]), unnest(sqlc.arg(first_delay)::int[]),
        unnest(sqlc.arg(max_delay)::int[]), unnest(sqlc.arg(spent)::int[]), unnest(sqlc.arg(forget_before)::timestamptz[]))
    AS w (name, free, first_delay, max_delay, spent, forget_before)
CROSS JOIN LATERAL take_try(sqlc.arg(tenant_id)::uuid, w.name, w.free, w.first_delay, w.max_delay, w.spent, w.forget_before,
    sqlc.arg(now)::timestamptz) AS t (allowed, failures, blocked_until);

-- name: ForgetTries :exec
DELETE FROM throttle_counters WHERE tenant_id = $1 AND name = $2;

-- name: GiveBackTry :exec
-- The try was no failure, but it was not this counter's success either.
UPDATE throttle_counters SET failures = greatest(failures - 1, 0), blocked_until = NULL WHERE tenant_id = $1 AND name = $2;
