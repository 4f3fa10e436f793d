package provider_test

import (
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"net/url"
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

const demandsPHR = `{"id_token":{"acr":{"essential":true,"value":"phr"}}}`

// key is an authenticator, with its browser, at this provider.
func (w *world) key() *webauthntest.Authenticator {
	return webauthntest.New(w.issuer.Hostname(), w.issuer.String())
}

// keyed is somebody in the tenant who has that key and a password, as the flow leaves them.
func (w *world) keyed(t id.Tenant, email string, k *webauthntest.Authenticator) *person {
	w.t.Helper()
	p := w.person(t, email)
	w.hold(p, k)
	return p
}

// hold gives somebody that key.
func (w *world) hold(p *person, k *webauthntest.Authenticator) id.Factor {
	w.t.Helper()
	rp, err := webauthn.New(webauthn.RelyingParty{ID: w.issuer.Hostname(), Name: "provider", Origin: w.issuer.String()})
	if err != nil {
		w.t.Fatal(err)
	}
	challenge, who := make([]byte, 32), webauthn.Person{Handle: webauthn.Handle(p.tenant, p.id), Name: p.email, Display: p.email}
	options, err := rp.Creation(challenge, who, nil, webauthn.Rules{})
	if err != nil {
		w.t.Fatal(err)
	}
	made, err := rp.Register(w.must(k.Create(options)), challenge, who, webauthn.Rules{})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.give(p, mfa.WebAuthn, made.Secret)
}

func (w *world) must(answer string, err error) string {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return answer
}

var keyForm = regexp.MustCompile(`(?s)<form[^>]*action="([^"]*)"[^>]*data-webauthn="(create|get)"[^>]*data-options="([^"]*)".*?name="issued" value="([^"]*)"`)

// ceremony is what a page asks of a key: where the answer goes, the options, and when they were made.
type ceremony struct{ action, options, issued string }

func (b *browser) ceremony() ceremony {
	b.w.t.Helper()
	m := keyForm.FindStringSubmatch(b.body)
	if m == nil {
		b.w.t.Fatalf("no key is asked for at %s (%d) %s", b.at, b.status, b.alert())
	}
	return ceremony{html.UnescapeString(m[1]), html.UnescapeString(m[3]), m[4]}
}

// answer posts an assertion, or a new credential, as the page's script does.
func (b *browser) answer(c ceremony, response string) *browser {
	b.w.t.Helper()
	field := "assertion"
	if strings.HasSuffix(c.action, "/enrol") {
		field = "credential"
	}
	return b.post(c.action, url.Values{field: {response}, "issued": {c.issued}, "way": {"webauthn"}})
}

// touch answers what the page asks with the key, register with a new credential on it.
func (b *browser) touch(k *webauthntest.Authenticator) *browser {
	b.w.t.Helper()
	c := b.ceremony()
	return b.answer(c, b.w.must(k.Get(c.options)))
}

func (b *browser) register(k *webauthntest.Authenticator) *browser {
	b.w.t.Helper()
	c := b.ceremony()
	return b.answer(c, b.w.must(k.Create(c.options)))
}

// refuses checks that the answer left the person where they were, with the page that says so.
func (b *browser) refuses(what, step string) {
	b.w.t.Helper()
	if b.step() != step && !strings.HasSuffix(b.at.Path, "/"+step) || b.status != http.StatusUnprocessableEntity || b.alert() == "" || b.left != nil {
		b.w.t.Errorf("%s: at %s (%d, left %v) %q", what, b.at, b.status, b.left, b.alert())
	}
}

// worth is acr and amr of the tokens for what the browser carried to the application.
func (b *browser) worth(f flow) (acr any, amr []any) {
	b.w.t.Helper()
	if b.left == nil {
		b.expect("consent").submit("decision", "allow")
	}
	status, tokens := b.w.redeem(f, b.code(f))
	if status != http.StatusOK {
		b.w.t.Fatalf("token endpoint: %d %v", status, tokens)
	}
	told := claims(b.w.t, tokens)
	amr, _ = told["amr"].([]any)
	return told["acr"], amr
}

// unbound is the options for any key: a browser that does not look at the list.
func unbound(t testing.TB, options, list string) string {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal([]byte(options), &o); err != nil {
		t.Fatal(err)
	}
	delete(o, list)
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestR15KeyFromMySettingsCountsWhenTheBackupCodesAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	eve, k, b := w.person(w.globex, "eve@globex.test"), w.key(), w.browser()
	b.get("/account").expect("identify").submit("email", eve.email).expect("password").submit("password", password)
	b.post("/account/factors/add", nil).expect("enrol")
	if keyForm.MatchString(b.body) {
		t.Error("a key is asked for before anybody chose one")
	}
	b.submit("method", "webauthn").expect("enrol").register(k).expect("backup-codes")
	if n := w.count("SELECT (SELECT count(*) FROM factors) + (SELECT count(*) FROM single_use)"); n != 0 {
		t.Errorf("%d rows before the codes are kept", n)
	}
	other := w.browser()
	other.toPassword(w.web, eve)
	other.submit("password", password).expect("consent")
	if b.keep(); b.step() != "account" || !strings.Contains(b.body, "webauthn") && !strings.Contains(b.body, "ecurity key") {
		t.Errorf("at %s (%d)", b.at, b.status)
	}
	if w.events(w.globex, audit.FactorEnrolled) != 1 || w.count(unused, eve.id) != 10 {
		t.Errorf("%d codes, or no event", w.count(unused, eve.id))
	}
	f := other.toSecond(w.web, eve, "prompt", "login")
	other.touch(k)
	if acr, amr := other.worth(f); acr != "phr" || !slices.Equal(amr, []any{"pwd", "pop", "mfa"}) {
		t.Errorf("acr %v, amr %v", acr, amr)
	}
}

func TestR15KeyForcedInMidSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	bob, k, b := w.person(w.acme, "bob@acme.test"), w.key(), w.browser()
	f := b.toPassword(w.web, bob)
	b.submit("password", password).expect("enrol")
	if !strings.Contains(b.body, `value="webauthn"`) || !strings.Contains(b.body, `value="totp"`) {
		t.Error("the choice of methods does not come first")
	}
	b.submit("method", "webauthn").expect("enrol").register(k).expect("backup-codes")
	for _, page := range []string{"enrol", "consent", "second-factor"} {
		b.get(strings.TrimSuffix(b.at.Path, "backup-codes") + page).expect("backup-codes")
	}
	if w.count("SELECT (SELECT count(*) FROM factors) + (SELECT count(*) FROM sessions)") != 0 {
		t.Error("the key counts before the codes are kept")
	}
	b.keep()
	if acr, amr := b.worth(f); acr != "phr" || !slices.Equal(amr, []any{"pwd", "pop", "mfa"}) {
		t.Errorf("acr %v, amr %v", acr, amr)
	}
	again := w.browser()
	f = again.toSecond(w.web, bob)
	if again.touch(k); again.code(f) == "" {
		t.Errorf("the key does not sign in: at %s", again.at)
	}
}

func TestKeyWithoutUserVerificationIsAAL2(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	k := w.key()
	alice, b := w.keyed(w.acme, "alice@acme.test", k), w.browser()
	k.UserVerified = false
	f := b.toSecond(w.web, alice)
	b.touch(k)
	if acr, amr := b.worth(f); acr != "urn:sallyport:acr:aal2" || !slices.Equal(amr, []any{"pwd", "pop", "mfa"}) {
		t.Errorf("acr %v, amr %v", acr, amr)
	}
}

func TestClientThatDemandsPHRMakesWhoeverHasOnlyAnAppEnrolAKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice, k, b := w.enrolled(w.acme, "alice@acme.test"), w.key(), w.browser()
	f := b.toSecond(w.web, alice, "claims", demandsPHR)
	if keyForm.MatchString(b.body) {
		t.Error("C03: a key is enrolled on the password alone")
	}
	b.submit("code", alice.totp(w, 0)).expect("enrol")
	if !strings.Contains(b.ceremony().options, `"userVerification":"required"`) {
		t.Errorf("options %s", b.ceremony().options)
	}
	k.UserVerified = false
	b.register(k).refuses("a key that verifies nobody", "enrol")
	k.UserVerified = true
	b.register(k).expect("backup-codes").keep()
	if acr, amr := b.worth(f); acr != "phr" || !slices.Equal(amr, []any{"pwd", "otp", "pop", "mfa"}) {
		t.Errorf("acr %v, amr %v", acr, amr)
	}
}

func TestStepUpToPHRAsksOnlyForTheKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	k := w.key()
	alice, b := w.keyed(w.acme, "alice@acme.test", k), w.browser()
	w.enrol(alice)
	f := b.toSecond(w.web, alice)
	b.post(b.at.Path, url.Values{"way": {"totp"}, "code": {alice.totp(w, 0)}})
	if acr, _ := b.worth(f); acr != "urn:sallyport:acr:aal2" {
		t.Fatalf("acr %v", acr)
	}
	w.clock.Advance(time.Minute)
	f = b.authorize(w.web, "tenant", "acme", "claims", demandsPHR)
	b.expect("second-factor")
	if strings.Contains(b.body, `value="totp"`) || strings.Contains(b.body, `name="password"`) {
		t.Error("asks for what helps nothing")
	}
	if b.touch(k); b.left == nil {
		t.Fatalf("something more is asked for: at %s", b.at)
	}
	if acr, _ := b.worth(f); acr != "phr" {
		t.Errorf("acr %v", acr)
	}
	f = b.authorize(w.web, "tenant", "acme", "claims", demandsPHR)
	if acr, _ := b.worth(f); acr != "phr" {
		t.Errorf("the session forgot the key: %v", acr)
	}
}

func TestOneKeyIsNotEnrolledTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	k := w.key()
	alice, b := w.keyed(w.acme, "alice@acme.test", k), w.browser()
	first := enrolledID(t, w, b, alice, k)
	c := b.ceremony()
	if _, err := k.Create(c.options); !errors.Is(err, webauthntest.ErrExcluded) {
		t.Errorf("the page does not exclude the key: %v", err)
	}
	// A browser that does not listen, and says the credential of before.
	fresh := w.key()
	fresh.AuthData = func(data []byte) []byte { copy(data[55:], first); return data }
	b.answer(c, renamed(t, w.must(fresh.Create(c.options)), first)).refuses("the same credential again", "enrol")
	if n := w.count("SELECT count(*) FROM factors"); n != 1 {
		t.Errorf("%d factors", n)
	}
	fresh.AuthData = nil
	b.register(fresh).expect("backup-codes")
}

// enrolledID walks somebody who has a key to the page that adds another, and returns the first one's credential id.
func enrolledID(t testing.TB, w *world, b *browser, p *person, k *webauthntest.Authenticator) []byte {
	t.Helper()
	b.get("/account").submit("email", p.email).submit("password", password).expect("second-factor")
	answer := w.must(k.Get(b.ceremony().options))
	var o struct {
		RawID string `json:"rawId"`
	}
	if err := json.Unmarshal([]byte(answer), &o); err != nil {
		t.Fatal(err)
	}
	b.answer(b.ceremony(), answer).post("/account/factors/add", nil).expect("enrol").submit("method", "webauthn").expect("enrol")
	return decoded(t, o.RawID)
}

func TestKeyOfSomebodyElseIsAnotherKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	k := w.key()
	alice, mallory := w.keyed(w.acme, "alice@acme.test", k), w.person(w.acme, "mallory@acme.test")
	b := w.browser()
	b.toPassword(w.web, mallory)
	b.submit("password", password).expect("enrol").submit("method", "webauthn").register(k).expect("backup-codes").keep()
	b.expect("consent")
	for _, p := range []*person{alice, mallory} {
		c := w.browser()
		c.toSecond(w.web, p)
		c.touch(k).expect("consent")
	}
}

func TestRulesOfTheTenantAreEnforcedOnTheServer(t *testing.T) {
	t.Parallel()
	const ours, others = "aa000000-0000-0000-0000-000000000001", "bb000000-0000-0000-0000-000000000001"
	for name, c := range map[string]struct {
		rules       policy.WebAuthn
		attestation webauthntest.Attestation
		verified    bool
		good        bool
	}{
		"verified":            {policy.WebAuthn{UserVerification: true}, webauthntest.None, true, true},
		"not verified":        {policy.WebAuthn{UserVerification: true}, webauthntest.None, false, false},
		"attested":            {policy.WebAuthn{Attestation: true}, webauthntest.Certificate, false, true},
		"says nothing":        {policy.WebAuthn{Attestation: true}, webauthntest.None, true, false},
		"vouches for itself":  {policy.WebAuthn{Attestation: true}, webauthntest.Self, true, false},
		"model allowed":       {policy.WebAuthn{Attestation: true, AAGUIDs: []string{others, ours}}, webauthntest.Certificate, true, true},
		"another model":       {policy.WebAuthn{Attestation: true, AAGUIDs: []string{others}}, webauthntest.Certificate, true, false},
		"model only asserted": {policy.WebAuthn{Attestation: true, AAGUIDs: []string{ours}}, webauthntest.Self, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			w.setPolicy(w.acme, func(p *policy.Policy) { p.WebAuthn = c.rules })
			b, k := w.browser(), w.key()
			b.toPassword(w.web, w.person(w.acme, "bob@acme.test"))
			b.submit("password", password).submit("method", "webauthn").expect("enrol")
			k.Attestation, k.UserVerified = c.attestation, c.verified
			if b.register(k); c.good {
				b.expect("backup-codes")
				return
			}
			b.refuses(name, "enrol")
			if w.count("SELECT count(*) FROM signin_attempts WHERE facts -> 'enrolment' ->> 'secret' IS NOT NULL") != 0 {
				t.Error("something of the credential was kept")
			}
		})
	}
}
