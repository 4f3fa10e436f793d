package account_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"sallyport/storage/audit"
)

func TestTwoTabsRemovingAtOnceGetOneRemovalAndACalmAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kari := w.person(w.tenant("acme", nil), "kari@acme.example", "user")
	phone := kari.enrol("Phone")
	kari.enrol("Tablet") // keeps the proof of the sign-in standing
	b := kari.signIn(firefox, "")
	answers := make([]*httptest.ResponseRecorder, 6)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = b.post(removal(phone)) })
	}
	all.Wait()
	count := map[int]int{}
	for _, a := range answers {
		count[a.Code]++
	}
	if count[http.StatusSeeOther] != 1 || count[http.StatusConflict] != len(answers)-1 || len(kari.events(audit.FactorRemoved)) != 1 {
		t.Errorf("answers %v, %d events", count, len(kari.events(audit.FactorRemoved)))
	}
	for _, again := range []*httptest.ResponseRecorder{b.post(removal(phone)), b.get(removal(phone))} {
		wantStatus(t, again, http.StatusConflict)
		wantText(t, again, "Changed in the meantime")
	}
}

// Both tabs have read the factor before either ends it: the statement decides, not the look before it.
func TestTheSlowerOfTwoRemovalsChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kari := w.person(w.tenant("acme", nil), "kari@acme.example", "user")
	phone := kari.enrol("Phone")
	here, there := kari.signIn(firefox, ""), kari.signIn(firefox, "")
	ctx, admin := context.Background(), w.database.Admin(t)
	tx, err := admin.Begin(ctx)
	w.must(err)
	_, err = tx.Exec(ctx, "UPDATE factors SET ended_at = now() WHERE id = $1", phone.UUID)
	w.must(err)
	slower := make(chan *httptest.ResponseRecorder, 1)
	go func() { slower <- here.post(removal(phone)) }()
	for waiting := false; !waiting; {
		select {
		case early := <-slower:
			t.Fatalf("answered %d before the other tab was done", early.Code)
		default:
		}
		w.must(tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
			AND wait_event_type = 'Lock')`).Scan(&waiting))
		// The picture of activity is otherwise kept until the transaction ends.
		_, err = tx.Exec(ctx, "SELECT pg_stat_clear_snapshot()")
		w.must(err)
	}
	w.must(tx.Commit(ctx))
	wantStatus(t, <-slower, http.StatusConflict)
	if !there.alive() || len(kari.events(audit.FactorRemoved)) != 0 {
		t.Error("the slower removal did something")
	}
}
