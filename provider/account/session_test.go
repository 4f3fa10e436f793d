package account_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"sallyport/provider/session"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

func ending(s id.Session) string { return "/account/sessions/" + s.String() + "/end" }

func TestEndingASessionEndsItsGrantsAndNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme", nil)
	w.client(acme, "app")
	kari := w.person(acme, "kari@acme.example", "user")
	here, there, third := kari.signIn(firefox, "app"), kari.signIn("curl/8.5.0", "app"), kari.signIn(firefox, "app")
	wantText(t, here.get(ending(there.id)), "Sign out curl?", `action="`+ending(there.id)+`"`)
	for range 2 { // the second tab finds it done
		wantSeeOther(t, here.post(ending(there.id)), "/account?notice=session-ended")
	}
	if there.alive() || there.granted() {
		t.Error("the session lives on")
	}
	if !here.alive() || !here.granted() || !third.alive() || !third.granted() {
		t.Error("another session was ended")
	}
	if n := len(kari.events(audit.SessionEnded)); n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestASessionWithoutAnAgentIsStillNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kari := w.person(w.tenant("acme", nil), "kari@acme.example", "user")
	here, there := kari.signIn(firefox, ""), kari.signIn("", "")
	wantText(t, here.get("/account"), "Unknown browser")
	wantText(t, here.get(ending(there.id)), "Sign out "+there.id.String()+"?")
}

func TestEndingTheOthersKeepsThisOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme", nil)
	w.client(acme, "app")
	kari, per := w.person(acme, "kari@acme.example", "user"), w.person(acme, "per@acme.example", "user")
	here, there, foreign := kari.signIn(firefox, "app"), kari.signIn(firefox, "app"), per.signIn(firefox, "app")
	wantSeeOther(t, here.post("/account/sessions/end-others"), "/account?notice=others-ended")
	if !here.alive() || !here.granted() || there.alive() || there.granted() || !foreign.alive() || !foreign.granted() {
		t.Error("the wrong sessions live")
	}
	if n := len(kari.events(audit.SessionEnded)); n != 1 {
		t.Errorf("%d events", n)
	}
	wantText(t, here.get("/account?notice=others-ended"), "All other browsers have been signed out.")
}

// cookieOf is the session cookie that an answer leaves in the browser; ok is false when the answer says nothing of it.
func (w *world) cookieOf(got *httptest.ResponseRecorder) (value string, ok bool) {
	next := httptest.NewRequest(http.MethodGet, "/account", nil)
	for _, c := range got.Result().Cookies() {
		if c.Name == "__Host-"+session.Cookie {
			ok = true
			next.AddCookie(c)
		}
	}
	return w.edge.Cookies.Get(next, session.Cookie), ok
}

func TestSigningOutEndsTheSessionAndItsCookieButNotOtherTenants(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"signout", "end"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			kari, other := w.person(w.tenant("acme", nil), "kari@acme.example", "user"), w.person(w.tenant("globex", nil), "kari@acme.example", "user")
			here, elsewhere := kari.signIn(firefox, ""), other.signIn(firefox, "")
			target := "/account/signout"
			if path == "end" {
				target = ending(here.id)
			}
			both := *here
			both.cookie += "|" + elsewhere.cookie
			got := both.post(target)
			wantSeeOther(t, got, "/account/signed-out")
			if rest, ok := w.cookieOf(got); !ok || rest != elsewhere.cookie {
				t.Errorf("cookie %q", rest)
			}
			if here.alive() || !elsewhere.alive() {
				t.Error("the wrong session lives")
			}
			got = elsewhere.post("/account/signout")
			if rest, ok := w.cookieOf(got); !ok || rest != "" {
				t.Errorf("cookie %q after the last session", rest)
			}
		})
	}
}

func TestSignedOutPageNeedsNoSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.do(nil, http.MethodGet, "/account/signed-out", "")
	wantStatus(t, got, http.StatusOK)
	wantText(t, got, "You have been signed out in this browser.")
}
