package main_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"sallyport/storage/storagetest"
)

func arrange(t *testing.T, d storagetest.Database, query string, args ...any) {
	t.Helper()
	if _, err := d.Admin(t).Exec(context.Background(), query, args...); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, d storagetest.Database, query string, args ...any) (n int) {
	t.Helper()
	if err := d.Admin(t).QueryRow(context.Background(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// acme is a tenant with one person of each role.
func acme(t *testing.T, env ...string) (command, storagetest.Database) {
	t.Helper()
	c, d := beside(t, env...)
	c.must("admin", "tenant", "add", "acme")
	for _, role := range []string{"user", "admin", "owner"} {
		c.must("admin", "user", "add", "--tenant", "acme", "--role", role, role+"@acme.test")
	}
	return c, d
}

var shown = regexp.MustCompile(`\(shown once\): ([0-9A-Z]{4}(?:-[0-9A-Z]{1,4})+)\n`)

func TestR1OperatorIssuesAnAccessCodeThatIsShownOnce(t *testing.T) {
	t.Parallel()
	c, d := acme(t)
	out := c.must("admin", "access-code", "issue", "--tenant", "acme", "USER@acme.test", "--minutes", "5", "--uses", "1")
	m := shown.FindStringSubmatch(out)
	if m == nil || !strings.Contains(out, "expires: 2") || !strings.Contains(out, "uses: 1") {
		t.Fatalf("printed:\n%s", out)
	}
	if n := count(t, d, "SELECT count(*) FROM single_use WHERE kind = 'access_code' AND expires_at - created_at = interval '5 minutes'"); n != 1 {
		t.Errorf("%d codes", n)
	}
	if events := c.must("admin", "audit", "list", "--tenant", "acme"); !strings.Contains(events, "access_code.issued") || strings.Contains(events, m[1]) {
		t.Errorf("events:\n%s", events)
	}
	arrange(t, d, "INSERT INTO domains (tenant_id, name, challenge, created_at, proven_at) SELECT tenant_id, 'acme.test', 'c', now(), now() FROM tenants WHERE slug = 'acme'")
	again := shown.FindStringSubmatch(c.must("admin", "access-code", "issue", "--tenant", "acme", "user@acme.test", "--by", "admin@acme.test"))
	if again == nil || again[1] == m[1] || count(t, d, "SELECT count(*) FROM single_use WHERE kind = 'access_code'") != 1 {
		t.Errorf("a second code beside the first: %v", again)
	}
	c.must("admin", "access-code", "revoke", "--tenant", "acme", "user@acme.test")
	if n := count(t, d, "SELECT count(*) FROM single_use WHERE kind = 'access_code'"); n != 0 {
		t.Errorf("%d codes after revoking", n)
	}
}

func TestC11H05CommandLineKeepsTheRulesOfWhomeverItActsFor(t *testing.T) {
	t.Parallel()
	c, d := acme(t)
	for _, row := range []struct {
		code int
		want string
		args []string
	}{
		{1, "not for oneself", []string{"admin", "access-code", "issue", "admin@acme.test", "--by", "admin@acme.test"}},
		{1, "not for somebody of that role", []string{"admin", "access-code", "issue", "owner@acme.test", "--by", "admin@acme.test"}},
		{1, "not allowed", []string{"admin", "access-code", "issue", "admin@acme.test", "--by", "user@acme.test"}},
		{1, "not for somebody of that role", []string{"admin", "user", "reset-factors", "owner@acme.test", "--by", "admin@acme.test"}},
		{1, "no user nobody@acme.test", []string{"admin", "access-code", "issue", "user@acme.test", "--by", "nobody@acme.test"}},
		{1, "outside the organisation's proven domains", []string{"admin", "access-code", "issue", "user@acme.test", "--by", "admin@acme.test"}},
		{1, "outside the organisation's proven domains", []string{"admin", "user", "reset-factors", "user@acme.test", "--by", "admin@acme.test"}},
		{1, "more than the policy", []string{"admin", "access-code", "issue", "user@acme.test", "--uses", "9"}},
		{1, "more than the policy", []string{"admin", "access-code", "issue", "user@acme.test", "--minutes", "90000"}},
		{2, "negative", []string{"admin", "access-code", "issue", "user@acme.test", "--minutes=-1"}},
		{1, "is not frozen", []string{"admin", "user", "unfreeze", "user@acme.test"}},
		{2, "--all-unconfirmed", []string{"admin", "user", "send-activation"}},
		{2, "--all-unconfirmed", []string{"admin", "user", "send-activation", "user@acme.test", "--all-unconfirmed"}},
		{2, "public_url", []string{"admin", "user", "send-activation", "user@acme.test"}},
	} {
		out, problems, code := c.try("", append(row.args, "--tenant", "acme")...)
		if code != row.code || !strings.Contains(problems, row.want) || out != "" {
			t.Errorf("%v: exit %d, want %d with %q\n%s%s", row.args, code, row.code, row.want, out, problems)
		}
	}
	if n := count(t, d, "SELECT count(*) FROM single_use"); n != 0 {
		t.Errorf("%d codes", n)
	}
}

func TestR2OperatorResetsFactors(t *testing.T) {
	t.Parallel()
	c, d := acme(t)
	arrange(t, d, `INSERT INTO factors (tenant_id, id, user_id, kind, name, secret, created_at) SELECT tenant_id, gen_random_uuid(), id, 'totp', 'Phone', '', now() FROM users`)
	arrange(t, d, `INSERT INTO sessions (tenant_id, id, user_id, secret_hash, proofs, created_at, seen_at) SELECT tenant_id, gen_random_uuid(), id, '', '[]', now(), now() FROM users`)
	c.must("admin", "user", "reset-factors", "--tenant", "acme", "owner@acme.test")
	for table, want := range map[string]int{"factors": 2, "sessions": 2} {
		if n := count(t, d, "SELECT count(*) FROM "+table+" WHERE ended_at IS NULL"); n != want {
			t.Errorf("%d %s, want %d", n, table, want)
		}
	}
}

func TestOperatorUnfreezesAnAccount(t *testing.T) {
	t.Parallel()
	c, d := acme(t)
	arrange(t, d, "UPDATE users SET frozen_at = now()")
	c.must("admin", "user", "unfreeze", "--tenant", "acme", "user@acme.test")
	if n := count(t, d, "SELECT count(*) FROM users WHERE frozen_at IS NOT NULL"); n != 2 {
		t.Errorf("%d are frozen", n)
	}
	if events := c.must("admin", "audit", "list", "--tenant", "acme"); !strings.Contains(events, "user.unfrozen") {
		t.Errorf("events:\n%s", events)
	}
}

func TestR8ActivationGoesToOneOrToAllWhoNeedIt(t *testing.T) {
	t.Parallel()
	c, d := acme(t, "SALLYPORT_PUBLIC_URL=https://id.test")
	if _, problems, code := c.try("", "admin", "user", "send-activation", "--tenant", "acme", "user@acme.test"); code != 1 || !strings.Contains(problems, "confirmed already") {
		t.Errorf("exit %d: %s", code, problems)
	}
	arrange(t, d, "UPDATE users SET email_confirmed_at = NULL WHERE role <> 'owner'")
	if out := c.must("admin", "user", "send-activation", "--tenant", "acme", "user@acme.test"); out != "sent to user@acme.test\n" {
		t.Errorf("printed:\n%s", out)
	}
	out := c.must("admin", "user", "send-activation", "--tenant", "acme", "--all-unconfirmed")
	if out != "sent to user@acme.test\nsent to admin@acme.test\nsent 2 of 2\n" {
		t.Errorf("printed:\n%s", out)
	}
	if n := count(t, d, "SELECT count(*) FROM messages WHERE kind = 'email.confirm' AND secret IS NOT NULL"); n != 3 {
		t.Errorf("%d mails", n)
	}
}

// J06: who has had their share is named, and the others get their mail.
func TestJ06ActivationOfAllHonoursTheCap(t *testing.T) {
	t.Parallel()
	c, d := acme(t, "SALLYPORT_PUBLIC_URL=https://id.test")
	arrange(t, d, "UPDATE users SET email_confirmed_at = NULL, frozen_at = CASE WHEN role = 'owner' THEN now() END")
	for range 30 {
		if _, problems, code := c.try("", "admin", "user", "send-activation", "--tenant", "acme", "user@acme.test"); code != 0 {
			if !strings.Contains(problems, "too many") {
				t.Fatal(problems)
			}
			break
		}
	}
	out := c.must("admin", "user", "send-activation", "--tenant", "acme", "--all-unconfirmed")
	for _, want := range []string{"not sent to user@acme.test: too many", "sent to admin@acme.test\n", "not sent to owner@acme.test: changes", "sent 1 of 3\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("lacks %q:\n%s", want, out)
		}
	}
}
