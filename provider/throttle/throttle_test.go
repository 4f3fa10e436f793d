package throttle_test

import (
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	"sallyport/provider/throttle"
	"sallyport/storage"
	"sallyport/storage/id"
)

var office = netip.MustParseAddr("192.0.2.1")

func TestLimitsAreExact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		counter throttle.Counter
		free    int
		longest time.Duration
		rounds  int
	}{
		"factor":   {throttle.Factor(id.NewFactor()), 5, time.Hour, 12},
		"password": {throttle.Password("alice@acme.test"), 5, 15 * time.Minute, 12},
		"source":   {throttle.Source(office), 60, 15 * time.Minute, 4}, // then it starts over
	} {
		w.now = start
		if free := w.exhaust(c.counter); free != c.free {
			t.Errorf("%s: %d free tries, want %d", name, free, c.free)
		}
		want := 30 * time.Second
		for range c.rounds {
			w.wait(name, c.counter, want)
			want = min(2*want, c.longest)
		}
	}
}

// wait checks that the counter refuses for exactly that long.
func (w *world) wait(name string, c throttle.Counter, want time.Duration) {
	w.t.Helper()
	if wait, _, _ := w.take(c); wait != want {
		w.t.Fatalf("%s: wait %v, want %v", name, wait, want)
	}
	w.now = w.now.Add(want - time.Second)
	if wait, _, _ := w.take(c); wait != time.Second {
		w.t.Fatalf("%s: %v left a second before the end of %v", name, wait, want)
	}
	w.now = w.now.Add(time.Second)
	if wait, _, _ := w.take(c); wait != 0 {
		w.t.Fatalf("%s: refused at the end of %v", name, want)
	}
}

func TestLastFreeTryIsAnnouncedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := throttle.Password("alice@acme.test")
	for i := range 8 {
		if _, blocks, _ := w.take(c); blocks != (i == 4) {
			t.Errorf("try %d: blocks is %v", i+1, blocks)
		}
	}
}

// NIST SP 800-63B-4 3.2.2.
func TestFactorIsSpentAfterAHundredFailures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := throttle.Factor(id.NewFactor())
	evaluated := 0
	for range 200 {
		if wait, _, _ := w.take(c); wait == 0 {
			evaluated++
		}
		w.now = w.now.Add(2 * time.Hour)
	}
	if evaluated != 100 {
		t.Errorf("%d tries were evaluated", evaluated)
	}
	w.now = w.now.Add(20 * 365 * 24 * time.Hour)
	if wait, _, spent := w.take(c); wait == 0 || !spent {
		t.Errorf("years later: wait %v, spent %v", wait, spent)
	}
}

func TestPasswordsAndSourcesAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for window, c := range map[time.Duration]throttle.Counter{24 * time.Hour: throttle.Password("alice@acme.test"), 15 * time.Minute: throttle.Source(office)} {
		w.now = start
		free := w.exhaust(c)
		w.now = start.Add(window)
		if wait, _, _ := w.take(c); wait != 0 {
			t.Errorf("after %v: the wait is over, but a try is refused", window)
		}
		w.now = start.Add(window + time.Second)
		if again := w.exhaust(c); again == free {
			continue
		}
		t.Errorf("after %v it did not start over", window)
	}
}

func TestSuccessForgetsAndGivesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, other := throttle.Password("alice@acme.test"), throttle.Password("bob@acme.test")
	w.exhaust(c)
	w.exhaust(other)
	w.forget(c)
	if free := w.exhaust(c); free != 5 {
		t.Errorf("%d tries after a success", free)
	}
	if wait, _, _ := w.take(other); wait == 0 {
		t.Error("somebody else's counter was reset")
	}
	// One of sixty is given back: exactly one more is free, the failures before stay.
	s := throttle.Source(office)
	for range 59 {
		w.take(s)
	}
	w.giveBack(s)
	if free := w.exhaust(s); free != 2 {
		t.Errorf("%d tries after one was given back, want 2", free)
	}
	w.giveBack(throttle.Source(netip.MustParseAddr("192.0.2.9"))) // one that never was
}

func TestEveryCounterMustAllow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := throttle.Password("alice@acme.test"), throttle.Source(office)
	w.exhaust(a)
	if wait, _, _ := w.take(a, b); wait == 0 {
		t.Error("the first counter is blocked")
	}
	if wait, _, _ := w.take(b, a); wait == 0 {
		t.Error("the second counter is blocked")
	}
}

func TestTenantsDoNotCountForEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := throttle.Password("alice@acme.test")
	w.exhaust(c)
	w.tenant = id.NewTenant()
	if free := w.exhaust(c); free != 5 {
		t.Errorf("%d free tries in another tenant", free)
	}
}

// B01, J07: parallel tries over two instances queue on one row.
func TestB01HundredParallelTriesOverTwoInstances(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stores := []*storage.Store{w.store, w.database.Open(t)}
	c := throttle.Factor(id.NewFactor())
	var mu sync.Mutex
	var wait sync.WaitGroup
	evaluated, announced := 0, 0
	for i := range 100 {
		wait.Go(func() {
			blocks, err := throttle.Take(ctx, stores[i%2], w.tenant, w.now, c)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				evaluated++
			} else if !errors.Is(err, throttle.ErrTooMany) {
				t.Errorf("error %v, want ErrTooMany", err)
			}
			if blocks {
				announced++
			}
		})
	}
	wait.Wait()
	if evaluated != 5 || announced != 1 {
		t.Errorf("%d tries were evaluated, %d announced as the last", evaluated, announced)
	}
}

func TestStateSurvivesARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := throttle.Password("alice@acme.test")
	w.exhaust(c)
	w.store.Close()
	w.store = w.database.Open(t)
	if wait, _, _ := w.take(c); wait == 0 {
		t.Error("a restart forgets the tries")
	}
}

func TestTakeCostsOneRoundTrip(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.store = w.database.OpenWith(t, storage.Options{MaxConnections: 1})
	a, b := throttle.Password("alice@acme.test"), throttle.Source(office)
	w.take(a, b)
	before := w.store.RoundTrips()
	w.take(a, b)
	if got := w.store.RoundTrips() - before; got != 1 {
		t.Errorf("%d round trips", got)
	}
}

func TestUnreachableDatabaseIsNoPermission(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.store.Close()
	if _, err := throttle.Take(ctx, w.store, w.tenant, w.now, throttle.Source(office)); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("error %v, want ErrUnavailable", err)
	}
}
