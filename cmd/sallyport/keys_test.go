package main_test

import (
	"context"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"sallyport/storage/id"
	"sallyport/storage/seal"
)

// sealedFactor puts a factor into the database as the provider would, and gives back where it stands.
func sealedFactor(t *testing.T, admin *pgx.Conn, keyset string, seed string) seal.Place {
	t.Helper()
	sealer, err := seal.Load(keyset)
	if err != nil {
		t.Fatal(err)
	}
	var tenant id.Tenant
	if err := admin.QueryRow(context.Background(), "SELECT tenant_id FROM users").Scan(&tenant.UUID); err != nil {
		t.Fatal(err)
	}
	f := id.NewFactor()
	place := seal.Place{Tenant: tenant, Table: "factors", Row: f.String(), Column: "secret"}
	sealed, err := sealer.Seal(place, []byte(seed))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec(context.Background(), `INSERT INTO factors (tenant_id, id, user_id, kind, name, secret, created_at)
		SELECT tenant_id, $1, id, 'totp', 'app', $2, now() FROM users`, f.UUID, sealed); err != nil {
		t.Fatal(err)
	}
	return place
}

func secretOf(t *testing.T, admin *pgx.Conn, p seal.Place) []byte {
	t.Helper()
	var sealed []byte
	if err := admin.QueryRow(context.Background(), "SELECT secret FROM factors WHERE id = $1::uuid", p.Row).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestRotatedSealingKeyOpensEverythingAndTheOldOneNothing(t *testing.T) {
	c, d := beside(t)
	c.must("admin", "tenant", "add", "acme")
	c.must("admin", "user", "add", "--tenant", "acme", "a@acme.test")
	s := c.serve(freePort(t)) // makes the keyset and signing keys
	if code := s.stop(syscall.SIGTERM); code != 0 {
		t.Fatalf("exit %d", code)
	}
	admin, keyset := d.Admin(t), filepath.Join(c.dir, "data", "keyset.json")
	place := sealedFactor(t, admin, keyset, "seed")
	old, err := seal.Load(keyset)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // it may be repeated
		before := secretOf(t, admin, place)
		if out := c.must("keys", "rotate"); !strings.Contains(out, "5 secrets") {
			t.Errorf("one factor and four signing keys are sealed: %s", out)
		}
		if string(before) == string(secretOf(t, admin, place)) {
			t.Error("the secret was not sealed anew")
		}
	}
	sealed := secretOf(t, admin, place)
	if _, err := old.Open(place, sealed); err == nil {
		t.Error("the old keyset opens what was sealed with the new key")
	}
	renewed, err := seal.Load(keyset)
	if err != nil {
		t.Fatal(err)
	}
	if seed, err := renewed.Open(place, sealed); err != nil || string(seed) != "seed" {
		t.Errorf("%q, %v", seed, err)
	}
	c.must("keys", "rotate", "--signing")
	s = c.serve(freePort(t)) // it opens its signing keys
	if s.status("/jwks") != 200 {
		t.Error("no keys after rotation")
	}
}

func TestKeysetOfTheConfigurationIsNotRotated(t *testing.T) {
	t.Parallel()
	c, _ := beside(t, "SALLYPORT_KEYS_KEYSET={}")
	if _, problems, code := c.try("", "keys", "rotate"); code != 2 || !strings.Contains(problems, "keyset") {
		t.Errorf("exit %d: %s", code, problems)
	}
}
