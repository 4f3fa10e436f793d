package provider_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/mfa/webauthn"
	"sallyport/mfa/webauthn/webauthntest"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

// toIdentify opens the page that asks who it is, with a flow to redeem.
func (b *browser) toIdentify(a app, extra ...string) flow {
	b.w.t.Helper()
	f := b.authorize(a, extra...)
	b.expect("identify")
	return f
}

// byKey goes from the page of the password, which is asked of whom a session names, to the one that takes a passkey.
func (b *browser) byKey() *browser {
	b.w.t.Helper()
	b.expect("password")
	return b.get(strings.TrimSuffix(b.at.Path, "password") + "identify").expect("identify")
}

func TestPasskeyOfTheIdentifyPageIsTwoFactorsInOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	k := w.key()
	alice, b := w.keyed(w.acme, "alice@acme.test", k), w.browser()
	f := b.toIdentify(w.web)
	options := b.ceremony().options
	if strings.Contains(options, "allowCredentials") || !strings.Contains(options, `"userVerification":"required"`) || !strings.Contains(options, `"rpId":"localhost"`) {
		t.Errorf("options %s", options)
	}
	// The browser offers keys in the field of the address, and its answer goes out by the same form.
	if !strings.Contains(b.body, `autocomplete="username webauthn"`) || strings.Count(b.body, "data-webauthn") != 1 || !strings.Contains(b.body, "data-optional") {
		t.Error("no key is offered in the field of the address")
	}
	b.touch(k).expect("consent").submit("decision", "allow")
	_, tokens := w.redeem(f, b.code(f))
	told := claims(t, tokens)
	if amr, _ := told["amr"].([]any); told["acr"] != "phr" || !slices.Equal(amr, []any{"pop", "mfa"}) {
		t.Errorf("acr %v, amr %v", told["acr"], told["amr"])
	}
	if told["sub"] != alice.id.String() || told["tid"] != w.acme.String() || told["tenant"] != "acme" {
		t.Errorf("signed in as %v", told)
	}
	if w.events(w.acme, audit.SignInDone) != 1 {
		t.Error("the sign-in is not on record")
	}
}

func TestPasskeyAloneNamesTenantAndPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	here, there, both := w.key(), w.key(), w.key()
	acme, globex := w.keyed(w.acme, "alice@example.test", here), w.keyed(w.globex, "alice@example.test", there)
	w.hold(acme, both)
	for k, want := range map[*webauthntest.Authenticator]*person{here: acme, there: globex, both: acme} {
		b := w.browser()
		f := b.toIdentify(w.web)
		b.touch(k)
		if b.left == nil {
			b.submit("decision", "allow")
		}
		_, tokens := w.redeem(f, b.code(f))
		if told := claims(t, tokens); told["sub"] != want.id.String() || told["tid"] != want.tenant.String() {
			t.Errorf("signed in as %v, want %v", told["sub"], want.id)
		}
	}
	// The newest credential of a key on which both have one decides.
	w.hold(globex, both)
	b := w.browser()
	b.toIdentify(w.web)
	b.touch(both)
	if n := w.count("SELECT count(*) FROM signin_attempts WHERE user_id = $1 AND tenant_id = $2 AND done_at IS NULL OR user_id = $1 AND done_at IS NOT NULL AND tenant_id = $2", globex.id, w.globex); n != 2 {
		t.Errorf("%d sign-ins of globex's alice, want 2", n)
	}
}

func TestJ01WhoeverCannotSignInByKeySeesOnePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	k, other, unknown := w.key(), w.key(), w.key()
	alice := w.keyed(w.acme, "alice@acme.test", k)
	w.keyed(w.globex, "eve@globex.test", other)
	ghost := &person{tenant: w.acme, id: id.NewUser(), email: "ghost@acme.test"}
	if _, err := unknown.Create(`{"challenge":"AAAA","user":{"id":"` + handle(ghost) + `"}}`); err != nil {
		t.Fatal(err)
	}
	var pages []string
	for what, try := range map[string]func() (*webauthntest.Authenticator, func(*webauthntest.Authenticator)){
		"nobody's key":         func() (*webauthntest.Authenticator, func(*webauthntest.Authenticator)) { return unknown, nil },
		"another tenant's key": func() (*webauthntest.Authenticator, func(*webauthntest.Authenticator)) { return other, nil },
		"user not verified": func() (*webauthntest.Authenticator, func(*webauthntest.Authenticator)) {
			return k, func(a *webauthntest.Authenticator) { a.UserVerified = false }
		},
		"nobody present": func() (*webauthntest.Authenticator, func(*webauthntest.Authenticator)) {
			return k, func(a *webauthntest.Authenticator) { a.UserPresent = false }
		},
		"no handle": func() (*webauthntest.Authenticator, func(*webauthntest.Authenticator)) {
			return k, func(a *webauthntest.Authenticator) { a.UserHandle = []byte{} }
		},
		"handle of a ghost": func() (*webauthntest.Authenticator, func(*webauthntest.Authenticator)) {
			return k, func(a *webauthntest.Authenticator) { a.UserHandle = webauthn.Handle(ghost.tenant, ghost.id) }
		},
		"handle of no tenant": func() (*webauthntest.Authenticator, func(*webauthntest.Authenticator)) {
			return k, func(a *webauthntest.Authenticator) { a.UserHandle = webauthn.Handle(id.NewTenant(), alice.id) }
		},
		"handle of the lobby": func() (*webauthntest.Authenticator, func(*webauthntest.Authenticator)) {
			return k, func(a *webauthntest.Authenticator) { a.UserHandle = webauthn.Handle(id.Lobby, alice.id) }
		},
		"other origin": func() (*webauthntest.Authenticator, func(*webauthntest.Authenticator)) {
			return k, func(a *webauthntest.Authenticator) { a.Origin = "https://evil.test" }
		},
		"registration": func() (*webauthntest.Authenticator, func(*webauthntest.Authenticator)) {
			return k, func(a *webauthntest.Authenticator) { a.Type = "webauthn.create" }
		},
	} {
		key, bend := try()
		bent := *key
		if bend != nil {
			bend(&bent)
		}
		b := w.browser()
		b.toIdentify(w.web, "tenant", "acme")
		b.touch(&bent).refuses(what, "passkey")
		pages = append(pages, b.plain())
	}
	for _, p := range pages {
		if p != pages[0] {
			t.Fatalf("the pages differ:\n%s\n%s", pages[0], p)
		}
	}
	w.nothingIssued()
}

var varying = regexp.MustCompile(`(/signin/|attempt=)[A-Za-z0-9_-]+|challenge&#34;:&#34;[A-Za-z0-9_-]+|value="[0-9]{9,}"`)

// plain is the page without what differs from sign-in to sign-in.
func (b *browser) plain() string { return varying.ReplaceAllString(b.body, "") }

func handle(p *person) string {
	return encoded(webauthn.Handle(p.tenant, p.id))
}

func TestPasskeyOfAnotherTenantThanTheOneNamedIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	k := w.key()
	w.keyed(w.acme, "alice@acme.test", k)
	b := w.browser()
	b.toIdentify(w.web, "tenant", "globex")
	b.touch(k).refuses("a key of acme where globex was named", "passkey")
	if n := w.count("SELECT count(*) FROM signin_attempts WHERE user_id IS NOT NULL"); n != 0 {
		t.Error("the sign-in became somebody's")
	}
	b.authorize(w.web, "tenant", "acme")
	b.touch(k).expect("consent")
}

func TestA09PasskeyOfSomebodyDisabledOpensNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	k := w.key()
	alice, b := w.keyed(w.acme, "alice@acme.test", k), w.browser()
	b.toIdentify(w.web)
	w.disable(alice)
	if b.touch(k); b.step() != "refused" || b.status != http.StatusForbidden {
		t.Errorf("at %s (%d)", b.at, b.status)
	}
	b.get("/authorize/callback?attempt=" + strings.Split(b.at.Path, "/")[2])
	if b.refusal() != "access_denied" {
		t.Errorf("the application hears %q at %s", b.refusal(), b.at)
	}
	w.nothingIssued()
}

func TestA12PasskeyThatThePolicyDoesNotCountIsNotEnough(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	k := w.key()
	w.keyed(w.acme, "alice@acme.test", k)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.Methods = []mfa.Kind{mfa.TOTP} })
	b := w.browser()
	b.toIdentify(w.web)
	if b.touch(k); b.left != nil || b.step() == "consent" {
		t.Errorf("a method that is switched off was enough: at %s", b.at)
	}
	w.nothingIssued()
}

func TestK08PasskeyThatWasCopiedIsRefusedAndOnRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	k := w.key()
	w.keyed(w.acme, "alice@acme.test", k)
	b := w.browser()
	b.toIdentify(w.web)
	b.touch(k).expect("consent")
	k.Counter = 1
	copied := w.browser()
	copied.toIdentify(w.web)
	copied.touch(k).refuses("a counter that fell", "passkey")
	if n := w.events(w.acme, audit.CounterRegressed); n != 1 {
		t.Errorf("%d events on record", n)
	}
}

func TestD02PasskeyChangesTheSecretsOfSignInAndSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	k := w.key()
	w.keyed(w.acme, "alice@acme.test", k)
	b, attacker := w.browser(), w.browser()
	f := b.toIdentify(w.web)
	planted := b.client.Jar.Cookies(w.issuer)
	attacker.client.Jar.SetCookies(w.issuer, planted)
	if attacker.get(b.at.Path); attacker.status != http.StatusOK {
		t.Fatalf("the attacker's copy of the cookie is no copy: %d", attacker.status)
	}
	b.touch(k).expect("consent")
	for _, path := range []string{b.at.Path, strings.TrimSuffix(b.at.Path, "/consent"), "/authorize/callback?attempt=" + strings.Split(b.at.Path, "/")[2]} {
		if attacker.get(path); attacker.status != http.StatusForbidden || attacker.left != nil {
			t.Errorf("%s with the cookie of before: %d", path, attacker.status)
		}
	}
	b.submit("decision", "allow")
	_, tokens := w.redeem(f, b.code(f))
	old := b.client.Jar.Cookies(w.issuer)
	w.clock.Advance(time.Minute)
	f = b.authorize(w.web, "prompt", "login")
	b.byKey().touch(k)
	_, again := w.redeem(f, b.code(f))
	if claims(t, again)["auth_time"].(float64) <= claims(t, tokens)["auth_time"].(float64) {
		t.Error("prompt=login proved nothing new")
	}
	attacker.client.Jar.SetCookies(w.issuer, old)
	if attacker.get("/account"); attacker.step() != "identify" {
		t.Errorf("the session's secret of before still opens %s", attacker.at)
	}
	if b.get("/account"); b.step() != "account" || claims(t, again)["sid"] != claims(t, tokens)["sid"] {
		t.Errorf("the session was not renewed: at %s", b.at)
	}
}

func TestMaxAgeAsksForThePasskeyAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	k := w.key()
	alice, b := w.keyed(w.acme, "alice@acme.test", k), w.browser()
	f := b.toIdentify(w.web)
	b.touch(k).worth(f)
	w.clock.Advance(10 * time.Minute)
	if b.authorize(w.web, "tenant", "acme", "prompt", "none", "max_age", "60"); b.refusal() != "login_required" {
		t.Errorf("prompt=none after ten minutes: %q", b.refusal())
	}
	f = b.authorize(w.web, "tenant", "acme", "max_age", "60")
	b.byKey().touch(k)
	_, tokens := w.redeem(f, b.code(f))
	if told := claims(t, tokens); told["sub"] != alice.id.String() || told["acr"] != "phr" || int64(told["auth_time"].(float64)) != w.clock.Now().Unix() {
		t.Errorf("claims %v", told)
	}
}

func TestJ03WhosePasswordIsGuessedAtStillGetsInByPasskey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	k := w.key()
	alice, attacker := w.keyed(w.acme, "alice@acme.test", k), w.browser()
	attacker.toPassword(w.web, alice)
	for range 30 {
		attacker.submit("password", "guess")
	}
	if attacker.status != http.StatusTooManyRequests {
		t.Fatalf("30 guesses: %d", attacker.status)
	}
	own := w.browser()
	own.toPassword(w.web, alice)
	if own.submit("password", password); own.status != http.StatusTooManyRequests {
		t.Errorf("the password after 30 guesses: %d", own.status)
	}
	for range 30 { // nor can keys be locked by wrong answers
		attacker.toIdentify(w.web)
		c := attacker.ceremony()
		wrong := *k
		wrong.Origin = "https://evil.test"
		attacker.answer(c, w.must(wrong.Get(c.options)))
	}
	own.toIdentify(w.web)
	own.touch(k).expect("consent")
}
