package account_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sallyport/storage"
	"sallyport/storage/storagetest"
)

func wantStatus(t *testing.T, got *httptest.ResponseRecorder, status int) {
	t.Helper()
	if got.Code != status {
		t.Fatalf("status %d, want %d: %.600s", got.Code, status, got.Body)
	}
}

func wantSeeOther(t *testing.T, got *httptest.ResponseRecorder, location string) {
	t.Helper()
	wantStatus(t, got, http.StatusSeeOther)
	if at := got.Header().Get("Location"); at != location {
		t.Fatalf("sent to %q, want %q", at, location)
	}
}

func wantText(t *testing.T, got *httptest.ResponseRecorder, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(got.Body.String(), text) {
			t.Errorf("page lacks %q:\n%s", text, got.Body)
		}
	}
}

func wantNoText(t *testing.T, got *httptest.ResponseRecorder, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(got.Body.String(), text) {
			t.Errorf("page has %q", text)
		}
	}
}

func TestPageListsWhatIsTheirsAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme", nil)
	w.client(acme, "time.sheet~1")
	w.client(acme, "ledger")
	kari, per := w.person(acme, "kari@acme.example", "user"), w.person(acme, "per@acme.example", "user")
	kari.enrol("Work phone")
	per.enrol("Phone of Per")
	here, there, foreign := kari.signIn(firefox, ""), kari.signIn("curl/8.5.0", "time.sheet~1"), per.signIn(firefox, "ledger")
	got := here.get("/account")
	wantStatus(t, got, http.StatusOK)
	wantText(t, got, "Name of kari@acme.example", "Tenant acme", "Work phone", "1 March 2026, 12:00 UTC", "Firefox (Linux)", "This browser", "curl",
		"App time.sheet~1", `"/account/factors/`+kari.factor.String()+`/remove"`, `"/account/sessions/`+there.id.String()+`/end"`,
		`"/account/consents/time.sheet~1/revoke"`, `"/account/sessions/end-others"`, `"/account/factors/add"`, `"/account/signout"`)
	wantNoText(t, got, "Phone of Per", foreign.id.String(), "App ledger", "per@acme.example", `"/account/sessions/`+here.id.String()+`/end"`, "/admin/policy")
}

func TestHomeLeadsToTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	wantSeeOther(t, w.do(nil, http.MethodGet, "/", ""), "/account")
}

func TestIdleSessionsAreNotListedAsSignedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kari := w.person(w.tenant("acme", nil), "kari@acme.example", "user")
	old := kari.signIn("curl/8.5.0", "")
	w.clock.advance(61 * time.Minute)
	got := kari.signIn(firefox, "").get("/account")
	wantText(t, got, "Firefox (Linux)")
	wantNoText(t, got, old.id.String(), "end-others")
}

func TestOwnersFindThePolicyPageAndAdministratorsDoNotR18(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme", nil)
	wantText(t, w.person(acme, "owner@acme.example", "owner").signIn(firefox, "").get("/account"), `"/admin/policy"`)
	wantNoText(t, w.person(acme, "admin@acme.example", "admin").signIn(firefox, "").get("/account"), "/admin/policy")
}

func TestNoticesAreOnlyThoseWeKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.person(w.tenant("acme", nil), "kari@acme.example", "user").signIn(firefox, "")
	wantText(t, b.get("/account?notice=enrolled"), "Your second step is set up.")
	for _, unknown := range []string{"notice.factor_added", "x", "%3Cb%3E", ""} {
		got := b.get("/account?notice=" + unknown)
		wantStatus(t, got, http.StatusOK)
		wantNoText(t, got, `role="status"`, "%3C", "<b>")
	}
}

// The guard reads the session with one round trip; what the page adds is four, one for each list.
func TestPageCostsFourRoundTrips(t *testing.T) {
	t.Parallel()
	database := storagetest.NewDatabase(t)
	store, err := storage.Open(context.Background(), database.URL, storage.Options{MaxConnections: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	w := newWorldOn(t, database, store)
	kari := w.person(w.tenant("acme", nil), "kari@acme.example", "user")
	kari.enrol("Phone")
	b := kari.signIn(firefox, "")
	wantStatus(t, b.get("/account"), http.StatusOK)
	before := store.RoundTrips()
	wantStatus(t, b.get("/account"), http.StatusOK)
	if cost := store.RoundTrips() - before - 1; cost != 4 {
		t.Errorf("%d round trips", cost)
	}
}
