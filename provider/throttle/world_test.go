package throttle_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"sallyport/provider/throttle"
	"sallyport/storage"
	"sallyport/storage/id"
	"sallyport/storage/storagetest"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

// world is one tenant and a clock that the test turns.
type world struct {
	t        testing.TB
	database storagetest.Database
	store    *storage.Store
	tenant   id.Tenant
	now      time.Time
}

func newWorld(t testing.TB) *world {
	t.Helper()
	d := storagetest.NewDatabase(t)
	return &world{t: t, database: d, store: d.Open(t), tenant: id.NewTenant(), now: start}
}

// take is one try: zero when it may be verified, else how long to wait.
func (w *world) take(counters ...throttle.Counter) (wait time.Duration, blocks, spent bool) {
	w.t.Helper()
	blocks, err := throttle.Take(ctx, w.store, w.tenant, w.now, counters...)
	var refused *throttle.Refused
	switch {
	case err == nil:
		return 0, blocks, false
	case !errors.As(err, &refused) || !errors.Is(err, throttle.ErrTooMany):
		w.t.Fatal(err)
	case refused.RetryAfter() <= 0:
		w.t.Fatalf("refused for %v", refused.RetryAfter())
	}
	return refused.RetryAfter(), blocks, refused.Spent
}

// exhaust takes the free tries and returns how many there were.
func (w *world) exhaust(c throttle.Counter) (free int) {
	w.t.Helper()
	for {
		if wait, _, _ := w.take(c); wait > 0 {
			return free
		}
		if free++; free > 1000 {
			w.t.Fatal("tries never end")
		}
	}
}

func (w *world) in(do func(*storage.Tx) error) {
	w.t.Helper()
	if err := w.store.InTenant(ctx, w.tenant, do); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) forget(c throttle.Counter) {
	w.t.Helper()
	w.in(func(tx *storage.Tx) error { return throttle.Forget(ctx, tx, w.tenant, c) })
}

func (w *world) giveBack(c throttle.Counter) {
	w.t.Helper()
	w.in(func(tx *storage.Tx) error { return throttle.GiveBack(ctx, tx, w.tenant, c) })
}
