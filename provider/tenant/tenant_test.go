package tenant_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/tenant"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/storagetest"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

func create(t *testing.T, s *storage.Store, slug string) id.Tenant {
	t.Helper()
	i, err := tenant.Create(ctx, s, slug, strings.ToUpper(slug), policy.Default(), audit.Operator, now)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestTenantIsFoundByEitherName(t *testing.T) {
	t.Parallel()
	s := storagetest.New(t)
	acme := create(t, s, "acme")
	d := &tenant.Directory{Store: s}
	for _, name := range []string{"acme", acme.String()} {
		if got, err := d.Find(ctx, name); err != nil || got.ID != acme || got.Name != "ACME" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for _, name := range []string{"", "ACME", "acme ", "globex", id.NewTenant().String(), id.Lobby.String(), strings.ToUpper(acme.String())} {
		if _, err := d.Find(ctx, name); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%q: %v, want ErrNotFound", name, err)
		}
	}
}

func TestDirectoryAnswersFromMemoryUntilSomethingChanges(t *testing.T) {
	t.Parallel()
	s := storagetest.New(t)
	acme := create(t, s, "acme")
	d := &tenant.Directory{Store: s}
	find := func(name string) error { _, err := d.Find(ctx, name); return err }
	if err := find("acme"); err != nil {
		t.Fatal(err)
	}
	before := s.RoundTrips()
	for range 100 {
		_, _ = find("acme"), find("guess")
	}
	if s.RoundTrips() != before {
		t.Error("L06: guesses reach the database")
	}
	if err := s.Tenant(acme).SetTenantDisabled(ctx, db.SetTenantDisabledParams{TenantID: acme, Disabled: true}); err != nil {
		t.Fatal(err)
	}
	d.Changed()
	if err := find("acme"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("disabled: %v, want ErrNotFound", err)
	}
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() { d.Changed(); _ = find("acme") })
	}
	wait.Wait()
}

func TestUnreachableDatabaseFindsNobody(t *testing.T) {
	t.Parallel()
	s := storagetest.New(t)
	s.Close()
	d := &tenant.Directory{Store: s}
	if _, err := d.Find(ctx, "acme"); !errors.Is(err, storage.ErrUnavailable) || errors.Is(err, storage.ErrNotFound) {
		t.Errorf("error %v, want ErrUnavailable", err)
	}
}

func TestShortNames(t *testing.T) {
	t.Parallel()
	s := storagetest.New(t)
	for _, slug := range []string{"", "-a", "a-", "A", "a_b", "a.b", "a b", "å", "a\n", strings.Repeat("a", 64), "../a"} {
		if _, err := tenant.Create(ctx, s, slug, "x", policy.Default(), audit.Operator, now); !errors.Is(err, tenant.ErrSlug) {
			t.Errorf("%q: %v, want ErrSlug", slug, err)
		}
	}
	for _, slug := range []string{"a", "a-b", "0", strings.Repeat("a", 63)} {
		create(t, s, slug)
	}
	if _, err := tenant.Create(ctx, s, "a", "x", policy.Default(), audit.Operator, now); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("taken: %v, want ErrConflict", err)
	}
	if _, err := tenant.Create(ctx, s, "b", "x", policy.Policy{}, audit.Operator, now); !errors.Is(err, policy.ErrInvalid) {
		t.Errorf("no policy: %v, want ErrInvalid", err)
	}
}

func TestPolicyChangesAreVersions(t *testing.T) {
	t.Parallel()
	s := storagetest.New(t)
	acme := create(t, s, "acme")
	p, err := tenant.CurrentPolicy(ctx, s, acme)
	if err != nil || p.Version != 1 || p.SecondFactor != policy.Optional {
		t.Fatalf("%+v, %v", p, err)
	}
	set := func(p policy.Policy) error {
		return tenant.SetPolicy(ctx, s, acme, p, audit.Operator, nil, audit.Origin{}, now)
	}
	changed := p
	changed.SecondFactor = policy.Required
	if err := set(changed); err != nil {
		t.Fatal(err)
	}
	if err := set(p); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("two editors: %v, want ErrConflict", err)
	}
	if err := set(policy.Policy{Version: 2}); !errors.Is(err, policy.ErrInvalid) {
		t.Errorf("invalid: %v, want ErrInvalid", err)
	}
	if p, err = tenant.CurrentPolicy(ctx, s, acme); err != nil || p.Version != 2 || p.SecondFactor != policy.Required {
		t.Errorf("%+v, %v", p, err)
	}
	events, err := s.Tenant(acme).ListEvents(ctx, db.ListEventsParams{TenantID: acme, Limit: 10})
	if err != nil || len(events) != 2 {
		t.Errorf("%d events, %v", len(events), err)
	}
}
