package gate_test

import (
	"testing"

	"sallyport/provider/gate"
	"sallyport/storage"
	"sallyport/storage/storagetest"
)

// What a sign-in and an exchange wait for is the database: the number of waits is pinned.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	d := storagetest.NewDatabase(t)
	w := worldOn(t, d, d.OpenWith(t, storage.Options{MaxConnections: 1}))
	out := w.tokens() // prepares the statements
	_, err := w.refresh(out.Refresh)
	w.must(err)
	_, _, err = w.IssueToClient(ctx, w.acme, "web", []string{"api"})
	w.must(err)

	count := func(what string, want int64, call func() error) {
		t.Helper()
		before := w.RoundTrips()
		w.must(call())
		if got := w.RoundTrips() - before; got != want {
			t.Errorf("%s: %d round trips, want %d", what, got, want)
		}
	}
	o := w.complete(w.begin())
	var p gate.Passed
	count("finish", 2, func() (err error) { p, err = w.finish(o); return err })
	count("redeem", 2, func() (err error) { out, err = w.redeem(p.Code); return err })
	count("refresh", 2, func() error { _, err := w.refresh(out.Refresh); return err })
	count("issue to client", 1, func() error { _, _, err := w.IssueToClient(ctx, w.acme, "web", []string{"api"}); return err })
}
