package account_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/attempt"
)

func TestAddingBeginsAnAttemptOfThatPersonAndBrowserC03(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kari := w.person(w.tenant("acme", nil), "kari@acme.example", "user")
	b := kari.signIn(firefox, "")
	w.clock.advance(11 * time.Minute)
	got := b.post("/account/factors/add")
	wantStatus(t, got, http.StatusSeeOther)
	handle, ours := strings.CutPrefix(got.Header().Get("Location"), "/signin/")
	in, which, ok := attempt.ParseHandle(handle)
	if !ours || !ok || in != kari.tenant {
		t.Fatalf("sent to %q", got.Header().Get("Location"))
	}
	next := httptest.NewRequest(http.MethodGet, "/signin/"+handle, nil)
	for _, c := range got.Result().Cookies() {
		next.AddCookie(c)
	}
	loaded, err := attempt.Load(context.Background(), w.store.Tenant(in), in, which, attempt.Presented{Binding: w.edge.Cookies.Get(next, attempt.Cookie(which))})
	w.must(err)
	if loaded.Purpose != attempt.Enrol || *loaded.User != kari.id || *loaded.Session != b.id || loaded.Request.Subject != kari.id ||
		loaded.Request.ReturnTo != "/account?notice=enrolled" || !loaded.Expires.Equal(w.clock.Now().Add(10*time.Minute)) {
		t.Errorf("attempt %+v", loaded)
	}
	if step, _ := loaded.Next(w.clock.Now()); step != attempt.StepPassword {
		t.Errorf("begins with %s, not with a fresh proof", step)
	}
}

func TestAddingIsRefusedInWordsWhereThePolicyIsOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.person(w.tenant("acme", func(p *policy.Policy) { p.SecondFactor = policy.Off }), "kari@acme.example", "user").signIn(firefox, "")
	got := b.post("/account/factors/add")
	wantStatus(t, got, http.StatusForbidden)
	wantText(t, got, `role="alert"`, "does not let people set up two-step sign-in")
	wantNoText(t, got, `"/account/factors/add"`)
}
