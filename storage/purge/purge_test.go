package purge_test

import (
	"context"
	"testing"
	"time"

	"sallyport/storage/purge"
	"sallyport/storage/storagetest"
)

func TestMain(m *testing.M) { storagetest.Main(m) }

var now = time.Date(2026, 3, 12, 9, 0, 0, 0, time.UTC)

// Each statement makes a row that ended $1 ago; keep is how long it must stay.
var rows = map[string]struct {
	keep time.Duration
	sql  string
}{
	"attempts": {24 * time.Hour, `INSERT INTO signin_attempts (tenant_id, id, binding, purpose, request, facts, created_at, expires_at)
		VALUES (lobby(), gen_random_uuid(), '', 'authorize', '{}', '{}', $1, $1)`},
	"used codes": {24 * time.Hour, `INSERT INTO single_use (tenant_id, kind, hash, data, created_at, expires_at, used_at)
		VALUES (lobby(), 'code', '\x01', '{}', $1, $1, $1)`},
	"sign-outs upstream": {24 * time.Hour, `INSERT INTO single_use (tenant_id, kind, hash, data, created_at, expires_at, used_at)
		VALUES (lobby(), 'logout_token', '\x01', '{}', $1, $1, $1)`},
	"ended reports": {90 * 24 * time.Hour, `INSERT INTO policy_reports (tenant_id, id, document, created_at, ended_at)
		SELECT tenant_id, gen_random_uuid(), '{}', $1, $1 FROM users`},
	"access tokens": {time.Hour, `INSERT INTO access_tokens (tenant_id, hash, client_id, scopes, created_at, expires_at)
		VALUES (lobby(), '\x01', 'c', '{}', $1, $1)`},
	"grants": {24 * time.Hour, `INSERT INTO grants (tenant_id, id, user_id, client_id, session_id, scopes, acr, amr, auth_time, proofs, created_at, expires_at)
		SELECT tenant_id, gen_random_uuid(), id, 'c', gen_random_uuid(), '{}', '', '{}', $1, '[]', $1, $1 FROM users`},
	"sessions": {91 * 24 * time.Hour, `INSERT INTO sessions (tenant_id, id, user_id, secret_hash, proofs, created_at, seen_at)
		SELECT tenant_id, gen_random_uuid(), id, '', '[]', $1, $1 FROM users`},
	"messages": {90 * 24 * time.Hour, `INSERT INTO messages (tenant_id, id, user_id, kind, recipient, locale, data, created_at)
		SELECT tenant_id, gen_random_uuid(), id, 'k', email, 'en', '{}', $1 FROM users`},
	"devices": {30 * 24 * time.Hour, `INSERT INTO trusted_devices (tenant_id, id, user_id, policy_version, created_at, expires_at, last_used_at)
		SELECT tenant_id, gen_random_uuid(), id, 1, $1, $1, $1 FROM users`},
	"counters": {30 * 24 * time.Hour, `INSERT INTO throttle_counters (tenant_id, name, failures, since, updated_at) VALUES (lobby(), 'password:x', 1, $1, $1)`},
}

func TestRowsGoWhenTheirTimeIsOverAndNotBefore(t *testing.T) {
	t.Parallel()
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if n := purged(t, row.sql, now.Add(-row.keep)); n != 0 {
				t.Errorf("%d rows deleted too early", n)
			}
			if n := purged(t, row.sql, now.Add(-row.keep-time.Second)); n != 1 {
				t.Errorf("%d rows deleted, want 1", n)
			}
		})
	}
}

func TestFailuresOfAnAuthenticatorAreNeverForgotten(t *testing.T) {
	t.Parallel()
	const sql = `INSERT INTO throttle_counters (tenant_id, name, failures, since, updated_at) VALUES (lobby(), 'factor:x', 99, $1, $1)`
	if n := purged(t, sql, now.AddDate(-5, 0, 0)); n != 0 {
		t.Errorf("B01: %d counters of factors deleted", n)
	}
}

func TestIdentitiesAndTheReportThatIsWatchedStay(t *testing.T) {
	t.Parallel()
	for _, sql := range []string{
		`INSERT INTO policy_reports (tenant_id, id, document, created_at) SELECT tenant_id, gen_random_uuid(), '{}', $1 FROM users`,
		`WITH c AS (INSERT INTO connections (tenant_id, id, kind, name, settings, created_at)
				SELECT tenant_id, gen_random_uuid(), 'oidc', 'c', '{}', $1 FROM users RETURNING id)
			INSERT INTO identities (tenant_id, id, user_id, connection_id, issuer, subject, created_at, ended_at)
			SELECT u.tenant_id, gen_random_uuid(), u.id, c.id, 'i', 's', $1, $1 FROM users u, c`,
	} {
		if n := purged(t, sql, now.AddDate(-5, 0, 0)); n != 0 {
			t.Errorf("%d rows deleted by %.40s", n, sql)
		}
	}
}

func TestMoreThanOneBatchGoesInOneRun(t *testing.T) {
	t.Parallel()
	const sql = `INSERT INTO throttle_counters (tenant_id, name, failures, since, updated_at)
		SELECT lobby(), 'source:' || n, 1, $1, $1 FROM generate_series(1, 10001) n`
	if n := purged(t, sql, now.AddDate(-1, 0, 0)); n != 10001 {
		t.Errorf("%d rows deleted, want 10001", n)
	}
}

func purged(t *testing.T, sql string, at time.Time) int64 {
	t.Helper()
	d, ctx := storagetest.NewDatabase(t), context.Background()
	admin := d.Admin(t)
	_, err := admin.Exec(ctx, `WITH t AS (INSERT INTO tenants VALUES (gen_random_uuid(), 'acme', 'Acme', false, now()) RETURNING tenant_id)
		INSERT INTO users (tenant_id, id, email, email_key, created_at) SELECT tenant_id, gen_random_uuid(), 'a@b', 'a@b', now() FROM t`)
	if err == nil {
		_, err = admin.Exec(ctx, sql, at)
	}
	if err != nil {
		t.Fatal(err)
	}
	n, err := purge.Run(ctx, d.Open(t), now)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
