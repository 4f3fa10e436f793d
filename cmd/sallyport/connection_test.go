package main_test

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sallyport/storage/id"
	"sallyport/storage/seal"
	"sallyport/storage/storagetest"
)

const entra = "https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555/v2.0"

// connected has a tenant, acme, with a connection to Entra.
func connected(t *testing.T) (command, storagetest.Database) {
	t.Helper()
	c, d := beside(t, "SALLYPORT_PUBLIC_URL=https://id.test")
	c.must("admin", "tenant", "add", "acme")
	secret := c.file("secret", "s3cret\n")
	out := c.must("admin", "connection", "add", "--tenant", "acme", "Work", "--kind", "entra", "--issuer", entra, "--client-id", "app", "--secret-file", secret)
	if !strings.Contains(out, "https://id.test/federation/") || strings.Contains(out, "s3cret") {
		t.Fatalf("added:\n%s", out)
	}
	return c, d
}

func (c command) file(name, text string) string {
	c.t.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

func (c command) connection(name string) map[string]any {
	c.t.Helper()
	return decode[map[string]any](c.t, c.must("admin", "connection", "show", "--tenant", "acme", name, "--json"))
}

func TestOperatorConnectsAnIdentityProvider(t *testing.T) {
	t.Parallel()
	c, _ := connected(t)
	c.must("admin", "connection", "set", "--tenant", "acme", "Work", "--create", "--role", "admin", "--addresses", "all",
		"--group-role", "CN=IT,DC=acme=admin", "--group-role", "staff=user", "--rename", "Microsoft", "--scopes", "groups")
	k := c.connection("Microsoft")
	s := k["settings"].(map[string]any)
	if k["version"] != 2.0 || s["create"] != true || s["role"] != "admin" || s["issuer"] != entra || len(s["roles"].([]any)) != 2 ||
		s["roles"].([]any)[0].(map[string]any)["group"] != "CN=IT,DC=acme" {
		t.Errorf("connection: %v", k)
	}
	c.must("admin", "connection", "set", "--tenant", "acme", k["id"].(string), "--no-create", "--group-role", "", "--scopes", "")
	s = c.connection("Microsoft")["settings"].(map[string]any)
	if s["create"] != nil || s["roles"] != nil || s["scopes"] != nil {
		t.Errorf("settings: %v", s)
	}
	for _, verb := range []string{"disable", "enable"} {
		c.must("admin", "connection", verb, "--tenant", "acme", "Microsoft")
		if out := c.must("admin", "connection", "list", "--tenant", "acme"); !strings.Contains(out, " "+verb+"d ") {
			t.Errorf("%s:\n%s", verb, out)
		}
	}
	if out := c.must("admin", "connection", "show", "--tenant", "acme", "Microsoft"); !strings.Contains(out, "redirect URI     https://id.test/federation/") || !strings.Contains(out, "exemption        local") {
		t.Errorf("shown:\n%s", out)
	}
	if events := c.must("admin", "audit", "list", "--tenant", "acme"); strings.Count(events, "connection.") != 5 || strings.Contains(events, "s3cret") {
		t.Errorf("not every change is on record:\n%s", events)
	}
}

func TestSettingsOfAConnectionComeFromADocument(t *testing.T) {
	t.Parallel()
	c, _ := connected(t)
	document := c.file("settings.json", `{"issuer": "`+entra+`", "client_id": "app2", "auth": "client_secret_post", "addresses": "verified", "role": "user", "sign_out": true}`)
	c.must("admin", "connection", "set", "--tenant", "acme", "Work", "--settings", document, "--create")
	if s := c.connection("Work")["settings"].(map[string]any); s["client_id"] != "app2" || s["sign_out"] != true || s["create"] != true {
		t.Errorf("settings: %v", s)
	}
	misspelt := c.file("misspelt.json", `{"isuer": "x"}`)
	if _, problems, code := c.try("", "admin", "connection", "set", "--tenant", "acme", "Work", "--settings", misspelt); code != 2 || !strings.Contains(problems, "isuer") {
		t.Errorf("exit %d: %s", code, problems)
	}
}

func TestExemptionIsSaidInWordsAndStandsInThePolicy(t *testing.T) {
	t.Parallel()
	c, _ := connected(t)
	exempt := func(args ...string) string {
		return c.must(append([]string{"admin", "connection", "exempt", "--tenant", "acme", "Work"}, args...)...)
	}
	if out := exempt("--mode", "skip"); !strings.Contains(out, "not asked for a second step here") || !strings.Contains(out, "Nothing proves") {
		t.Errorf("skip: %s", out)
	}
	if out := exempt("--mode", "evidence", "--context", "c1"); !strings.Contains(out, "strong  amr has mfa or multipleauthn, acrs has c1, auth_time at most 12h0m0s ago: counts as aal2") ||
		!strings.Contains(out, "medium  amr has mfa or multipleauthn: does not count") {
		t.Errorf("evidence:\n%s", out)
	}
	e := c.connection("Work")["exemption"].(map[string]any)
	if e["mode"] != "evidence" || e["accept"] != "good" || len(e["evidence"].([]any)) != 5 {
		t.Errorf("exemption: %v", e)
	}
	own := c.file("evidence.json", `[{"acr": ["gold"], "grade": "medium", "level": "aal2"}]`)
	exempt("--mode", "evidence", "--accept", "medium", "--document", own)
	if e := c.connection("Work")["exemption"].(map[string]any); len(e["evidence"].([]any)) != 1 || e["accept"] != "medium" {
		t.Errorf("exemption: %v", e)
	}
	if out := exempt("--mode", "local"); !strings.Contains(out, "asked for their second step here") {
		t.Errorf("local: %s", out)
	}
	p := decode[map[string]any](t, c.must("admin", "policy", "show", "--tenant", "acme", "--json"))
	if len(p["exemptions"].([]any)) != 1 {
		t.Errorf("policy: %v", p["exemptions"])
	}
	if events := c.must("admin", "audit", "list", "--tenant", "acme"); strings.Count(events, "policy.changed") != 4 {
		t.Errorf("record:\n%s", events)
	}
}

func TestMisuseOfConnectionsIsTold(t *testing.T) {
	t.Parallel()
	c, _ := connected(t)
	secret := c.file("secret", "s3cret")
	add := func(args ...string) []string {
		return append([]string{"admin", "connection", "add", "--tenant", "acme", "--client-id", "app"}, args...)
	}
	set := func(args ...string) []string {
		return append([]string{"admin", "connection", "set", "--tenant", "acme"}, args...)
	}
	exempt := func(args ...string) []string {
		return append([]string{"admin", "connection", "exempt", "--tenant", "acme", "Work"}, args...)
	}
	for _, row := range []struct {
		code int
		want string
		args []string
	}{
		{2, "kind", add("New", "--kind", "saml")},
		{2, "directories must name somebody", add("New", "--kind", "google", "--secret-file", secret)},
		{2, "secret must be", add("New", "--kind", "okta", "--issuer", "https://idp.test")},
		{2, "read secret", add("New", "--kind", "okta", "--issuer", "https://idp.test", "--secret-file", "missing")},
		{2, "issuer must begin with https://", add("New", "--kind", "oidc", "--issuer", "http://idp.test", "--secret-file", secret)},
		{1, "already", add("Work", "--kind", "okta", "--issuer", "https://idp.test", "--secret-file", secret)},
		{1, "no connection", set("Play", "--create")},
		{2, "secret must be given again", set("Work", "--issuer", "https://login.microsoftonline.com/99999999-2222-4333-8444-555555555555/v2.0")},
		{2, "GROUP=ROLE", set("Work", "--group-role", "it")},
		{2, "--mode", exempt()},
		{2, "--mode evidence", exempt("--mode", "skip", "--context", "c1")},
		{2, "no evidence", exempt("--mode", "evidence", "--accept", "weak", "--document", c.file("none.json", "[]"))},
		{2, "document:", exempt("--mode", "evidence", "--document", c.file("broken.json", "{"))},
	} {
		out, problems, code := c.try("", row.args...)
		if code != row.code || !strings.Contains(problems, row.want) || strings.Count(problems, "\n") != 1 {
			t.Errorf("%v: exit %d, want %d with %q\n%s%s", row.args, code, row.code, row.want, out, problems)
		}
	}
}

func TestRotationSealsTheSecretsOfConnectionsAnew(t *testing.T) {
	t.Parallel()
	c, d := connected(t)
	admin := d.Admin(t)
	var tenant id.Tenant
	var connection id.Connection
	var before, after []byte
	const query = "SELECT tenant_id, id, secret FROM connections"
	if err := admin.QueryRow(context.Background(), query).Scan(&tenant.UUID, &connection.UUID, &before); err != nil {
		t.Fatal(err)
	}
	keyset := filepath.Join(c.dir, "data", "keyset.json")
	old, err := seal.Load(keyset)
	if err != nil {
		t.Fatal(err)
	}
	if out := c.must("keys", "rotate"); !strings.Contains(out, "1 secrets") {
		t.Errorf("one connection is sealed: %s", out)
	}
	if err := admin.QueryRow(context.Background(), query).Scan(&tenant.UUID, &connection.UUID, &after); err != nil {
		t.Fatal(err)
	}
	place := seal.Place{Tenant: tenant, Table: "connections", Row: connection.String(), Column: "secret"}
	if _, err := old.Open(place, after); err == nil {
		t.Error("the old keyset opens what was sealed with the new key")
	}
	renewed, err := seal.Load(keyset)
	if err != nil {
		t.Fatal(err)
	}
	if secret, err := renewed.Open(place, after); err != nil || string(secret) != "s3cret" {
		t.Errorf("%q, %v", secret, err)
	}
}

func TestNobodyIsLockedOutOfATenantWithoutPasswordsUnawares(t *testing.T) {
	t.Parallel()
	c, _ := connected(t)
	owner := c.file("password", "correct horse battery\n")
	c.must("admin", "user", "add", "--tenant", "acme", "--role", "owner", "rescue@acme.test", "--password-file", owner)
	people := decode[[]map[string]any](t, c.must("admin", "user", "list", "--tenant", "acme", "--json"))
	p := decode[map[string]any](t, c.must("admin", "policy", "show", "--tenant", "acme", "--json"))
	set := func(change map[string]any) (string, string, int) {
		maps.Copy(p, change)
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		return c.try("", "admin", "policy", "set", "--tenant", "acme", "--document", c.file("policy.json", string(b)))
	}
	if out, _, code := set(map[string]any{"no_passwords": true}); code != 0 || !strings.Contains(out, "warning: nobody is named in break_glass") {
		t.Errorf("%d: %s", code, out)
	}
	if _, why, code := c.try("", "admin", "connection", "disable", "--tenant", "acme", "Work"); code != 1 || !strings.Contains(why, "the only way in") {
		t.Errorf("%d: %s", code, why)
	}
	set(map[string]any{"break_glass": []any{people[0]["id"]}})
	if out := c.must("admin", "connection", "disable", "--tenant", "acme", "Work"); !strings.Contains(out, "everybody but the 1 people named for emergencies is locked out") {
		t.Error(out)
	}
	set(map[string]any{"no_passwords": false})
	if _, why, code := set(map[string]any{"no_passwords": true}); code != 2 || !strings.Contains(why, "only when a connection is enabled") {
		t.Errorf("%d: %s", code, why)
	}
}
