package issuer_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sallyport/provider/client"
	"sallyport/provider/session"
	"sallyport/storage/audit"
)

func leaving(pairs ...string) string {
	v := url.Values{}
	for n := 0; n < len(pairs); n += 2 {
		v.Set(pairs[n], pairs[n+1])
	}
	return "/end_session?" + v.Encode()
}

func asks(r reply) bool {
	return r.status == http.StatusOK && strings.Contains(r.body, `action="/end_session/confirm"`) && r.header.Get("Location") == ""
}

func TestE16AHintOfThisBrowsersSessionEndsItAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	b := w.browser()
	got := w.obtain(b, newFlow("web"), w.person(w.acme, "ann@acme.test"))
	other := w.obtain(b, newFlow("web", "tenant", "globex"), w.person(w.globex, "bob@globex.test"))
	r := b.get(leaving("id_token_hint", got.ID, "post_logout_redirect_uri", redirectOf("web")+"/out", "state", "s&t"))
	if r.status != http.StatusSeeOther || r.header.Get("Location") != redirectOf("web")+"/out?state=s%26t" {
		t.Errorf("%d %s", r.status, r.header.Get("Location"))
	}
	if after := w.instances[0].token(w, "web", refreshing(got.Refresh)); after.Error != "invalid_grant" || w.userinfo(got.Access).status != http.StatusUnauthorized {
		t.Errorf("what was given out in the session lives: %+v", after)
	}
	if held := session.References(b.cookie(session.Cookie)); len(held) != 1 || held[0].Secret.Tenant != w.globex {
		t.Errorf("the cookie holds %v", held)
	}
	if after := w.instances[0].token(w, "web", refreshing(other.Refresh)); after.status != http.StatusOK {
		t.Errorf("the other session ended too: %+v", after)
	}
	if n := w.count("SELECT count(*) FROM audit_events WHERE kind = $1", string(audit.SessionEnded)); n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestE16AnybodyElseHasThePersonAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	b := w.browser()
	got := w.obtain(b, newFlow("web"), w.person(w.acme, "ann@acme.test"))
	foreign := w.obtain(w.browser(), newFlow("web2"), w.person(w.acme, "bob@acme.test"))
	out := redirectOf("web") + "/out"
	for name, path := range map[string]string{
		"nothing":                "/end_session",
		"only a client":          leaving("client_id", "web", "post_logout_redirect_uri", out),
		"somebody else's hint":   leaving("id_token_hint", foreign.ID, "post_logout_redirect_uri", redirectOf("web2")+"/out"),
		"hint for another":       leaving("id_token_hint", got.ID, "client_id", "web2", "post_logout_redirect_uri", redirectOf("web2")+"/out"),
		"an access token":        leaving("id_token_hint", got.Access, "post_logout_redirect_uri", out),
		"a broken hint":          leaving("id_token_hint", flipped(got.ID, len(got.ID)-1), "post_logout_redirect_uri", out),
		"an address of nobody's": leaving("client_id", "web", "post_logout_redirect_uri", "https://evil.test"),
	} {
		if r := b.get(path); !asks(r) {
			t.Errorf("%s: %d %s", name, r.status, r.header.Get("Location"))
		}
	}
	if r := b.get(leaving("a", "b") + "&a=c"); !page(r, http.StatusBadRequest) {
		t.Errorf("repeated: %d", r.status)
	}
	if after := w.userinfo(got.Access); after.status != http.StatusOK {
		t.Error("asking ended the session")
	}
	w.clock.Advance(20 * time.Minute)
	r := b.get(leaving("id_token_hint", got.ID, "post_logout_redirect_uri", "https://evil.test/out"))
	if r.status != http.StatusOK || r.header.Get("Location") != "" || strings.Contains(r.body, "evil") {
		t.Errorf("an unregistered address after sign-out: %d %s", r.status, r.header.Get("Location"))
	}
	if r := w.browser().get(leaving("client_id", "web", "post_logout_redirect_uri", out)); r.status != http.StatusSeeOther || r.header.Get("Location") != out {
		t.Errorf("nobody is signed in: %d %s", r.status, r.header.Get("Location"))
	}
}

func TestE16TheAnswerToThePageSignsOutOfAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	b := w.browser()
	got := w.obtain(b, newFlow("web"), w.person(w.acme, "ann@acme.test"))
	other := w.obtain(b, newFlow("web", "tenant", "globex"), w.person(w.globex, "bob@globex.test"))
	form := w.posted(b.get(leaving("client_id", "web", "post_logout_redirect_uri", redirectOf("web")+"/out", "state", "s")))
	form.Set("decision", "stay")
	if r := b.post("/end_session/confirm", form); r.header.Get("Location") != "/account" || w.userinfo(got.Access).status != http.StatusOK {
		t.Errorf("staying: %d %s", r.status, r.header.Get("Location"))
	}
	form.Set("decision", "signout")
	cross := must(http.NewRequest(http.MethodPost, w.address("/end_session/confirm"), strings.NewReader(form.Encode())))
	cross.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	cross.Header.Set("Origin", "https://evil.test")
	if r := w.do(b.client, cross); r.status != http.StatusForbidden || w.userinfo(got.Access).status != http.StatusOK {
		t.Errorf("from another site: %d", r.status)
	}
	if r := b.post("/end_session/confirm", form); r.status != http.StatusSeeOther || r.header.Get("Location") != redirectOf("web")+"/out?state=s" {
		t.Errorf("signing out: %d %s", r.status, r.header.Get("Location"))
	}
	for _, tokens := range []tokens{got, other} {
		if after := w.instances[0].token(w, "web", refreshing(tokens.Refresh)); after.Error != "invalid_grant" {
			t.Errorf("a refresh token survives: %+v", after)
		}
	}
	if b.cookie(session.Cookie) != "" {
		t.Error("the cookie stays")
	}
	form.Set("post_logout_redirect_uri", "https://evil.test")
	if r := b.post("/end_session/confirm", form); r.status != http.StatusOK || r.header.Get("Location") != "" {
		t.Errorf("to an unregistered address: %d %s", r.status, r.header.Get("Location"))
	}
}

func TestE16ASessionTooOldToSignInStillEndsWhatItGaveOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	b := w.browser()
	got := w.obtain(b, newFlow("web"), w.person(w.acme, "ann@acme.test"))
	w.clock.Advance(2 * time.Hour) // idle for longer than the policy lets it be
	if r := b.get(leaving("id_token_hint", got.ID)); r.status != http.StatusOK {
		t.Errorf("%d", r.status)
	}
	if after := w.instances[0].token(w, "web", refreshing(got.Refresh)); after.Error != "invalid_grant" {
		t.Errorf("the refresh token survives: %+v", after)
	}
}

func TestSignOutComesBackToSchemesOfApplications(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.register(client.New{ID: "cli", ApplicationType: client.Native, AuthMethod: client.None, FirstParty: true,
		RedirectURIs: []string{"http://127.0.0.1/cb"}, PostLogoutRedirectURIs: []string{"com.example.cli:/out"}})
	if r := w.browser().get(leaving("client_id", "cli", "post_logout_redirect_uri", "com.example.cli:/out")); r.header.Get("Location") != "com.example.cli:/out" {
		t.Errorf("%d %s", r.status, r.header.Get("Location"))
	}
	r := w.browser().post("/end_session", url.Values{"client_id": {"cli"}})
	if r.status != http.StatusSeeOther || r.header.Get("Location") != "/end_session?client_id=cli" {
		t.Errorf("posted: %d %s", r.status, r.header.Get("Location"))
	}
}
