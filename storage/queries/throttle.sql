-- name: TakeTry :one
-- Counts the try before anything is verified and refuses it while the counter is blocked or spent.
-- One statement: parallel tries queue on the row, so no two see the same count (gauntlet B01, J07).
WITH taken AS (
    INSERT INTO throttle_counters AS c (tenant_id, name, failures, blocked_until, updated_at)
    VALUES ($1, $2, 1, NULL, sqlc.arg(now))
    ON CONFLICT (tenant_id, name) DO UPDATE SET
        failures = CASE WHEN c.updated_at < sqlc.arg(forget_before)::timestamptz THEN 1 ELSE c.failures + 1 END,
        blocked_until = CASE WHEN c.updated_at >= sqlc.arg(forget_before)::timestamptz AND c.failures + 1 >= sqlc.arg(free)::int
            THEN sqlc.arg(now)::timestamptz + least(sqlc.arg(first_delay_seconds)::int * power(2, least(c.failures + 1 - sqlc.arg(free)::int, 20)), sqlc.arg(max_delay_seconds)::int) * interval '1 second' END,
        updated_at = sqlc.arg(now)
    WHERE (c.blocked_until IS NULL OR c.blocked_until <= sqlc.arg(now)::timestamptz)
        AND (c.failures < sqlc.arg(max_failures)::int OR c.updated_at < sqlc.arg(forget_before)::timestamptz)
    RETURNING c.failures)
SELECT true AS allowed, failures, NULL::timestamptz AS blocked_until FROM taken
UNION ALL
SELECT false, c.failures, c.blocked_until FROM throttle_counters c
WHERE c.tenant_id = $1 AND c.name = $2 AND NOT EXISTS (SELECT FROM taken)
LIMIT 1;

-- name: ForgetTries :exec
DELETE FROM throttle_counters WHERE tenant_id = $1 AND name = $2;
