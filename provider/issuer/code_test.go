package issuer_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"sallyport/provider/client"
	"sallyport/storage/id"
)

func TestE01ACodeBelongsToItsClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	p := w.person(w.acme, "ann@acme.test")
	for _, thief := range []string{"web2", "spa"} {
		f := newFlow("web")
		code := w.browser().signIn(f, p)
		if got := w.instances[0].token(w, thief, f.redemption(code)); got.Error != "invalid_grant" || got.status != http.StatusBadRequest {
			t.Errorf("%s redeems web's code: %+v", thief, got)
		}
		if got := w.instances[0].token(w, "web", f.redemption(code)); got.Error != "invalid_grant" {
			t.Errorf("the code that %s presented is not burned: %+v", thief, got)
		}
		refresh := w.obtain(w.browser(), newFlow("web"), p).Refresh
		if got := w.instances[0].token(w, thief, refreshing(refresh)); got.Error != "invalid_grant" {
			t.Errorf("%s uses web's refresh token: %+v", thief, got)
		}
		if got := w.instances[0].token(w, "web", refreshing(refresh)); got.Error != "invalid_grant" {
			t.Errorf("the refresh token that %s presented is not burned: %+v", thief, got)
		}
	}
}

func TestE01AClientProvesItselfAsRegisteredAndInNoOtherWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	f := newFlow("web")
	code := w.browser().signIn(f, w.person(w.acme, "ann@acme.test"))
	with := func(pairs ...string) url.Values {
		v := f.redemption(code)
		for n := 0; n < len(pairs); n += 2 {
			v.Set(pairs[n], pairs[n+1])
		}
		return v
	}
	secret := w.secrets["web"]
	for name, c := range map[string]struct {
		form       url.Values
		user, pass string
		want       string
	}{
		"nothing":                      {with(), "", "", "invalid_client"},
		"only the name":                {with("client_id", "web"), "", "", "invalid_client"},
		"post instead of basic":        {with("client_id", "web", "client_secret", secret), "", "", "invalid_client"},
		"wrong secret":                 {with(), "web", "wrong", "invalid_client"},
		"empty secret":                 {with(), "web", "", "invalid_client"},
		"secret of another":            {with(), "web", w.secrets["web2"], "invalid_client"},
		"unknown client":               {with(), "nobody", secret, "invalid_client"},
		"basic instead of post":        {with(), "web2", w.secrets["web2"], "invalid_client"},
		"basic for a public client":    {with(), "spa", "", "invalid_client"},
		"secret for a public client":   {with("client_id", "spa", "client_secret", "x"), "", "", "invalid_client"},
		"basic and body differ":        {with("client_id", "web2"), "web", secret, "invalid_request"},
		"basic and a secret in body":   {with("client_id", "web", "client_secret", secret), "web", secret, "invalid_request"},
		"basic and somebody's secret":  {with("client_secret", w.secrets["web2"]), "web", secret, "invalid_request"},
		"assertion of another client":  {with("client_assertion", "a.b.c", "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"), "", "", "invalid_client"},
		"assertion beside the secret":  {with("client_assertion", "a.b.c"), "web", secret, "invalid_client"},
		"identifier with a line break": {with("client_id", "spa\nweb"), "", "", "invalid_client"},
	} {
		got := w.raw("/token", c.form.Encode(), c.user, c.pass)
		if !strings.Contains(got.body, `"error":"`+c.want+`"`) {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		if unauthorized := got.status == http.StatusUnauthorized; unauthorized != (c.want == "invalid_client") || unauthorized != (got.header.Get("WWW-Authenticate") != "") {
			t.Errorf("%s: status %d, WWW-Authenticate %q", name, got.status, got.header.Get("WWW-Authenticate"))
		}
	}
	// Nobody proved to be a client, so nobody could burn the code of one.
	if got := w.instances[0].token(w, "web", f.redemption(code)); got.status != http.StatusOK {
		t.Errorf("afterwards: %+v", got)
	}
}

// raw posts a body as it is.
func (w *world) raw(path, body, user, pass string) reply {
	w.t.Helper()
	r := must(http.NewRequest(http.MethodPost, w.address(path), strings.NewReader(body)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if user != "" {
		r.SetBasicAuth(user, pass)
	}
	return w.do(http.DefaultClient, r)
}

func TestE02OfFiftyRedemptionsOneSucceeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	f := newFlow("web")
	code := w.browser().signIn(f, w.person(w.acme, "ann@acme.test"))
	if won := w.race("web", f.redemption(code)); len(won) != 1 {
		t.Errorf("%d of 50 succeeded", len(won))
	}
	if n := w.count("SELECT count(*) FROM access_tokens"); n != 1 {
		t.Errorf("%d access tokens", n)
	}
}

// race posts the same form fifty times at once, to both instances, and returns the successes.
func (w *world) race(client string, form url.Values) []tokens {
	w.t.Helper()
	var wait sync.WaitGroup
	got := make([]tokens, 50)
	start := make(chan struct{})
	for n := range got {
		wait.Go(func() {
			<-start
			got[n] = w.instances[n%2].token(w, client, form)
		})
	}
	close(start)
	wait.Wait()
	var won []tokens
	for _, g := range got {
		if g.status == http.StatusOK {
			won = append(won, g)
		} else if g.Error != "invalid_grant" {
			w.t.Errorf("a loser is told %+v", g)
		}
	}
	return won
}

func TestE02AReplayedCodeEndsWhatCameOfIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	p := w.person(w.acme, "ann@acme.test")
	for _, after := range []time.Duration{time.Second, 31 * time.Second} {
		f := newFlow("web")
		code := w.browser().signIn(f, p)
		first := w.instances[0].token(w, "web", f.redemption(code))
		if r := w.userinfo(first.Access); r.status != http.StatusOK {
			t.Fatalf("the first redemption's token: %d %s", r.status, r.body)
		}
		w.clock.Advance(after)
		if got := w.instances[0].token(w, "web", f.redemption(code)); got.Error != "invalid_grant" {
			t.Errorf("replay after %s: %+v", after, got)
		}
		if r := w.userinfo(first.Access); r.status != http.StatusUnauthorized {
			t.Errorf("after a replay, the access token: %d", r.status)
		}
		if got := w.instances[0].token(w, "web", refreshing(first.Refresh)); got.Error != "invalid_grant" {
			t.Errorf("after a replay, the refresh token: %+v", got)
		}
	}
}

func TestACodeExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	f := newFlow("web")
	code := w.browser().signIn(f, w.person(w.acme, "ann@acme.test"))
	w.clock.Advance(61 * time.Second)
	if got := w.instances[0].token(w, "web", f.redemption(code)); got.Error != "invalid_grant" {
		t.Errorf("%+v", got)
	}
}

func TestE03NoDowngradeOfPKCE(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.register(client.New{ID: "strict", AuthMethod: client.SecretPost, RequirePKCE: true, FirstParty: true})
	p := w.person(w.acme, "ann@acme.test")
	for _, name := range []string{"spa", "strict", "web"} {
		required := name != "web"
		w.authorizeDowngrades(name, required)
		w.redeemDowngrades(name, required, p)
	}
}

// authorizeDowngrades are requests with a half or a wrong challenge.
func (w *world) authorizeDowngrades(name string, required bool) {
	verifier := oauth2.GenerateVerifier()
	for what, change := range map[string][]string{
		"plain":                {"code_challenge_method", "plain", "code_challenge", verifier},
		"unknown method":       {"code_challenge_method", "foo"},
		"method in lower case": {"code_challenge_method", "s256"},
		"no method":            {"code_challenge_method", ""},
		"no challenge":         {"code_challenge", ""},
		"short challenge":      {"code_challenge", strings.Repeat("a", 42)},
		"long challenge":       {"code_challenge", strings.Repeat("a", 44)},
		"padded challenge":     {"code_challenge", strings.Repeat("a", 42) + "="},
		"stray bits":           {"code_challenge", strings.Repeat("a", 42) + "b"},
		"none":                 {"code_challenge", "", "code_challenge_method", ""},
	} {
		if what == "none" && !required {
			continue
		}
		f := newFlow(name, change...)
		b := w.browser()
		if q := b.answered(b.get(f.path()), "query"); q.Get("error") != "invalid_request" || q.Get("state") != f.state {
			w.t.Errorf("%s, %s: %v", name, what, q)
		}
	}
	f := newFlow(name)
	f.values.Set("code_challenge", "")
	b := w.browser()
	if q := b.answered(b.get(f.path()), "query"); q.Get("error") != "invalid_request" {
		w.t.Errorf("%s, empty challenge: %v", name, q)
	}
}

func (w *world) redeemDowngrades(name string, required bool, p *person) {
	for what, verifier := range map[string]string{
		"none": "", "3 characters": "abc", "42 characters": strings.Repeat("a", 42), "129 characters": strings.Repeat("a", 129), "another": oauth2.GenerateVerifier(),
	} {
		f := newFlow(name)
		form := f.redemption(w.browser().signIn(f, p))
		if form.Set("code_verifier", verifier); verifier == "" {
			form.Del("code_verifier")
		}
		if got := w.instances[0].token(w, name, form); got.Error != "invalid_grant" {
			w.t.Errorf("%s, verifier %s: %+v", name, what, got)
		}
	}
	if required {
		return
	}
	// The verifier shows that there was a challenge, and that somebody took it out of the request.
	f := newFlow(name, "code_challenge", "", "code_challenge_method", "")
	if got := w.instances[0].token(w, name, f.redemption(w.browser().signIn(f, p))); got.Error != "invalid_grant" {
		w.t.Errorf("%s, verifier without challenge: %+v", name, got)
	}
	f = newFlow(name, "code_challenge", "", "code_challenge_method", "")
	form := f.redemption(w.browser().signIn(f, p))
	form.Del("code_verifier")
	if got := w.instances[0].token(w, name, form); got.status != http.StatusOK {
		w.t.Errorf("%s, without PKCE as it may: %+v", name, got)
	}
}

func TestARedirectURIThatDiffersBurnsTheCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.register(client.New{ID: "two", AuthMethod: client.SecretPost, FirstParty: true, RedirectURIs: []string{redirectOf("two"), "https://two.test/other"}})
	f := newFlow("two")
	code := w.browser().signIn(f, w.person(w.acme, "ann@acme.test"))
	form := f.redemption(code)
	form.Set("redirect_uri", "https://two.test/other")
	if got := w.instances[0].token(w, "two", form); got.Error != "invalid_grant" {
		t.Errorf("%+v", got)
	}
	if got := w.instances[0].token(w, "two", f.redemption(code)); got.Error != "invalid_grant" {
		t.Errorf("not burned: %+v", got)
	}
}

func TestClientCredentialsGiveATokenForNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.service("svc", w.acme, client.JWT)
	got := w.instances[0].token(w, "svc", url.Values{"grant_type": {"client_credentials"}, "scope": {"api admin"}})
	if got.status != http.StatusOK || got.ID != "" || got.Refresh != "" || got.Scope != "api" || got.Type != "Bearer" || got.Expires != 600 {
		t.Fatalf("%+v", got)
	}
	c := claims(t, got.Access)
	if c["sub"] != "svc" || c["client_id"] != "svc" || c["tid"] != w.acme.String() || c["tenant"] != "acme" || c["acr"] != nil || c["sid"] != nil {
		t.Errorf("claims %v", c)
	}
	if r := w.userinfo(got.Access); r.status != http.StatusUnauthorized {
		t.Errorf("userinfo about nobody: %d %s", r.status, r.body)
	}
	for form, want := range map[string]string{
		"grant_type=client_credentials&scope=admin":                               "invalid_scope",
		"grant_type=authorization_code&code=x&redirect_uri=y":                     "unauthorized_client",
		"grant_type=password&username=a&password=b":                               "unsupported_grant_type",
		"grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=a":      "unsupported_grant_type",
		"grant_type=urn:ietf:params:oauth:grant-type:token-exchange":              "unsupported_grant_type",
		"grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=abc": "unsupported_grant_type",
		"scope=api": "invalid_request",
	} {
		if got := w.instances[0].token(w, "svc", must(url.ParseQuery(form))); got.Error != want || got.status != http.StatusBadRequest {
			t.Errorf("%s: %+v", form, got)
		}
	}
}

// service registers a client without people.
func (w *world) service(name string, owner id.Tenant, format string, audience ...string) {
	w.t.Helper()
	w.register(client.New{Tenant: owner, ID: name, ApplicationType: client.Service, AuthMethod: client.SecretBasic, GrantTypes: []string{client.ClientCredentials},
		Scopes: []string{"api"}, AccessTokenFormat: format, Audience: audience})
}

func TestADisabledTenantsClientGetsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.service("svc", w.acme, client.Opaque)
	if _, err := w.database.Admin(t).Exec(context.Background(), "UPDATE tenants SET disabled = true WHERE tenant_id = $1", w.acme); err != nil {
		t.Fatal(err)
	}
	if got := w.instances[0].token(w, "svc", url.Values{"grant_type": {"client_credentials"}}); got.Error != "unauthorized_client" {
		t.Errorf("%+v", got)
	}
}
