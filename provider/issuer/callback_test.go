package issuer_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"sallyport/provider/attempt"
	"sallyport/provider/session"
	"sallyport/provider/user"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

func (w *world) codes() int { return w.count("SELECT count(*) FROM single_use WHERE kind = 'code'") }

func TestE11TheCallbackWorksOnceAndInItsBrowserOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	b := w.browser()
	handle := b.prove(b.begin(newFlow("web")), w.person(w.acme, "ann@acme.test"))
	elsewhere := w.browser()
	if r := elsewhere.get(callbackOf(handle)); !page(r, http.StatusForbidden) {
		t.Errorf("without the cookie: %d %s", r.status, r.header.Get("Location"))
	}
	_, a, _ := attempt.ParseHandle(handle)
	_, other, _ := attempt.ParseHandle(elsewhere.begin(newFlow("web")))
	elsewhere.setCookie(attempt.Cookie(a), elsewhere.cookie(attempt.Cookie(other)))
	if r := elsewhere.get(callbackOf(handle)); !page(r, http.StatusForbidden) {
		t.Errorf("with another attempt's cookie: %d", r.status)
	}
	if r := w.do(b.client, must(http.NewRequest(http.MethodHead, w.address(callbackOf(handle)), nil))); r.status != http.StatusMethodNotAllowed || w.codes() != 0 {
		t.Errorf("HEAD: %d, %d codes", r.status, w.codes())
	}
	if r := b.post(callbackOf(handle), nil); r.status != http.StatusMethodNotAllowed || w.codes() != 0 {
		t.Errorf("POST: %d, %d codes", r.status, w.codes())
	}
	kept := b.cookie(attempt.Cookie(a))
	if q := b.answered(b.get(callbackOf(handle)), "query"); q.Get("code") == "" {
		t.Fatalf("%v", q)
	}
	if b.cookie(attempt.Cookie(a)) != "" || b.cookie(session.Cookie) == "" {
		t.Error("the attempt's cookie stays, or the session's is missing")
	}
	if r := b.get(callbackOf(handle)); !page(r, http.StatusForbidden) {
		t.Errorf("again: %d", r.status)
	}
	b.setCookie(attempt.Cookie(a), kept)
	if r := b.get(callbackOf(handle)); !page(r, http.StatusGone) || w.codes() != 1 {
		t.Errorf("again, with the old cookie: %d, %d codes", r.status, w.codes())
	}
	for _, bad := range []string{"", "x", strings.Repeat("A", 43), handle + "&attempt=" + handle} {
		if r := b.get(callbackOf(bad)); r.status != http.StatusBadRequest && r.status != http.StatusForbidden {
			t.Errorf("%q: %d", bad, r.status)
		}
	}
}

func TestE11AnUnfinishedAttemptGoesBackToItsPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	b := w.browser()
	handle := b.begin(newFlow("web"))
	if r := b.get(callbackOf(handle)); r.status != http.StatusSeeOther || r.header.Get("Location") != "/signin/"+handle {
		t.Errorf("nothing proven: %d %s", r.status, r.header.Get("Location"))
	}
	handle = b.prove(handle, w.enrolled(w.acme, "ann@acme.test"), func(a *attempt.Attempt) { a.Facts.Proofs = a.Facts.Proofs[:1] })
	if r := b.get(callbackOf(handle)); r.status != http.StatusSeeOther || r.header.Get("Location") != "/signin/"+handle || w.codes() != 0 {
		t.Errorf("the second factor is missing: %d %s", r.status, r.header.Get("Location"))
	}
}

func TestWhatThePersonDeniedIsToldToTheClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	b, f := w.browser(), newFlow("web", "response_mode", "fragment")
	handle := b.prove(b.begin(f), w.person(w.acme, "ann@acme.test"), func(a *attempt.Attempt) { a.Facts.Denied = true })
	q := b.answered(b.get(callbackOf(handle)), "fragment")
	if q.Get("error") != "access_denied" || q.Get("state") != f.state || q.Get("iss") == "" || w.codes() != 0 {
		t.Errorf("%v", q)
	}
}

func TestAnExpiredAttemptIsAPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	b := w.browser()
	handle := b.prove(b.begin(newFlow("web")), w.person(w.acme, "ann@acme.test"))
	w.clock.Advance(31 * time.Minute)
	if r := b.get(callbackOf(handle)); !page(r, http.StatusGone) || w.codes() != 0 {
		t.Errorf("%d %s", r.status, r.header.Get("Location"))
	}
}

func TestA09WhoeverIsDisabledInBetweenGetsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	ctx := context.Background()
	b, p := w.browser(), w.person(w.acme, "ann@acme.test")
	handle := b.prove(b.begin(newFlow("web")), p)
	if err := user.SetDisabled(ctx, w.store(), w.acme, p.id, true, audit.Operator, w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if q := b.answered(b.get(callbackOf(handle)), "query"); q.Get("error") != "access_denied" || w.codes() != 0 {
		t.Errorf("a disabled person: %v", q)
	}
	b = w.browser()
	handle = b.prove(b.begin(newFlow("web")), w.person(w.acme, "bob@acme.test"))
	if err := w.store().Tenant(id.Lobby).SetClientDisabled(ctx, db.SetClientDisabledParams{TenantID: id.Lobby, ID: "web", Disabled: true}); err != nil {
		t.Fatal(err)
	}
	// The cache still thinks that the client is enabled; the row decides.
	if r := b.get(callbackOf(handle)); !page(r, http.StatusConflict) || w.codes() != 0 {
		t.Errorf("a disabled client: %d %s", r.status, r.header.Get("Location"))
	}
}

func TestASessionIsRenewedWithEachProofAndKeptWithout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	b, p := w.browser(), w.person(w.acme, "ann@acme.test")
	b.signIn(newFlow("web"), p)
	first := session.References(b.cookie(session.Cookie))
	b.answered(b.get(b.get(newFlow("web").path()).header.Get("Location")), "query")
	if same := session.References(b.cookie(session.Cookie)); len(same) != 1 || same[0].Text() != first[0].Text() {
		t.Error("single sign-on changed the session")
	}
	w.clock.Advance(time.Minute)
	b.signIn(newFlow("web", "prompt", "login"), p)
	if renewed := session.References(b.cookie(session.Cookie)); len(renewed) != 1 || renewed[0].ID != first[0].ID || renewed[0].Secret.Text == first[0].Secret.Text {
		t.Error("a new proof did not renew the session's secret")
	}
}
