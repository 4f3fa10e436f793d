package provider_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

// lands is the step that a password leads to.
func (w *world) lands(a app, p *person, extra ...string) string {
	w.t.Helper()
	b := w.browser()
	b.toPassword(a, p, extra...)
	return b.submit("password", password).step()
}

func TestR5OffKeepsAskingWhoEnrolledUntilTheyAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice, bob := w.enrolled(w.acme, "alice@acme.test"), w.person(w.acme, "bob@acme.test")
	w.setPolicy(w.acme, func(p *policy.Policy) { p.SecondFactor = policy.Off })
	if got := w.lands(w.web, bob); got != "consent" {
		t.Errorf("nobody's factor: %s", got)
	}
	w.browser().toSecond(w.web, alice)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.ForgetEnrolled = true })
	b := w.browser()
	f := b.toPassword(w.web, alice)
	b.submit("password", password)
	level(t, b.told(f), oneFactor, "pwd")
	w.setPolicy(w.acme, func(p *policy.Policy) { p.SecondFactor, p.ForgetEnrolled = policy.Optional, false })
	if got := w.lands(w.web, alice); got != "second-factor" {
		t.Errorf("the factor was there all the time: %s", got)
	}
}

func TestR13ServiceUserSignsInNowhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	robot := w.person(w.globex, "robot@globex.test")
	w.exec("UPDATE users SET service = true WHERE id = $1", robot.id)
	b := w.browser()
	b.toPassword(w.web, robot)
	b.submit("password", password).expect("refused")
	for _, page := range []string{"second-factor", "enrol", "enrol/skip", "consent", "backup-codes"} {
		b.post(b.attempt()+"/"+page, url.Values{"decision": {"allow"}, "method": {"totp"}}).expect("refused")
	}
	if w.count("SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM grants)") != 0 {
		t.Error("something was issued")
	}
	c := w.browser()
	if c.get("/account").expect("identify").submit("email", robot.email); c.submit("password", password).step() == "account" {
		t.Error("My settings are open")
	}
}

func TestR16RulesBindThoseWhomTheyFit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	inside, outside := netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")
	user, boss := w.person(w.globex, "user@plain.test"), w.person(w.globex, "boss@plain.test")
	bound, shouting := w.person(w.globex, "kari@bound.test"), w.person(w.globex, "Ola@BOUND.test")
	w.exec("UPDATE users SET role = 'admin' WHERE id = $1", boss.id)
	rule := func(change func(*policy.Rule)) {
		w.setPolicy(w.globex, func(p *policy.Policy) {
			p.Rules = []policy.Rule{{Name: "rule", Level: "2sv"}}
			change(&p.Rules[0])
		})
	}
	for name, c := range map[string]struct {
		set   func(*policy.Rule)
		binds map[*person]bool
	}{
		"domain":           {func(r *policy.Rule) { r.Domains = []string{"bound.test"} }, map[*person]bool{bound: true, shouting: true}},
		"role":             {func(r *policy.Rule) { r.Roles = []string{"admin", "owner"} }, map[*person]bool{boss: true}},
		"other client":     {func(r *policy.Rule) { r.Clients = []string{"web2"} }, nil},
		"client":           {func(r *policy.Rule) { r.Clients = []string{"web"} }, map[*person]bool{user: true, boss: true, bound: true, shouting: true}},
		"network":          {func(r *policy.Rule) { r.Networks = []netip.Prefix{inside} }, map[*person]bool{user: true, boss: true, bound: true, shouting: true}},
		"other network":    {func(r *policy.Rule) { r.Networks = []netip.Prefix{outside} }, nil},
		"outside of ours":  {func(r *policy.Rule) { r.Outside = []netip.Prefix{inside} }, nil},
		"outside of it":    {func(r *policy.Rule) { r.Outside = []netip.Prefix{outside} }, map[*person]bool{user: true, boss: true, bound: true, shouting: true}},
		"domain and role":  {func(r *policy.Rule) { r.Domains, r.Roles = []string{"bound.test"}, []string{"admin"} }, nil},
		"domain and place": {func(r *policy.Rule) { r.Domains, r.Networks = []string{"bound.test"}, []netip.Prefix{inside} }, map[*person]bool{bound: true, shouting: true}},
	} {
		rule(c.set)
		for _, p := range []*person{user, boss, bound, shouting} {
			want := map[bool]string{true: "enrol", false: "consent"}[c.binds[p]]
			if got := w.lands(w.web, p); got != want {
				t.Errorf("%s: %s comes to %s, want %s", name, p.email, got, want)
			}
		}
	}
}

func TestJ04ForwardedAddressOfAnybodyMovesNobodyIntoAnotherNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.setPolicy(w.globex, func(p *policy.Policy) {
		p.Rules = []policy.Rule{{Name: "outside the office", Level: "2sv", Outside: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}}
	})
	bob := w.person(w.globex, "bob@globex.test")
	for name, value := range map[string]string{"X-Forwarded-For": "10.1.2.3", "X-Real-Ip": "10.1.2.3", "Forwarded": "for=10.1.2.3", "X-Client-Ip": "10.1.2.3"} {
		b := w.browser()
		b.client.Transport = saying{b.client.Transport, name, value}
		b.toPassword(w.web, bob)
		b.submit("password", password).expect("enrol")
	}
	if n := w.count("SELECT count(*) FROM audit_events WHERE address LIKE '10.%'"); n != 0 {
		t.Errorf("%d events name the address that was made up", n)
	}
}

// saying adds a header to every request.
type saying struct {
	http.RoundTripper
	name, value string
}

func (s saying) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set(s.name, s.value)
	return s.RoundTripper.RoundTrip(r)
}

func TestRuleOfAnApplicationAsksInTheSessionOfAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.setPolicy(w.globex, func(p *policy.Policy) {
		p.Rules = []policy.Rule{{Name: "payroll", Level: "aal2", Clients: []string{"web2"}}}
	})
	bob := w.person(w.globex, "bob@globex.test")
	b := w.browser()
	f := b.toPassword(w.web, bob)
	b.submit("password", password)
	level(t, b.told(f), oneFactor, "pwd")
	w.enrol(bob)
	f = b.authorize(w.web2, "tenant", "globex")
	b.expect("second-factor").submit("code", bob.totp(w, 0))
	level(t, b.told(f), aal2, "pwd", "otp", "mfa")
}

func TestStepUpAsksForWhatIsMissingAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	b := w.browser()
	b.signIn(w.web, alice)
	w.clock.Advance(5 * time.Minute)
	for _, more := range [][]string{{"acr_values", aal2}, {"claims", essentialAAL2}, {"max_age", "600"}, {"acr_values", "urn:nobody:knows " + twoStep}} {
		f := b.authorize(w.web, append([]string{"tenant", "acme", "prompt", "none"}, more...)...)
		level(t, b.told(f), aal2, "pwd", "otp", "mfa")
	}
	// max_age takes both proofs of before; the essential level of those who cannot reach it yet asks to add a key, at once,
	// because the app's proof is recent.
	f := b.authorize(w.web, "tenant", "acme", "max_age", "60")
	b.expect("password").submit("password", password).expect("second-factor").submit("code", alice.totp(w, 0))
	told := b.told(f)
	level(t, told, aal2, "pwd", "otp", "mfa")
	if told["auth_time"].(float64) != float64(w.clock.Now().Unix()) {
		t.Errorf("auth_time %v", told["auth_time"])
	}
	b.authorize(w.web, "tenant", "acme", "claims", strings.ReplaceAll(essentialAAL2, aal2, "phr"))
	b.expect("enrol")
	// Half an hour later neither is recent enough to add a key with.
	w.clock.Advance(30 * time.Minute)
	b.authorize(w.web, "tenant", "acme", "claims", strings.ReplaceAll(essentialAAL2, aal2, "phr"))
	b.expect("second-factor").submit("code", alice.totp(w, 0)).expect("password").submit("password", password).expect("enrol")
}

func TestRefreshIsJudgedAnewWhenThePolicyGotStricter(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	bob, alice := w.person(w.globex, "bob@globex.test"), w.enrolled(w.globex, "alice@globex.test")
	b := w.browser()
	f := b.toPassword(w.web, bob, "scope", "openid offline_access")
	b.submit("password", password).expect("consent").submit("decision", "allow")
	_, weak := w.redeem(f, b.code(f))
	strong := w.browser().signIn(w.web, alice, "scope", "openid offline_access")
	refresh := func(tokens map[string]any) (int, map[string]any) {
		return w.token(w.web, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"].(string)}})
	}
	_, weak = refresh(weak)
	w.setPolicy(w.globex, func(p *policy.Policy) { p.SecondFactor = policy.Required })
	if status, body := refresh(weak); status != http.StatusBadRequest || body["error"] != "invalid_grant" {
		t.Errorf("a password alone: %d %v", status, body)
	}
	status, strong := refresh(strong)
	if status != http.StatusOK {
		t.Fatalf("password and app: %d %v", status, strong)
	}
	w.setPolicy(w.globex, func(p *policy.Policy) {
		p.Rules = []policy.Rule{{Name: "keys", Level: "phr"}}
	})
	if status, body := refresh(strong); status != http.StatusBadRequest {
		t.Errorf("an app where keys are demanded: %d %v", status, body)
	}
}

func TestBreakGlassIsBoundByNoRuleAndWatched(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	owner, bob := w.person(w.acme, "owner@acme.test"), w.person(w.acme, "bob@acme.test")
	w.setPolicy(w.acme, func(p *policy.Policy) {
		p.BreakGlass, p.Rules = []id.User{owner.id}, []policy.Rule{{Name: "keys", Level: "phr"}}
	})
	b := w.browser()
	f := b.toPassword(w.web, owner)
	b.submit("password", password)
	level(t, b.told(f), oneFactor, "pwd")
	if w.events(w.acme, audit.BreakGlass) != 1 {
		t.Error("nobody hears of it")
	}
	if got := w.lands(w.web, bob); got != "enrol" {
		t.Errorf("everybody else: %s", got)
	}
	w.enrol(owner) // what they have themselves is asked for
	if got := w.lands(w.web, owner); got != "second-factor" {
		t.Errorf("with a factor of their own: %s", got)
	}
}

func TestSingleSignOnKeepsTheSessionAwake(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.Methods = []mfa.Kind{mfa.TOTP} })
	alice := w.enrolled(w.acme, "alice@acme.test")
	b := w.browser()
	b.signIn(w.web, alice)
	for range 5 {
		w.clock.Advance(50 * time.Minute)
		if b.authorize(w.web, "tenant", "acme", "prompt", "none"); b.refusal() != "" {
			t.Fatalf("%s in spite of steady use", b.refusal())
		}
	}
	w.clock.Advance(61 * time.Minute)
	if b.authorize(w.web, "tenant", "acme", "prompt", "none"); b.refusal() != "login_required" {
		t.Errorf("idle for more than an hour: %q", b.refusal())
	}
}
