package storage_test

import (
	"context"
	"errors"
	"testing"

	"sallyport/storage"
	"sallyport/storage/storagetest"
)

type greet struct {
	Name string `json:"name"`
}

func (greet) Kind() string { return "test.greet" }

func jobs(t *testing.T, d storagetest.Database) (n int) {
	t.Helper()
	if err := d.Admin(t).QueryRow(context.Background(), "SELECT count(*) FROM river_job WHERE kind = 'test.greet'").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// river inserts through a stand-in for pgx.Tx; whatever else it might ask for would panic here.
func TestJobsTravelWithTheirTransaction(t *testing.T) {
	t.Parallel()
	d := storagetest.NewDatabase(t)
	s := d.OpenWith(t, storage.Options{MaxConnections: 1})
	ctx := context.Background()
	a := createTenant(t, s, "acme")
	enqueue := func(email string, n int) error {
		return s.InTenant(ctx, a, func(tx *storage.Tx) error {
			for range n {
				tx.Enqueue(greet{"x"})
			}
			return tx.Later().CreateUser(ctx, user(a, email))
		})
	}
	if err := enqueue("a@acme.test", 1); err != nil {
		t.Fatal(err)
	}
	before := s.RoundTrips()
	if err := enqueue("b@acme.test", 5); err != nil {
		t.Fatal(err)
	}
	// Begin, the writes and the jobs are one wait, the commit the other; river may look once.
	if got := s.RoundTrips() - before; got > 3 {
		t.Errorf("%d round trips with jobs", got)
	}
	if n := jobs(t, d); n != 6 {
		t.Fatalf("%d jobs, want 6", n)
	}
	if err := enqueue("b@acme.test", 5); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("error %v, want ErrConflict", err)
	}
	if n := jobs(t, d); n != 6 {
		t.Errorf("%d jobs after a transaction that failed", n)
	}
}

func TestTransactionOfJobsAloneCommits(t *testing.T) {
	t.Parallel()
	d := storagetest.NewDatabase(t)
	s := d.Open(t)
	a := createTenant(t, s, "acme")
	if err := s.InTenant(context.Background(), a, func(tx *storage.Tx) error { tx.Enqueue(greet{"x"}); return nil }); err != nil {
		t.Fatal(err)
	}
	if n := jobs(t, d); n != 1 {
		t.Errorf("%d jobs", n)
	}
}
