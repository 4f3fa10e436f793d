package provider_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/session"
	"sallyport/storage/audit"
)

func TestA01PendingSignInOpensNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	b := w.browser()
	b.toSecond(w.web, alice)
	pending := strings.Split(b.at.Path, "/")[2]

	for _, prompt := range []string{"none", "login", "consent"} {
		c := *b
		_, q := newFlow(w.web, "tenant", "acme", "prompt", prompt)
		c.get("/authorize?" + q.Encode())
		if prompt == "none" && c.refusal() != "login_required" {
			t.Errorf("prompt=none: %q at %s", c.refusal(), c.at)
		}
		if prompt != "none" && c.step() != "identify" {
			t.Errorf("prompt=%s: at %s", prompt, c.at)
		}
	}
	b.get("/authorize/callback?attempt=" + pending).expect("second-factor")
	b.post("/signin/"+pending+"/consent", url.Values{"decision": {"allow"}}).expect("second-factor")
	b.post("/signin/"+pending+"/enrol", url.Values{"code": {"123456"}}).expect("second-factor")
	for _, path := range []string{"/account", "/account/factors/" + alice.factor.String() + "/remove", "/admin/policy"} {
		c := *b
		c.get(path)
		if c.step() != "identify" {
			t.Errorf("%s with a pending sign-in: at %s (%d)", path, c.at, c.status)
		}
	}
	if n := w.count("SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM grants) + (SELECT count(*) FROM single_use)"); n != 0 {
		t.Errorf("%d things were issued without a second factor", n)
	}
}

func TestA02EnrolledFactorIsAskedForWhateverThePolicySays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice := w.enrolled(w.globex, "alice@globex.test")
	for _, mode := range []policy.Mode{policy.Optional, policy.Off, policy.Required} {
		w.setPolicy(w.globex, func(p *policy.Policy) { p.SecondFactor = mode })
		w.browser().toSecond(w.web, alice)
	}
	// The policy is relaxed while the prompt stands.
	b := w.browser()
	f := b.toSecond(w.web, alice)
	w.setPolicy(w.globex, func(p *policy.Policy) { p.SecondFactor = policy.Off })
	b.get("/signin/" + strings.Split(b.at.Path, "/")[2]).expect("second-factor")
	b.submit("code", alice.totp(w, 0)).expect("consent").submit("decision", "allow")
	if status, tokens := w.redeem(f, b.code(f)); status != http.StatusOK {
		t.Errorf("after all: %d %v", status, tokens)
	}
}

func TestA03ProofOfSomebodyElseIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice, mallory := w.enrolled(w.acme, "alice@acme.test"), w.enrolled(w.acme, "mallory@acme.test")
	a, m := w.browser(), w.browser()
	a.toSecond(w.web, alice)
	m.toSecond(w.web, mallory)
	victim, own := a.at.Path, m.at.Path

	a.submit("code", mallory.totp(w, 0)).expect("second-factor")
	// Mallory's cookies at alice's flow, and alice's at mallory's.
	for _, b := range []struct {
		browser *browser
		path    string
	}{{m, victim}, {a, own}} {
		b.browser.post(b.path, url.Values{"code": {mallory.totp(w, 0)}})
		if b.browser.status != http.StatusForbidden || b.browser.left != nil {
			t.Errorf("foreign attempt: %d at %s", b.browser.status, b.browser.at)
		}
	}
	// Nobody got further, and mallory's own code still works where it belongs.
	a.get(victim).expect("second-factor")
	m.get(own).expect("second-factor")
	m.submit("code", mallory.totp(w, 0)).expect("consent")
	if n := w.count("SELECT count(*) FROM signin_attempts WHERE user_id = $1 AND jsonb_array_length(facts->'proofs') > 1", alice.id); n != 0 {
		t.Error("alice's attempt holds a second proof")
	}
}

func TestA04StepIsPassedByProvingNotBySubmitting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	bob, alice := w.person(w.acme, "bob@acme.test"), w.enrolled(w.acme, "alice@acme.test")
	for step, reach := range map[string]func(*browser){
		"identify":      func(b *browser) { b.authorize(w.web, "tenant", "acme") },
		"password":      func(b *browser) { b.toPassword(w.web, alice) },
		"second-factor": func(b *browser) { b.toSecond(w.web, alice) },
		"enrol":         func(b *browser) { b.toPassword(w.web, bob); b.submit("password", password) },
		"consent": func(b *browser) {
			b.toSecond(w.web, alice)
			w.clock.Advance(31 * time.Second)
			b.submit("code", alice.totp(w, 0))
		},
	} {
		b := w.browser()
		reach(b)
		b.expect(step)
		handle := strings.Split(b.at.Path, "/")[2]
		for _, path := range []string{"identify", "password", "second-factor", "enrol", "consent", "done", "tenant", "refused", ""} {
			for _, body := range []struct{ kind, text string }{
				{"application/x-www-form-urlencoded", ""},
				{"application/x-www-form-urlencoded", "step=done&method=none&continue=1&code=&decision=&password="},
				{"application/x-www-form-urlencoded", "code=000000&code=000000"},
				{"application/x-www-form-urlencoded", "decision=yes"},
				{"application/x-www-form-urlencoded", "%zz=%"},
				{"application/json", "{}"},
				{"text/plain", "decision=allow"},
				{"multipart/form-data; boundary=x", "--x--"},
			} {
				b.send("/signin/"+handle+"/"+path, body.kind, body.text)
				if b.status >= 500 || b.left != nil {
					t.Fatalf("%s: POST %s %q: %d, left %v", step, path, body.text, b.status, b.left)
				}
			}
		}
		if got := b.get("/signin/" + handle).step(); got != step {
			t.Errorf("after hostile posts at %s the step is %s", step, got)
		}
	}
}

func TestA09LockedOutMidwayGetsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)

	early := w.enrolled(w.acme, "early@acme.test")
	b := w.browser()
	b.toPassword(w.web, early)
	w.disable(early)
	b.submit("password", password).expect("password") // not told apart from a wrong one

	second := w.enrolled(w.acme, "second@acme.test")
	b = w.browser()
	b.toSecond(w.web, second)
	w.disable(second)
	if b.submit("code", second.totp(w, 0)); b.step() != "refused" {
		t.Errorf("disabled before the code: at %s", b.at)
	}

	late := w.enrolled(w.acme, "late@acme.test")
	b = w.browser()
	f := b.toSecond(w.web, late, "scope", "openid offline_access")
	b.submit("code", late.totp(w, 0)).expect("consent").submit("decision", "allow")
	code := b.code(f)
	w.disable(late)
	if status, body := w.redeem(f, code); status != http.StatusBadRequest || body["error"] != "invalid_grant" {
		t.Errorf("disabled before redemption: %d %v", status, body)
	}

	last := w.enrolled(w.acme, "last@acme.test")
	tokens := w.browser().signIn(w.web, last, "scope", "openid offline_access")
	w.disable(last)
	refresh := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"].(string)}}
	if status, body := w.token(w.web, refresh); status != http.StatusBadRequest || body["error"] != "invalid_grant" {
		t.Errorf("disabled before refresh: %d %v", status, body)
	}
	if status, _ := w.userinfo(tokens["access_token"].(string)); status != http.StatusUnauthorized {
		t.Errorf("userinfo of a disabled user: %d", status)
	}
}

func TestD01CookiesOfOthersOpenNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice, mallory := w.enrolled(w.acme, "alice@acme.test"), w.enrolled(w.acme, "mallory@acme.test")
	m := w.browser()
	m.signIn(w.web, mallory)
	stolen := cookie(t, m, session.Cookie)

	// Mallory's session in alice's sign-in: it neither skips her second factor nor becomes hers.
	a := w.browser()
	a.client.Jar.SetCookies(w.issuer, []*http.Cookie{{Name: session.Cookie, Value: stolen, Path: "/"}})
	w.clock.Advance(time.Second)
	a.authorize(w.web, "tenant", "acme", "prompt", "login")
	a.expect("password")
	a.get(a.at.Path[:len(a.at.Path)-len("password")]+"identify").submit("email", alice.email).expect("password")
	a.submit("password", password).expect("second-factor")

	// The same cookie for the other tenant, and every cookie with one character changed, is no session.
	o := w.browser()
	o.client.Jar.SetCookies(w.issuer, []*http.Cookie{{Name: session.Cookie, Value: stolen, Path: "/"}})
	o.authorize(w.web, "tenant", "globex")
	o.expect("identify")
	for i := 0; i < len(stolen); i += 17 {
		flipped := []byte(stolen)
		flipped[i] ^= 1
		f := w.browser()
		f.client.Jar.SetCookies(w.issuer, []*http.Cookie{{Name: session.Cookie, Value: string(flipped), Path: "/"}})
		if f.get("/account"); f.step() != "identify" {
			t.Fatalf("changed cookie at %d: at %s", i, f.at)
		}
	}
}

func TestD02SignInPreparedByAnotherBrowserIsWorthNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	attacker := w.browser()
	attacker.toPassword(w.web, alice)
	planted := attacker.at.Path

	// A link alone: the victim's browser holds no binding.
	victim := w.browser()
	if victim.get(planted); victim.status != http.StatusForbidden {
		t.Errorf("link of another browser: %d", victim.status)
	}
	// Link and cookies: the victim proves the password, and with that the attacker's copy dies.
	victim.client.Jar.SetCookies(w.issuer, attacker.client.Jar.Cookies(w.issuer))
	victim.get(planted).expect("password").submit("password", password).expect("second-factor")
	for _, path := range []string{planted, strings.TrimSuffix(planted, "/password"), strings.TrimSuffix(planted, "password") + "second-factor"} {
		if attacker.get(path); attacker.status != http.StatusForbidden || attacker.left != nil {
			t.Errorf("attacker at %s: %d", path, attacker.status)
		}
	}
	victim.submit("code", alice.totp(w, 0)).expect("consent").submit("decision", "allow")
	if victim.left == nil {
		t.Fatal("the victim's own sign-in broke")
	}
	if attacker.get("/authorize/callback?attempt=" + strings.Split(planted, "/")[2]); attacker.left != nil {
		t.Error("attacker carried the code away")
	}
}

func TestD02SessionSecretChangesWithEveryProof(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	bob := w.person(w.globex, "bob@globex.test")
	b := w.browser()
	b.toPassword(w.web, bob)
	b.submit("password", password).expect("consent").submit("decision", "allow")
	before := cookie(t, b, session.Cookie)
	old := w.browser()
	old.client.Jar.SetCookies(w.issuer, []*http.Cookie{{Name: session.Cookie, Value: before, Path: "/"}})
	if old.get("/account"); old.step() != "account" {
		t.Fatalf("session is not alive to begin with: %s", old.at)
	}
	w.enrol(bob)
	b.authorize(w.web, "tenant", "globex")
	b.expect("second-factor").submit("code", bob.totp(w, 0))
	if after := cookie(t, b, session.Cookie); after == before {
		t.Error("session cookie survived the second factor")
	}
	if old.get("/account"); old.step() != "identify" {
		t.Errorf("old secret still opens %s", old.at)
	}
}

func cookie(t *testing.T, b *browser, name string) string {
	t.Helper()
	for _, c := range b.client.Jar.Cookies(b.w.issuer) {
		if c.Name == name {
			return c.Value
		}
	}
	t.Fatalf("no cookie %s", name)
	return ""
}

func TestSignInLeavesItsStory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	w.browser().signIn(w.web, alice)
	for _, kind := range []audit.Kind{audit.SignInDone, audit.ConsentGiven} {
		if n := w.events(w.acme, kind); n != 1 {
			t.Errorf("%d events %s, want 1", n, kind)
		}
	}
}

func TestHintPinsTheAccountWithoutASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice, mallory := w.enrolled(w.acme, "alice@acme.test"), w.enrolled(w.acme, "mallory@acme.test")
	hint := w.browser().signIn(w.web, alice)["id_token"].(string)
	w.clock.Advance(time.Minute)

	b := w.browser()
	b.authorize(w.web, "tenant", "acme", "id_token_hint", hint)
	b.expect("identify").submit("email", mallory.email).expect("password")
	b.submit("password", password)
	if b.step() != "refused" {
		t.Errorf("another account than the hinted one: at %s", b.at)
	}
	b = w.browser()
	f := b.authorize(w.web, "tenant", "acme", "id_token_hint", hint)
	b.expect("identify").submit("email", alice.email).submit("password", password).submit("code", alice.totp(w, 0))
	if status, tokens := w.redeem(f, b.code(f)); status != http.StatusOK || claims(t, tokens)["sub"] != alice.id.String() {
		t.Errorf("the hinted account: %d", status)
	}
}
