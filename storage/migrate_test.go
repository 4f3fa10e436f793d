package storage_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"

	"sallyport/storage"
	"sallyport/storage/storagetest"
)

// empty makes a database without a schema and gives its address as the owner and as anybody.
func empty(t *testing.T) (owner, runtime string) {
	t.Helper()
	d := storagetest.NewDatabase(t)
	u, err := url.Parse(d.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/") + "_empty"
	admin := d.Admin(t)
	if _, err := admin.Exec(context.Background(), "CREATE DATABASE "+name+" OWNER sallyport_owner"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	u.Path = "/" + name
	runtime = u.String()
	q := u.Query()
	q.Set("role", "sallyport_owner")
	u.RawQuery = q.Encode()
	return u.String(), runtime
}

func TestInstancesMayMigrateTogetherAndAgain(t *testing.T) {
	t.Parallel()
	owner, runtime := empty(t)
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(func() {
			if err := storage.Migrate(context.Background(), owner); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if err := storage.Migrate(context.Background(), owner); err != nil {
		t.Errorf("once more: %v", err)
	}
	s, err := storage.Open(context.Background(), runtime, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	createTenant(t, s, "acme")
}

func TestAddressesAreNotQuoted(t *testing.T) {
	t.Parallel()
	const address = "postgres://sallyport:canary@127.0.0.1:port/x"
	_, err := storage.Open(context.Background(), address, storage.Options{})
	for what, err := range map[string]error{"open": err, "migrate": storage.Migrate(context.Background(), address)} {
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err = storage.Open(context.Background(), "postgres://sallyport:canary@127.0.0.1:1/x", storage.Options{})
	if !errors.Is(err, storage.ErrUnavailable) || strings.Contains(err.Error(), "canary") {
		t.Errorf("nobody listens: %v, want ErrUnavailable", err)
	}
}
