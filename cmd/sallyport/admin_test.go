package main_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sallyport/provider/user"
	"sallyport/storage/storagetest"
)

func TestOperatorSetsUpATenantFromTheCommandLine(t *testing.T) {
	t.Parallel()
	c, _ := beside(t)
	c.must("admin", "tenant", "add", "acme", "--name", "Acme")
	c.must("admin", "user", "add", "--tenant", "acme", "--role", "owner", "ada@acme.test", "--name", "Ada")
	c.must("admin", "user", "disable", "--tenant", "acme", "ADA@acme.test")
	c.must("admin", "policy", "set", "--tenant", "acme", "--second-factor", "required", "--no-enrol-with-password", "--idle", "30m")
	c.must("admin", "client", "add", "--tenant", "acme", "App", "--id", "app", "--redirect-uri", "https://app.test/a,b")

	people := decode[[]map[string]any](t, c.must("admin", "user", "list", "--tenant", "acme", "--json"))
	if len(people) != 1 || people[0]["role"] != "owner" || people[0]["state"] != "disabled" {
		t.Errorf("people: %v", people)
	}
	p := decode[map[string]any](t, c.must("admin", "policy", "show", "--tenant", "acme", "--json"))
	if p["second_factor"] != "required" || p["enrol_with_password"] != false || p["idle_seconds"] != 1800.0 || p["session_seconds"] != 86400.0 {
		t.Errorf("policy: %v", p)
	}
	apps := decode[[]map[string]any](t, c.must("admin", "client", "list", "--tenant", "acme", "--json"))
	if len(apps) != 1 || len(apps[0]["redirect_uris"].([]any)) != 1 {
		t.Errorf("clients: %v", apps)
	}
	if events := c.must("admin", "audit", "list", "--tenant", "acme"); strings.Count(events, "operator") != 5 {
		t.Errorf("not every change is on record:\n%s", events)
	}
}

func TestPolicyIsSetFromADocument(t *testing.T) {
	t.Parallel()
	c, _ := beside(t)
	c.must("admin", "tenant", "add", "acme")
	p := decode[map[string]any](t, c.must("admin", "policy", "show", "--tenant", "acme", "--json"))
	p["rules"] = []map[string]any{{"name": "secure", "level": "aal2", "domains": []string{"secure.test"}}}
	document, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "policy.json")
	if err := os.WriteFile(file, document, 0o600); err != nil {
		t.Fatal(err)
	}
	c.must("admin", "policy", "set", "--tenant", "acme", "--document", file, "--idle", "30m")
	now := decode[map[string]any](t, c.must("admin", "policy", "show", "--tenant", "acme", "--json"))
	if len(now["rules"].([]any)) != 1 || now["idle_seconds"] != 1800.0 {
		t.Errorf("policy: %v", now)
	}
	if shown := c.must("admin", "policy", "show", "--tenant", "acme"); !strings.Contains(shown, "rules                1") {
		t.Errorf("shown:\n%s", shown)
	}
}

func TestSharedApplicationsAreNotListedAsATenants(t *testing.T) {
	t.Parallel()
	c, _ := beside(t)
	c.must("admin", "tenant", "add", "acme")
	c.must("admin", "client", "add", "--shared", "Shared", "--id", "shared", "--redirect-uri", "https://app.test/")
	if out := c.must("admin", "client", "list", "--tenant", "acme", "--json"); strings.TrimSpace(out) != "[]" {
		t.Errorf("acme's: %s", out)
	}
	if out := c.must("admin", "client", "list", "--shared"); !strings.Contains(out, "shared") {
		t.Errorf("shared: %s", out)
	}
}

func TestTenantsAndApplicationsAreDisabledAndEnabled(t *testing.T) {
	t.Parallel()
	c, _ := beside(t)
	c.must("admin", "tenant", "add", "acme")
	c.must("admin", "client", "add", "--tenant", "acme", "Robot", "--id", "robot", "--type", "service")
	for _, state := range []string{"disabled", "enabled"} {
		verb := strings.TrimSuffix(state, "d")
		c.must("admin", "client", verb, "--tenant", "acme", "robot")
		c.must("admin", "tenant", verb, "acme")
		for _, list := range [][]string{{"tenant", "list"}, {"client", "list", "--tenant", "acme"}} {
			rows := decode[[]map[string]any](t, c.must(append(append([]string{"admin"}, list...), "--json")...))
			if rows[0]["state"] != state {
				t.Errorf("%v: %v, want %s", list, rows[0]["state"], state)
			}
		}
	}
}

func TestPasswordsComeFromFilesOrAreGeneratedAndShownOnce(t *testing.T) {
	t.Parallel()
	c, d := beside(t)
	c.must("admin", "tenant", "add", "acme")
	shown := c.must("admin", "user", "add", "--tenant", "acme", "a@acme.test")
	_, generated, _ := strings.Cut(strings.TrimSpace(shown), "(shown once): ")
	verify(t, d, "a@acme.test", generated)

	if out, problems, code := c.try("typed-by-nobody\nsecond line", "admin", "user", "set-password", "--tenant", "acme", "a@acme.test", "--password-file", "-"); code != 0 || strings.Contains(out, "shown once") {
		t.Fatalf("exit %d: %s%s", code, out, problems)
	}
	verify(t, d, "a@acme.test", "typed-by-nobody")

	file := filepath.Join(c.dir, "password")
	if err := os.WriteFile(file, []byte("from-a-file\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.must("admin", "user", "add", "--tenant", "acme", "b@acme.test", "--password-file", file)
	verify(t, d, "b@acme.test", "from-a-file")
}

func verify(t *testing.T, d storagetest.Database, email, password string) {
	t.Helper()
	var stored string
	if err := d.Admin(t).QueryRow(context.Background(), "SELECT password_hash FROM users WHERE email_key = $1", email).Scan(&stored); err != nil {
		t.Fatal(err)
	}
	h := user.NewHasher(user.Cost{MemoryKiB: 64, Iterations: 1, Parallelism: 1}, 1, 1)
	if ok, err := h.Verify(context.Background(), stored, password); err != nil || !ok {
		t.Errorf("%s: %q does not verify: %v", email, password, err)
	}
}

func TestNewPasswordEndsTheSessionsOfTheOldOne(t *testing.T) {
	t.Parallel()
	c, d := beside(t)
	c.must("admin", "tenant", "add", "acme")
	c.must("admin", "user", "add", "--tenant", "acme", "a@acme.test")
	admin := d.Admin(t)
	if _, err := admin.Exec(context.Background(), `INSERT INTO sessions (tenant_id, id, user_id, secret_hash, proofs, created_at, seen_at)
		SELECT tenant_id, gen_random_uuid(), id, '', '[]', now(), now() FROM users`); err != nil {
		t.Fatal(err)
	}
	c.must("admin", "user", "set-password", "--tenant", "acme", "a@acme.test")
	var live int
	if err := admin.QueryRow(context.Background(), "SELECT count(*) FROM sessions WHERE ended_at IS NULL").Scan(&live); err != nil || live != 0 {
		t.Errorf("%d sessions live on, %v", live, err)
	}
}

func TestExitCodesTellMisuseFromFailure(t *testing.T) {
	t.Parallel()
	c, _ := beside(t)
	c.must("admin", "tenant", "add", "acme")
	for _, row := range []struct {
		code int
		want string
		args []string
	}{
		{2, "unexpected argument", []string{"frob"}},
		{2, "expected one of", nil},
		{2, "--tenant", []string{"admin", "user", "list"}},
		{2, "not a short name", []string{"admin", "tenant", "add", "A b"}},
		{2, "not an e-mail address", []string{"admin", "user", "add", "--tenant", "acme", "nobody"}},
		{2, "idle_seconds", []string{"admin", "policy", "set", "--tenant", "acme", "--idle", "1s"}},
		{2, "--shared", []string{"admin", "client", "list"}},
		{2, "must begin with https://", []string{"admin", "client", "add", "--shared", "App", "--redirect-uri", "http://app.test/"}},
		{2, "read password", []string{"admin", "user", "add", "--tenant", "acme", "a@b", "--password-file", "missing"}},
		{2, "public_url", []string{"serve"}},
		{2, "cannot read the file", []string{"config", "check", "--config", "missing.yaml"}},
		{1, "already", []string{"admin", "tenant", "add", "acme"}},
		{1, "no tenant", []string{"admin", "user", "list", "--tenant", "globex"}},
		{1, "no user", []string{"admin", "user", "disable", "--tenant", "acme", "a@b"}},
	} {
		out, problems, code := c.try("", row.args...)
		if code != row.code || !strings.Contains(problems, row.want) || strings.Count(problems, "\n") != 1 {
			t.Errorf("%v: exit %d, want %d with %q\n%s%s", row.args, code, row.code, row.want, out, problems)
		}
	}
}

func TestConfigCheckReportsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	c := alone(t)
	if err := os.WriteFile(filepath.Join(c.dir, "config.yaml"), []byte("listn: 1\nlog:\n  level: loud\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, problems, code := c.try("", "config", "check")
	if code != 2 || !strings.Contains(problems, "config.yaml:1") || !strings.Contains(problems, "config.yaml:3") {
		t.Errorf("the usual file is not read: exit %d\n%s", code, problems)
	}
	good := filepath.Join(c.dir, "good.yaml")
	if err := os.WriteFile(good, []byte("public_url: https://id.test\ndatabase:\n  url: postgres://u:s3cret@127.0.0.1/d\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.env = append(c.env, "SALLYPORT_CONFIG="+good)
	if out := c.must("config", "check", "--print"); !strings.Contains(out, "https://id.test") || strings.Contains(out, "s3cret") {
		t.Errorf("printed:\n%s", out)
	}
	if entries, err := os.ReadDir(filepath.Join(c.dir, "data")); err == nil {
		t.Errorf("checking made %v", entries)
	}
}
