package gate_test

import (
	"errors"
	"testing"
	"time"

	"sallyport/provider/gate"
	"sallyport/storage/audit"
)

// Whoever waited on the row while another spent the secret has seen a reuse, not an expiry: with two
// holders at the very same moment there is no later replay that would raise the alarm.
func TestE06LoserOfAnExactTieEndsTheFamily(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	out := w.tokens()
	winner, err := w.database.Admin(t).Begin(ctx)
	w.must(err)
	defer winner.Rollback(ctx)
	_, err = winner.Exec(ctx, "UPDATE single_use SET used_at = $1 WHERE kind = 'refresh'", w.now)
	w.must(err)
	lost := make(chan error, 1)
	go func() {
		_, err := w.refresh(out.Refresh)
		lost <- err
	}()
	w.untilSomebodyWaits()
	w.must(winner.Commit(ctx))
	if err := <-lost; !errors.Is(err, gate.ErrGrant) {
		t.Errorf("error %v, want ErrGrant", err)
	}
	if w.live(out.Access) || len(w.events(audit.RefreshReused)) != 1 {
		t.Error("a tie of two holders went unnoticed")
	}
}

func (w *world) untilSomebodyWaits() {
	w.t.Helper()
	watch := w.database.Admin(w.t)
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		var waiting bool
		w.must(watch.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')").Scan(&waiting))
		if waiting {
			return
		}
	}
	w.t.Fatal("nobody waits")
}
