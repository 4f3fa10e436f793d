package client_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"sallyport/provider/client"
	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/storagetest"
)

func TestTheRegistryRemembersUntilItIsTold(t *testing.T) {
	t.Parallel()
	s := storagetest.New(t)
	if _, err := create(t, s, web()); err != nil {
		t.Fatal(err)
	}
	r := &client.Registry{Store: s}
	find := func() error { _, err := r.Find(context.Background(), "web"); return err }
	if err := find(); err != nil {
		t.Fatal(err)
	}
	before := s.RoundTrips()
	if err := find(); err != nil || s.RoundTrips() != before {
		t.Errorf("found again with %d round trips, %v", s.RoundTrips()-before, err)
	}
	if err := s.Tenant(id.Lobby).SetClientDisabled(context.Background(), db.SetClientDisabledParams{TenantID: id.Lobby, ID: "web", Disabled: true}); err != nil {
		t.Fatal(err)
	}
	r.Changed()
	if err := find(); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a disabled client is found: %v", err)
	}
	before = s.RoundTrips()
	if err := find(); !errors.Is(err, storage.ErrNotFound) || s.RoundTrips() != before {
		t.Errorf("that a client is disabled was not remembered: %v", err)
	}
}

func TestL06TheRegistryForgetsWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	s := storagetest.New(t)
	r := &client.Registry{Store: s}
	for n := range 20 {
		if _, err := r.Find(context.Background(), fmt.Sprint("unknown-", n)); !errors.Is(err, storage.ErrNotFound) {
			t.Fatal(err)
		}
	}
	before := s.RoundTrips()
	for _, malformed := range []string{"", "a b", "a\x00", "../x", string(make([]byte, 101))} {
		if _, err := r.Find(context.Background(), malformed); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%q: %v", malformed, err)
		}
	}
	if s.RoundTrips() != before {
		t.Error("malformed identifiers reach the database")
	}
	n := web()
	n.ID = "unknown-3"
	if _, err := create(t, s, n); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Find(context.Background(), "unknown-3"); err != nil {
		t.Errorf("what was unknown stays unknown: %v", err)
	}
}

func TestScopedKeepsWhatIsRegistered(t *testing.T) {
	t.Parallel()
	c := client.Client{Client: db.Client{Scopes: []string{"openid", "email"}}}
	if got := fmt.Sprint(c.Scoped([]string{"email", "admin", "openid", "email", "OPENID"})); got != "[email openid]" {
		t.Error(got)
	}
}
