package storage_test

import (
	"context"
	"errors"
	"testing"

	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/storagetest"
)

const killAll = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'sallyport'"

// A13: a lost connection is an outage, never an answer; and the next statement finds a new one.
func TestA13KilledConnectionIsAnOutage(t *testing.T) {
	t.Parallel()
	d := storagetest.NewDatabase(t)
	s := d.OpenWith(t, storage.Options{MaxConnections: 1})
	ctx := context.Background()
	admin := d.Admin(t)
	a := createTenant(t, s, "acme")
	for name, statement := range map[string]func() error{
		"a single statement": func() error {
			_, err := s.Tenant(a).UserByEmail(ctx, db.UserByEmailParams{TenantID: a, EmailKey: "x"})
			return err
		},
		"a list": func() error { _, err := s.Tenant(a).ListUsers(ctx, a); return err },
		"a write": func() error {
			return s.Tenant(a).SetTenantDisabled(ctx, db.SetTenantDisabledParams{TenantID: a})
		},
		"a transaction": func() error {
			return s.InTenant(ctx, a, func(tx *storage.Tx) error { return tx.Later().CreateUser(ctx, user(a, "x@acme.test")) })
		},
		"the middle of a transaction": func() error {
			return s.InTenant(ctx, a, func(tx *storage.Tx) error {
				if _, err := tx.Now().ListUsers(ctx, a); err != nil {
					return err
				}
				if _, err := admin.Exec(ctx, killAll); err != nil {
					return err
				}
				return tx.Later().CreateUser(ctx, user(a, "y@acme.test"))
			})
		},
	} {
		if err := s.Ping(ctx); err != nil { // opens a connection
			t.Fatal(err)
		}
		if _, err := admin.Exec(ctx, killAll); err != nil {
			t.Fatal(err)
		}
		if err := statement(); !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("%s: %v, want ErrUnavailable", name, err)
		}
		if _, err := s.Tenant(a).ListUsers(ctx, a); err != nil {
			t.Errorf("after %s: %v", name, err)
		}
	}
	if users, err := s.Tenant(a).ListUsers(ctx, a); err != nil || len(users) != 0 {
		t.Errorf("%d users from transactions that were lost, %v", len(users), err)
	}
}

func TestCancelledRequestIsNotAnOutage(t *testing.T) {
	t.Parallel()
	s := storagetest.New(t)
	a := createTenant(t, s, "acme")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Tenant(a).ListUsers(ctx, a); !errors.Is(err, context.Canceled) || errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("error %v, want Canceled", err)
	}
}
