package user_test

import (
	"errors"
	"testing"
	"time"

	"sallyport/provider/user"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/storagetest"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func acme(t *testing.T, s *storage.Store) id.Tenant {
	t.Helper()
	tenant := id.NewTenant()
	if err := s.Tenant(tenant).CreateTenant(ctx, db.CreateTenantParams{TenantID: tenant, Slug: "acme", Name: "Acme", CreatedAt: now}); err != nil {
		t.Fatal(err)
	}
	return tenant
}

func kinds(t *testing.T, s *storage.Store, tenant id.Tenant) (out []audit.Kind) {
	t.Helper()
	rows, err := s.Tenant(tenant).ListEvents(ctx, db.ListEventsParams{TenantID: tenant, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		out = append(out, audit.Kind(r.Kind))
	}
	return out
}

func TestAddressIsTakenInEverySpelling(t *testing.T) {
	t.Parallel()
	s := storagetest.New(t)
	tenant := acme(t, s)
	u, err := user.Create(ctx, s, tenant, user.New{Email: " Alice@Acme.test ", Role: "user", PasswordHash: "x", Confirmed: true}, audit.Operator, now)
	if err != nil {
		t.Fatal(err)
	}
	row, err := s.Tenant(tenant).UserByEmail(ctx, db.UserByEmailParams{TenantID: tenant, EmailKey: "alice@acme.test"})
	if err != nil || row.ID != u || row.Email != "Alice@Acme.test" || row.EmailConfirmedAt == nil || row.PasswordHash == nil {
		t.Errorf("%+v, %v", row, err)
	}
	if _, err := user.Create(ctx, s, tenant, user.New{Email: "ＡＬＩＣＥ＠acme.test", Role: "user"}, audit.Operator, now); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("second spelling: %v, want ErrConflict", err)
	}
	if _, err := user.Create(ctx, s, tenant, user.New{Email: "alice", Role: "user"}, audit.Operator, now); !errors.Is(err, user.ErrEmail) {
		t.Errorf("no address: %v, want ErrEmail", err)
	}
	if got := kinds(t, s, tenant); len(got) != 1 || got[0] != audit.UserCreated {
		t.Errorf("events %v: a refused creation must leave none", got)
	}
}

func TestDisablingIsRecorded(t *testing.T) {
	t.Parallel()
	s := storagetest.New(t)
	tenant := acme(t, s)
	u, err := user.Create(ctx, s, tenant, user.New{Email: "alice@acme.test", Role: "user"}, audit.Operator, now)
	if err != nil {
		t.Fatal(err)
	}
	for i, disabled := range []bool{true, false} {
		if err := user.SetDisabled(ctx, s, tenant, u, disabled, audit.Operator, now.Add(time.Duration(i+1)*time.Second)); err != nil {
			t.Fatal(err)
		}
		row, err := s.Tenant(tenant).UserByID(ctx, db.UserByIDParams{TenantID: tenant, ID: u})
		if err != nil || row.Disabled != disabled {
			t.Errorf("disabled %v, %v", row.Disabled, err)
		}
	}
	if got := kinds(t, s, tenant); len(got) != 3 || got[0] != audit.UserEnabled || got[1] != audit.UserDisabled {
		t.Errorf("events %v", got)
	}
	if err := user.SetDisabled(ctx, s, tenant, id.NewUser(), true, audit.Operator, now); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("somebody unknown: %v, want ErrConflict", err)
	}
}
