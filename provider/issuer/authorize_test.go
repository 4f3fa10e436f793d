package issuer_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/attempt"
	"sallyport/provider/client"
	"sallyport/provider/consent"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// page reports whether the answer is an error page of ours, without any redirect.
func page(r reply, status int) bool {
	return r.status == status && r.header.Get("Location") == "" && strings.Contains(r.header.Get("Content-Type"), "text/html") && !strings.Contains(r.body, "<form")
}

func TestE04NoStrangerGetsARedirect(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.register(client.New{ID: "cli", ApplicationType: client.Native, AuthMethod: client.None, FirstParty: true, RedirectURIs: []string{"http://127.0.0.1/cb", "com.example.cli:/cb"}})
	b := w.browser()
	for _, uri := range []string{
		"", "https://web.test/cb/", "https://web.test/%63b", "https://WEB.test/cb", "https://web.test:443/cb", "https://web.test/cb#f", "https://web.test/cb?x=1", "http://web.test/cb",
		"https://web.test@evil.test/cb", "https://web.test\\@evil.test/cb", "https://web.test.evil.test/cb", "https://web2.test/cb", "javascript:alert(1)", "//evil.test", "https://web.test/../cb",
	} {
		for _, more := range [][]string{{}, {"prompt", "none"}, {"response_mode", "form_post"}, {"prompt", "none login"}, {"request", "x"}} {
			f := newFlow("web", more...)
			f.values.Set("redirect_uri", uri)
			if r := b.get(f.path()); !page(r, http.StatusBadRequest) || strings.Contains(r.body, "evil") {
				t.Errorf("%q with %v: %d %s", uri, more, r.status, r.header.Get("Location"))
			}
		}
	}
	for uri, want := range map[string]int{"http://127.0.0.1:49152/cb": http.StatusSeeOther, "com.example.cli:/cb": http.StatusSeeOther, "http://127.0.0.1:49152/cb/": http.StatusBadRequest, "http://localhost:1/cb": http.StatusBadRequest} {
		f := newFlow("cli")
		f.values.Set("redirect_uri", uri)
		if r := b.get(f.path()); r.status != want {
			t.Errorf("cli %q: %d", uri, r.status)
		}
	}
}

func TestE13NothingIsRedirectedBeforeTheClientIsTrusted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.register(client.New{ID: "off", AuthMethod: client.SecretPost})
	if err := w.store().Tenant(id.Lobby).SetClientDisabled(context.Background(), db.SetClientDisabledParams{TenantID: id.Lobby, ID: "off", Disabled: true}); err != nil {
		t.Fatal(err)
	}
	b := w.browser()
	f := newFlow("web")
	repeat := func(name, value string) string { return f.path() + "&" + url.Values{name: {value}}.Encode() }
	for name, path := range map[string]string{
		"unknown client": newFlow("nobody").path(), "disabled client": newFlow("off").path(), "no client": newFlow("web", "client_id", "").path(), "no parameters": "/authorize",
		"client twice": repeat("client_id", "web"), "redirect twice": repeat("redirect_uri", "https://evil.test"), "not urlencoded": "/authorize?%zz", "a NUL": newFlow("web", "state", "a\x00b").path(),
		"broken UTF-8": newFlow("web", "state", "\xff").path(), "too long": newFlow("web", "x", strings.Repeat("a", 20000)).path(), "many": "/authorize?" + strings.Repeat("a&", 200),
	} {
		if r := b.get(path); !page(r, http.StatusBadRequest) {
			t.Errorf("%s: %d %s", name, r.status, r.header.Get("Location"))
		}
	}
	w.store().Close()
	if r := b.get(newFlow("web2").path()); !page(r, http.StatusServiceUnavailable) {
		t.Errorf("without a database: %d %s", r.status, r.header.Get("Location"))
	}
}

func TestE13EveryAnswerNamesItsIssuerAndBringsTheState(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	p := w.person(w.acme, "ann@acme.test")
	for _, mode := range []string{"", "query", "fragment", "form_post"} {
		b := w.browser()
		f := newFlow("web", "response_mode", mode)
		b.signIn(f, p) // checks both
		for name, c := range map[string]struct{ want, parameter, value string }{
			"no response type": {"invalid_request", "response_type", ""}, "token": {"unsupported_response_type", "response_type", "token"}, "hybrid": {"unsupported_response_type", "response_type", "code id_token"},
			"no scope": {"invalid_scope", "scope", ""}, "unknown scope": {"invalid_scope", "scope", "admin"}, "prompt none login": {"invalid_request", "prompt", "none login"}, "unknown prompt": {"invalid_request", "prompt", "create"},
			"max_age": {"invalid_request", "max_age", "-1"}, "max_age words": {"invalid_request", "max_age", "soon"}, "long nonce": {"invalid_request", "nonce", strings.Repeat("a", 2049)},
			"claims": {"invalid_request", "claims", "{"}, "long claims": {"invalid_request", "claims", `{"a":"` + strings.Repeat("a", 4096) + `"}`}, "unknown tenant": {"invalid_request", "tenant", "nobody"},
			"unknown domain": {"invalid_request", "domain_hint", "nobody"}, "bad hint": {"invalid_request", "id_token_hint", "x"}, "request": {"request_not_supported", "request", "x"},
			"unmet": {"unmet_authentication_requirements", "claims", `{"id_token":{"acr":{"essential":true,"value":"gold"}}}`},
		} {
			f := newFlow("web", "response_mode", mode, c.parameter, c.value)
			if q := b.answered(b.get(f.path()), mode); q.Get("error") != c.want || q.Get("state") != f.state || q.Get("iss") != w.public.String() || q.Has("code") {
				t.Errorf("%q, %s: %v", mode, name, q)
			}
		}
		f = newFlow("web", "response_mode", mode)
		if q := b.answered(b.get(f.path()+"&nonce=again"), mode); q.Get("error") != "invalid_request" || q.Get("state") != f.state {
			t.Errorf("%q, repeated nonce: %v", mode, q)
		}
		f = newFlow("web2", "response_mode", mode, "prompt", "none")
		if q := w.browser().answered(w.browser().get(f.path()), mode); q.Get("error") != "login_required" || q.Get("state") != f.state || q.Get("iss") != w.public.String() {
			t.Errorf("%q, prompt=none: %v", mode, q)
		}
	}
	f := newFlow("web", "response_mode", "web_message")
	if q := w.browser().answered(w.browser().get(f.path()), "query"); q.Get("error") != "invalid_request" || q.Get("iss") == "" {
		t.Errorf("unknown mode: %v", q)
	}
	f = newFlow("web", "state", "")
	if q := w.browser().answered(w.browser().get(f.path()+"&prompt=none"), "query"); q.Has("state") {
		t.Errorf("a state that was never sent: %v", q)
	}
}

func TestFormPostMayPostToTheClientAndNowhereElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	r := w.browser().get(newFlow("web", "response_mode", "form_post", "prompt", "none").path())
	if csp := r.header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' https://web.test;") || !strings.Contains(r.body, `action="https://web.test/cb"`) {
		t.Errorf("%s\n%s", csp, r.body)
	}
}

func TestAPostedRequestIsAnsweredByTheSameGet(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	b, f := w.browser(), newFlow("web")
	r := b.post("/authorize", f.values)
	if r.status != http.StatusSeeOther || r.header.Get("Location") != f.path() {
		t.Errorf("%d %s", r.status, r.header.Get("Location"))
	}
	if r := b.post(f.path(), url.Values{"client_id": {"web2"}}); !page(r, http.StatusBadRequest) {
		t.Errorf("parameters in two places: %d", r.status)
	}
	if r := w.do(b.client, must(http.NewRequest(http.MethodPost, w.address("/authorize"), strings.NewReader(`{"client_id":"web"}`)))); !page(r, http.StatusUnsupportedMediaType) {
		t.Errorf("not a form: %d", r.status)
	}
	if r := w.do(b.client, must(http.NewRequest(http.MethodHead, w.address(f.path()), nil))); r.status != http.StatusMethodNotAllowed {
		t.Errorf("HEAD: %d", r.status)
	}
	if n := w.count("SELECT count(*) FROM signin_attempts"); n != 0 {
		t.Errorf("%d attempts were begun", n)
	}
}

// loaded reads an attempt back as the browser holds it.
func (b *browser) loaded(handle string) *attempt.Attempt {
	b.w.t.Helper()
	t, a, _ := attempt.ParseHandle(handle)
	return must(attempt.Load(context.Background(), b.w.store().Tenant(t), t, a, attempt.Presented{Binding: b.cookie(attempt.Cookie(a))}))
}

func TestTheTenantIsNamedByClientRequestOrSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.register(client.New{Tenant: w.acme, ID: "own", AuthMethod: client.SecretPost, FirstParty: true})
	ann, bob := w.person(w.acme, "ann@acme.test"), w.person(w.globex, "bob@globex.test")
	both := w.browser()
	both.signIn(newFlow("web", "tenant", "acme"), ann)
	both.signIn(newFlow("web", "tenant", "globex"), bob)
	one := w.browser()
	one.signIn(newFlow("web"), ann)
	w.clock.Advance(time.Second)
	for name, c := range map[string]struct {
		b      *browser
		f      *flow
		tenant id.Tenant
		by     string
	}{
		"nobody knows":           {w.browser(), newFlow("web"), id.Lobby, ""},
		"by slug":                {w.browser(), newFlow("web", "tenant", "acme"), w.acme, attempt.ByRequest},
		"by id":                  {w.browser(), newFlow("web", "tenant", w.globex.String()), w.globex, attempt.ByRequest},
		"by domain hint":         {w.browser(), newFlow("web", "domain_hint", "acme"), w.acme, attempt.ByRequest},
		"by the client":          {w.browser(), newFlow("own"), w.acme, attempt.ByClient},
		"by client and request":  {w.browser(), newFlow("own", "tenant", "acme"), w.acme, attempt.ByClient},
		"by the one session":     {one, newFlow("web", "prompt", "login"), w.acme, attempt.BySession},
		"two sessions":           {both, newFlow("web"), id.Lobby, ""},
		"select account":         {one, newFlow("web", "prompt", "select_account"), id.Lobby, ""},
		"another tenant's login": {one, newFlow("web", "tenant", "globex"), w.globex, attempt.ByRequest},
	} {
		a := c.b.loaded(c.b.begin(c.f))
		if a.Tenant != c.tenant || a.Facts.TenantBy != c.by || (a.User != nil) != (c.by == attempt.BySession) {
			t.Errorf("%s: tenant %s by %q, user %v", name, a.TenantSlug, a.Facts.TenantBy, a.User)
		}
	}
	b := w.browser()
	if q := b.answered(b.get(newFlow("own", "tenant", "globex").path()), "query"); q.Get("error") != "invalid_request" {
		t.Errorf("a client of another tenant: %v", q)
	}
	for _, slug := range []string{"acme", "globex"} {
		if r := both.get(newFlow("web", "tenant", slug, "prompt", "none").path()); !strings.HasPrefix(r.header.Get("Location"), "/authorize/callback") {
			t.Errorf("two sessions, %s named: %d %s", slug, r.status, r.header.Get("Location"))
		}
	}
}

func TestPromptsAndAges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	ann, bob := w.person(w.acme, "ann@acme.test"), w.person(w.acme, "bob@acme.test")
	b := w.browser()
	hint := w.obtain(b, newFlow("web"), ann).ID
	others := w.obtain(w.browser(), newFlow("web"), bob).ID
	w.clock.Advance(time.Minute)
	for _, c := range []struct{ parameters, want string }{
		{"", "code"}, {"prompt=none", "code"}, {"prompt=none&max_age=61", "code"}, {"prompt=none&max_age=59", "login_required"}, {"prompt=none&max_age=0", "login_required"},
		{"max_age=59", "page"}, {"prompt=login", "page"}, {"prompt=select_account", "page"}, {"prompt=consent", "page"}, {"prompt=login+consent&max_age=100", "page"},
		{"prompt=none&id_token_hint=" + hint, "code"}, {"prompt=none&id_token_hint=" + others, "login_required"}, {"id_token_hint=" + others, "page"},
		{"prompt=none&acr_values=urn:sallyport:acr:1fa", "code"}, {"prompt=none&acr_values=phr", "interaction_required"}, {"prompt=none&acr_values=unknown+urn:sallyport:acr:aal2", "interaction_required"},
		{`prompt=none&claims={"id_token":{"acr":{"essential":true,"values":["urn:sallyport:acr:1fa"]}}}`, "code"},
		{`prompt=none&claims={"id_token":{"acr":{"essential":true,"values":["phr"]}}}`, "interaction_required"},
		{`prompt=none&claims={"id_token":{"acr":{"values":["phr"]},"auth_time":{"essential":true},"x":null},"userinfo":{"email":null}}`, "interaction_required"},
		{`prompt=none&claims={"id_token":{"acr":{"essential":true,"values":["phr","urn:sallyport:acr:1fa"]}}}`, "code"},
		{`prompt=none&claims={"id_token":{"acr":null,"sub":{"value":"` + ann.id.String() + `"}}}`, "code"},
		{`prompt=none&claims={"id_token":{"sub":{"value":"` + bob.id.String() + `"}}}`, "login_required"},
		{`prompt=none&claims={"id_token":{"sub":{"value":"nobody"}}}`, "login_required"},
	} {
		more := must(url.ParseQuery(c.parameters))
		f := newFlow("web", "scope", "openid")
		for name := range more {
			f.values.Set(name, more.Get(name))
		}
		r := b.get(f.path())
		got := "page"
		if to := r.header.Get("Location"); strings.HasPrefix(to, "/authorize/callback") {
			got = "code"
		} else if !strings.HasPrefix(to, "/signin/") {
			got = b.answered(r, "query").Get("error")
		}
		if got != c.want {
			t.Errorf("%s: %s", c.parameters, got)
		}
	}
}

func TestAPinnedPersonCannotBeReplacedByAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	hint := w.obtain(w.browser(), newFlow("web"), w.person(w.acme, "ann@acme.test")).ID
	b := w.browser()
	handle := b.prove(b.begin(newFlow("web", "id_token_hint", hint)), w.person(w.acme, "bob@acme.test"))
	if q := b.answered(b.get(callbackOf(handle)), "query"); q.Get("error") != "access_denied" || q.Has("code") {
		t.Errorf("%v", q)
	}
}

func TestStepUpAsksForTheMissingFactorOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	p := w.person(w.acme, "ann@acme.test")
	b := w.browser()
	w.obtain(b, newFlow("web"), p)
	f := newFlow("web", "claims", `{"id_token":{"acr":{"essential":true,"value":"urn:sallyport:acr:aal2"}}}`)
	a := b.loaded(b.begin(f))
	if step, _ := a.Next(w.clock.Now()); step != attempt.StepEnrol || a.Request.Level != mfa.AAL2 || !a.Request.Essential {
		t.Errorf("step %s, request %+v", step, a.Request)
	}
}

func TestE12ConsentIsNeverAssumed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.register(client.New{ID: "third", AuthMethod: client.SecretPost})
	p := w.person(w.acme, "ann@acme.test")
	b := w.browser()
	b.signIn(newFlow("third", "scope", "openid"), p)
	silent := func(with ...string) string {
		r := b.get(newFlow("third", append([]string{"prompt", "none"}, with...)...).path())
		if strings.HasPrefix(r.header.Get("Location"), "/authorize/callback") {
			return "code"
		}
		return b.answered(r, "query").Get("error")
	}
	if got := silent("scope", "openid"); got != "code" {
		t.Errorf("what was allowed: %s", got)
	}
	for _, more := range []string{"openid email", "openid offline_access", "openid email offline_access", "api"} {
		if got := silent("scope", more); got != "consent_required" {
			t.Errorf("%s: %s", more, got)
		}
	}
	w.register(client.New{ID: "fourth", AuthMethod: client.SecretPost})
	if q := b.answered(b.get(newFlow("fourth", "prompt", "none", "scope", "openid").path()), "query"); q.Get("error") != "consent_required" {
		t.Errorf("another client: %v", q)
	}
	if err := consent.Revoke(context.Background(), w.store(), w.acme, p.id, "third", audit.Origin{}, w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if got := silent("scope", "openid"); got != "consent_required" {
		t.Errorf("after it was revoked: %s", got)
	}
}

func TestTheBrowserKeepsFiveAttempts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	b := w.browser()
	var begun []string
	for range 8 {
		begun = append(begun, b.begin(newFlow("web")))
	}
	var held []string
	for _, handle := range begun {
		if _, a, _ := attempt.ParseHandle(handle); b.cookie(attempt.Cookie(a)) != "" {
			held = append(held, handle)
		}
	}
	if !slices.Equal(held, begun[3:]) {
		t.Errorf("of %v the browser holds %v", begun, held)
	}
}

func TestAPolicyThatRefusesIsToldToTheClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	strict := policy.Default()
	strict.SecondFactor, strict.EnrolWithPassword, strict.Version = policy.Required, false, 1
	p := w.person(w.acme, "ann@acme.test")
	encoded := must(json.Marshal(strict))
	if err := w.store().Tenant(w.acme).CreatePolicyVersion(context.Background(), db.CreatePolicyVersionParams{TenantID: w.acme, Version: 2, Document: encoded, CreatedAt: w.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	b, f := w.browser(), newFlow("web")
	r := b.get(callbackOf(b.prove(b.begin(f), p)))
	if q := b.answered(r, "query"); q.Get("error") != "access_denied" || q.Get("state") != f.state {
		t.Errorf("%v", q)
	}
}
