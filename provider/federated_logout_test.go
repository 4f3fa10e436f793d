package provider_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/provider/federation/federationtest"
	"sallyport/storage/audit"
)

func signsOut(s *federation.Settings) { s.SignOut = true }

func TestSignOutGoesToTheProviderAndComesBackToTheApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.connect(w.acme, federation.Entra, signsOut).exempt(policy.Skip)
	b := w.browser()
	tokens := b.tokens(b.through(u))
	out := url.Values{"id_token_hint": {tokens["id_token"].(string)}, "post_logout_redirect_uri": {w.web.redirect + "/out"}, "state": {"the application's"}}
	b.get("/end_session?" + out.Encode())
	if w.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL") != 0 {
		t.Error("the session lives until the provider answers")
	}
	if b.left != nil || !strings.HasPrefix(b.departs(), u.op.URL) {
		t.Fatalf("at %s, left %v, departs to %q", b.at, b.left, b.departs())
	}
	back, _ := u.visit(b.departs())
	if ended := u.op.Ended(); len(ended) != 1 || ended[0].Get("client_id") != u.op.ClientID || ended[0].Get("post_logout_redirect_uri") != w.issuer.String()+"/end_session/done" {
		t.Errorf("the provider is told %v", ended)
	}
	b.comeBack(back, nil)
	if b.left == nil || b.left.Host != "web.test" || b.left.Path != "/cb/out" || b.left.Query().Get("state") != "the application's" {
		t.Errorf("comes back to %v", b.left)
	}
	// Where the browser goes is nobody's to write, and it goes there once.
	if b.get("/end_session/done?state=x&post_logout_redirect_uri=https://evil.test"); b.left != nil || b.status != http.StatusOK {
		t.Errorf("left to %v (%d)", b.left, b.status)
	}
}

func TestSignOutStaysHereWhereItIsNotWantedOrCannotBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	for what, u := range map[string]*upstream{
		"not wanted": w.connect(w.acme, federation.Entra),
		"not there": func() *upstream {
			u := w.connect(w.acme, federation.OIDC, signsOut)
			u.op.Script(func(s *federationtest.Script) {
				s.Discovery = func(d map[string]any) { delete(d, "end_session_endpoint") }
			})
			u.says("email", "b@example.com")
			return u
		}(),
	} {
		u.exempt(policy.Skip)
		b := w.browser()
		tokens := b.tokens(b.through(u))
		b.get("/end_session?" + url.Values{"id_token_hint": {tokens["id_token"].(string)}, "post_logout_redirect_uri": {w.web.redirect + "/out"}}.Encode())
		if b.departs() != "" || b.left == nil || b.left.Path != "/cb/out" {
			t.Errorf("%s: at %s, left %v", what, b.at, b.left)
		}
	}
	if w.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL") != 0 {
		t.Error("a session lives")
	}
}

// tells posts a logout token as the provider does; the answer has no body worth reading.
func (u *upstream) tells(form url.Values) (int, http.Header) {
	u.w.t.Helper()
	res, err := http.PostForm(u.w.issuer.String()+"/federation/"+u.Handle()+"/backchannel-logout", form)
	if err != nil {
		u.w.t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode, res.Header
}

func (u *upstream) ends(token string) int {
	u.w.t.Helper()
	status, _ := u.tells(url.Values{"logout_token": {token}})
	return status
}

const living = "SELECT count(*) FROM sessions WHERE ended_at IS NULL"

// inSessions are browsers of people that came from the provider: alice in two sessions of hers there, and bob.
func inSessions(t *testing.T) (w *world, u *upstream, tokens []map[string]any, browsers []*browser) {
	t.Helper()
	w = newWorld(t, 1)
	u = w.connect(w.acme, federation.OIDC).exempt(policy.Skip)
	for _, who := range []struct{ sub, sid string }{{"alice", "one"}, {"alice", "two"}, {"bob", "three"}} {
		u.says("sub", who.sub, "sid", who.sid, "email", who.sub+"@example.com")
		b := w.browser()
		tokens, browsers = append(tokens, b.tokens(b.through(u, offline...))), append(browsers, b)
	}
	if n := w.count(living); n != 3 {
		t.Fatalf("%d sessions", n)
	}
	return w, u, tokens, browsers
}

func TestProviderEndsOneSessionByItsName(t *testing.T) {
	t.Parallel()
	w, u, tokens, browsers := inSessions(t)
	if status, header := u.tells(url.Values{"logout_token": {u.op.LogoutToken(map[string]any{"sid": "one"}, federationtest.Signing{})}}); status != http.StatusOK || header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", status, header)
	}
	for i, want := range []int{http.StatusBadRequest, http.StatusOK, http.StatusOK} {
		if status, _ := w.refresh(tokens[i]); status != want {
			t.Errorf("refresh %d: %d, want %d", i, status, want)
		}
	}
	if browsers[0].authorize(w.web, "tenant", "acme"); browsers[0].left != nil || browsers[0].step() != "identify" {
		t.Errorf("the session that ended signs in: at %s", browsers[0].at)
	}
	browsers[1].finish(browsers[1].authorize(w.web, "tenant", "acme"))
	if w.count(living) != 2 || w.events(w.acme, audit.SessionEnded) != 1 {
		t.Error("too much or nothing ended, or it is not on record")
	}
}

func TestProviderEndsAllSessionsOfAPerson(t *testing.T) {
	t.Parallel()
	w, u, tokens, _ := inSessions(t)
	if status := u.ends(u.op.LogoutToken(nil, federationtest.Signing{})); status != http.StatusOK {
		t.Fatal(status)
	}
	for i, want := range []int{http.StatusBadRequest, http.StatusBadRequest, http.StatusOK} {
		if status, _ := w.refresh(tokens[i]); status != want {
			t.Errorf("refresh %d: %d, want %d", i, status, want)
		}
	}
	if w.count(living) != 1 {
		t.Error("the wrong sessions ended")
	}
	// Nobody here has that identity or session: that is no error, for the provider cannot know.
	for _, claims := range []map[string]any{{"sub": "nobody"}, {"sid": "gone"}, {"sub": "bob", "sid": "gone"}} {
		if status := u.ends(u.op.LogoutToken(claims, federationtest.Signing{})); status != http.StatusOK {
			t.Errorf("%v: %d", claims, status)
		}
	}
	if w.count(living) != 1 {
		t.Error("a session of nobody's ended")
	}
}

func TestG05LogoutTokenIsGoodOnceForTheConnectionThatItIsFor(t *testing.T) {
	t.Parallel()
	w, u, _, _ := inSessions(t)
	other := w.connect(w.acme, federation.OIDC)
	now := w.clock.Now()
	sign := func(claims map[string]any, s federationtest.Signing) string { return u.op.LogoutToken(claims, s) }
	honest := federationtest.Signing{}
	good := sign(map[string]any{"sid": "three"}, honest)
	if status := other.ends(good); status != http.StatusBadRequest {
		t.Errorf("at another connection: %d", status)
	}
	for what, token := range map[string]string{
		"of another provider":  other.op.LogoutToken(nil, honest),
		"for another client":   sign(map[string]any{"aud": "somebody"}, honest),
		"of another issuer":    sign(map[string]any{"iss": other.op.URL}, honest),
		"with a nonce":         sign(map[string]any{"nonce": "n"}, honest),
		"without an event":     sign(map[string]any{"events": nil}, honest),
		"for another event":    sign(map[string]any{"events": map[string]any{"x": map[string]any{}}}, honest),
		"about nobody":         sign(map[string]any{"sub": nil}, honest),
		"without an id":        sign(map[string]any{"jti": nil}, honest),
		"too old":              sign(map[string]any{"iat": now.Add(-time.Hour).Unix(), "exp": now.Add(-time.Minute * 30).Unix()}, honest),
		"from the future":      sign(map[string]any{"iat": now.Add(time.Hour).Unix(), "exp": now.Add(2 * time.Hour).Unix()}, honest),
		"not signed":           sign(nil, federationtest.Signing{Alg: "none"}),
		"signed with a secret": sign(nil, federationtest.Signing{Alg: "HS256", Key: []byte(u.op.Secret + strings.Repeat("x", 32))}),
		"by a key unknown":     sign(nil, federationtest.Signing{Alg: "ES256", KID: "other", Key: federationtest.NewKey(t)}),
		"nothing":              "", "no token": "x", "dots": "..", "more dots": ".....", "not base64": "?.?.?", "empty objects": "e30.e30.", "long": strings.Repeat("a", 1<<16),
		"control characters": "\x00\r\n", "cut short": good[:len(good)/2],
	} {
		if status := u.ends(token); status != http.StatusBadRequest && (what != "long" || status != http.StatusRequestEntityTooLarge) {
			t.Errorf("%s: %d", what, status)
		}
	}
	for what, form := range map[string]url.Values{"no field": {}, "twice": {"logout_token": {good, good}}, "another field": {"id_token": {good}}} {
		if status, _ := u.tells(form); status != http.StatusBadRequest {
			t.Errorf("%s: %d", what, status)
		}
	}
	if n := w.count(living); n != 3 {
		t.Fatalf("%d sessions are left", n)
	}
	if status := u.ends(good); status != http.StatusOK || w.count(living) != 2 {
		t.Errorf("a good one: %d", status)
	}
	u.says("sub", "bob", "sid", "three", "email", "bob@example.com")
	b := w.browser()
	b.tokens(b.through(u))
	if status := u.ends(good); status != http.StatusBadRequest || w.count(living) != 3 {
		t.Errorf("once more: %d", status)
	}
	for _, path := range []string{"x", u.Tenant.String(), u.ID.String(), w.globex.String() + "." + u.ID.String(), strings.ToUpper(u.Handle())} {
		res, err := http.PostForm(w.issuer.String()+"/federation/"+url.PathEscape(path)+"/backchannel-logout", url.Values{"logout_token": {u.op.LogoutToken(nil, honest)}})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	if w.count(living) != 3 {
		t.Error("something ended")
	}
}
