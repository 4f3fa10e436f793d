package storage_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/storagetest"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func createTenant(t *testing.T, s *storage.Store, slug string) id.Tenant {
	t.Helper()
	tenant := id.NewTenant()
	if err := s.Tenant(tenant).CreateTenant(context.Background(), db.CreateTenantParams{TenantID: tenant, Slug: slug, Name: slug, CreatedAt: now}); err != nil {
		t.Fatal(err)
	}
	return tenant
}

func user(t id.Tenant, email string) db.CreateUserParams {
	return db.CreateUserParams{TenantID: t, ID: id.NewUser(), Email: email, EmailKey: email, Role: "user", CreatedAt: now}
}

func TestSingleStatementCostsOneRoundTrip(t *testing.T) {
	t.Parallel()
	s := storagetest.New(t)
	ctx := context.Background()
	a := createTenant(t, s, "acme")
	get := func() {
		if _, err := s.Tenant(a).UserByEmail(ctx, db.UserByEmailParams{TenantID: a, EmailKey: "x"}); !errors.Is(err, storage.ErrNotFound) {
			t.Fatal(err)
		}
	}
	get() // prepares the statement
	before := s.RoundTrips()
	get()
	if got := s.RoundTrips() - before; got != 1 {
		t.Errorf("%d round trips, want 1", got)
	}
}

func TestTransactionOfWritesCostsOneRoundTrip(t *testing.T) {
	t.Parallel()
	s := storagetest.New(t)
	ctx := context.Background()
	a := createTenant(t, s, "acme")
	write := func(email string) error {
		return s.InTenant(ctx, a, func(tx *storage.Tx) error {
			u := user(a, email)
			return errors.Join(tx.Later().CreateUser(ctx, u),
				tx.Later().SetUserDisabled(ctx, db.SetUserDisabledParams{TenantID: a, ID: u.ID, Disabled: true}))
		})
	}
	if err := write("a@acme.test"); err != nil {
		t.Fatal(err)
	}
	// Pools hold several connections, each of which prepares once.
	var least int64 = 100
	for _, email := range []string{"b@acme.test", "c@acme.test", "d@acme.test"} {
		before := s.RoundTrips()
		if err := write(email); err != nil {
			t.Fatal(err)
		}
		least = min(least, s.RoundTrips()-before)
	}
	if least != 1 {
		t.Errorf("%d round trips, want 1", least)
	}
}

func TestConditionThatFailsUndoesTheWholeTransaction(t *testing.T) {
	t.Parallel()
	s := storagetest.New(t)
	ctx := context.Background()
	a := createTenant(t, s, "acme")
	err := s.InTenant(ctx, a, func(tx *storage.Tx) error {
		return errors.Join(tx.Later().CreateUser(ctx, user(a, "a@acme.test")),
			tx.Later().SetUserDisabled(ctx, db.SetUserDisabledParams{TenantID: a, ID: id.NewUser(), Disabled: true}))
	})
	if !errors.Is(err, storage.ErrConflict) {
		t.Fatalf("error %v, want ErrConflict", err)
	}
	if _, err := s.Tenant(a).UserByEmail(ctx, db.UserByEmailParams{TenantID: a, EmailKey: "a@acme.test"}); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("the first write survived: %v", err)
	}
}

func TestErrorAfterAnAnswerRollsBackAndTheConnectionServesOn(t *testing.T) {
	t.Parallel()
	s := storagetest.New(t)
	ctx := context.Background()
	a := createTenant(t, s, "acme")
	broken := errors.New("broken")
	for range 20 {
		err := s.InTenant(ctx, a, func(tx *storage.Tx) error {
			if err := tx.Now().CreateUser(ctx, user(a, "a@acme.test")); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) {
			t.Fatal(err)
		}
	}
	if _, err := s.Tenant(a).UserByEmail(ctx, db.UserByEmailParams{TenantID: a, EmailKey: "a@acme.test"}); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("rolled back write is visible: %v", err)
	}
}

func TestFenceShowsNoOtherTenant(t *testing.T) {
	t.Parallel()
	s := storagetest.New(t)
	ctx := context.Background()
	a, b := createTenant(t, s, "acme"), createTenant(t, s, "globex")
	u := user(b, "x@globex.test")
	if err := s.Tenant(b).CreateUser(ctx, u); err != nil {
		t.Fatal(err)
	}
	// Even a statement that names the other tenant's row sees nothing from inside the fence.
	if _, err := s.Tenant(a).UserByID(ctx, db.UserByIDParams{TenantID: b, ID: u.ID}); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("read across the fence: %v", err)
	}
	if err := s.Tenant(a).CreateUser(ctx, user(b, "y@globex.test")); err == nil {
		t.Error("wrote across the fence")
	}
	if err := s.Tenant(a).SetUserDisabled(ctx, db.SetUserDisabledParams{TenantID: b, ID: u.ID, Disabled: true}); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("changed across the fence: %v", err)
	}
}

func TestUnsetFenceFailsClosed(t *testing.T) {
	t.Parallel()
	d := storagetest.NewDatabase(t)
	s := d.Open(t)
	createTenant(t, s, "acme")
	conn := d.Admin(t)
	ctx := context.Background()
	if _, err := conn.Exec(ctx, "SET ROLE sallyport"); err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(ctx, `SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
		WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if len(tables) < 13 {
		t.Fatalf("only %d tables carry a tenant", len(tables))
	}
	for _, table := range tables {
		var n int
		if err := conn.QueryRow(ctx, "SELECT count(*) FROM "+table).Scan(&n); err != nil {
			t.Fatalf("%s: %v", table, err)
		}
		if n != 0 {
			t.Errorf("%s shows %d rows without a tenant", table, n)
		}
		var forced bool
		if err := conn.QueryRow(ctx, "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relname = $1", table).Scan(&forced); err != nil || !forced {
			t.Errorf("%s has no forced row-level security (%v)", table, err)
		}
	}
}

func TestHistoryCannotBeRewritten(t *testing.T) {
	t.Parallel()
	conn := storagetest.NewDatabase(t).Admin(t)
	ctx := context.Background()
	if _, err := conn.Exec(ctx, "SET ROLE sallyport"); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{"UPDATE audit_events SET kind = 'x'", "DELETE FROM audit_events", "UPDATE policies SET version = 2", "DELETE FROM policies",
		"ALTER TABLE users DISABLE ROW LEVEL SECURITY", "DROP TABLE users", "DELETE FROM signing_keys"} {
		if _, err := conn.Exec(ctx, sql); err == nil {
			t.Errorf("allowed: %s", sql)
		}
	}
}

func TestListenTellsOfChangedConfiguration(t *testing.T) {
	t.Parallel()
	s := storagetest.New(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tables := make(chan string, 10)
	go s.Listen(ctx, func(table string) { tables <- table })
	if first := <-tables; first != "" {
		t.Fatalf("first notice %q, want everything", first)
	}
	createTenant(t, s, "acme")
	if got := <-tables; got != "tenants" {
		t.Errorf("notice %q, want tenants", got)
	}
}

func TestPowerfulLoginIsRefused(t *testing.T) {
	t.Parallel()
	d := storagetest.NewDatabase(t)
	ctx := context.Background()
	if _, err := d.Admin(t).Exec(ctx, "ALTER TABLE tenants OWNER TO sallyport"); err != nil {
		t.Fatal(err)
	}
	if _, err := storage.Open(ctx, d.URL, storage.Options{}); !errors.Is(err, storage.ErrTooPowerful) {
		t.Errorf("error %v, want ErrTooPowerful", err)
	}
}
