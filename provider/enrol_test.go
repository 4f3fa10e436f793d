package provider_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/storage/audit"
)

// toEnrol walks somebody without a factor to the page that asks for one.
func (b *browser) toEnrol(p *person, extra ...string) flow {
	b.w.t.Helper()
	f := b.toPassword(b.w.web, p, extra...)
	b.submit("password", password).expect("enrol")
	return f
}

// at is the path of the attempt that the browser is in.
func (b *browser) attempt() string { return "/signin/" + strings.Split(b.at.Path, "/")[2] }

// skip puts enrolment off.
func (b *browser) skip() *browser {
	b.w.t.Helper()
	return b.post(b.attempt()+"/enrol/skip", nil)
}

func TestSkipsAreCountedShownAndNotGivenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.EnrolSkips = 3 })
	bob := w.person(w.acme, "bob@acme.test")
	for left := 3; left > 0; left-- {
		if left == 1 {
			w.setPolicy(w.acme, func(p *policy.Policy) { p.Idle++ }) // what changes the policy renews nothing
		}
		b := w.browser()
		f := b.toEnrol(bob)
		if word := map[int]string{3: "3 times more", 2: "2 times more", 1: "1 time more"}[left]; !strings.Contains(b.body, word) {
			t.Errorf("with %d left the page does not say %q", left, word)
		}
		b.skip()
		level(t, b.told(f), oneFactor, "pwd")
	}
	b := w.browser()
	b.toEnrol(bob)
	if strings.Contains(b.body, "/enrol/skip") {
		t.Error("a fourth skip is offered")
	}
	if b.skip(); b.step() != "enrol" {
		t.Errorf("a fourth skip leads to %s", b.at)
	}
	if n := w.events(w.acme, audit.EnrolmentSkipped); n != 3 || w.count("SELECT enrol_skips FROM users WHERE id = $1", bob.id) != 3 {
		t.Errorf("%d events", n)
	}
}

func TestB04OneSkipIsLeftAndTwentyTabsUseItOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.EnrolSkips = 1 })
	bob := w.person(w.acme, "bob@acme.test")
	passed := w.race(20, func(b *browser) { b.toEnrol(bob) }, func(b *browser) bool { return b.skip().step() == "consent" })
	if passed != 1 || w.count("SELECT enrol_skips FROM users WHERE id = $1", bob.id) != 1 {
		t.Errorf("%d tabs passed with one skip", passed)
	}
}

func TestDateWindowEndsToTheSecondAndIsNotRenewed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	end := w.clock.Now().Add(48 * time.Hour)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.EnrolUntil, p.EnrolWithPassword = end, false })
	bob, late := w.person(w.acme, "bob@acme.test"), w.person(w.acme, "late@acme.test")
	b := w.browser()
	f := b.toEnrol(bob)
	if !strings.Contains(b.body, "put this off until") || !strings.Contains(b.body, "2026") {
		t.Error("the page does not say until when")
	}
	b.skip()
	b.told(f)
	// A later date is for those who have not met the first one.
	w.setPolicy(w.acme, func(p *policy.Policy) { p.EnrolUntil = end.Add(100 * time.Hour) })
	w.clock.Advance(48*time.Hour - time.Second)
	b = w.browser()
	b.toEnrol(bob)
	if b.skip(); b.left == nil {
		t.Errorf("a second before the end: at %s", b.at)
	}
	waiting := w.browser()
	waiting.toEnrol(bob)
	w.clock.Advance(time.Second)
	if waiting.skip(); waiting.step() != "refused" {
		t.Errorf("a skip after the date: at %s", waiting.at)
	}
	b = w.browser()
	b.toPassword(w.web, bob)
	b.submit("password", password).expect("refused") // on a password alone nobody enrols here
	b = w.browser()
	b.toEnrol(late)
	b.skip().expect("consent")
}

func TestSkipIsAskedOnceASessionAndEndsWithTheWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	end := w.clock.Now().Add(2 * time.Hour)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.EnrolUntil = end })
	bob := w.person(w.acme, "bob@acme.test")
	b := w.browser()
	f := b.toEnrol(bob, "scope", "openid offline_access")
	b.skip().expect("consent").submit("decision", "allow")
	_, tokens := w.redeem(f, b.code(f))
	for range 3 { // single sign-on asks nothing again
		w.clock.Advance(10 * time.Minute)
		f = b.authorize(w.web, "tenant", "acme", "prompt", "none", "scope", "openid offline_access")
		level(t, b.told(f), oneFactor, "pwd")
	}
	if b.get("/account"); b.step() != "account" {
		t.Errorf("My settings: at %s", b.at)
	}
	refresh := func(tokens map[string]any) (int, map[string]any) {
		return w.token(w.web, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"].(string)}})
	}
	status, tokens := refresh(tokens)
	if status != http.StatusOK {
		t.Fatalf("refresh in the window: %d %v", status, tokens)
	}
	w.clock.Advance(90 * time.Minute)
	if status, body := refresh(tokens); status == http.StatusOK {
		t.Errorf("refresh after the window: %v", body)
	}
	if b.authorize(w.web, "tenant", "acme", "prompt", "none"); b.refusal() == "" {
		t.Errorf("single sign-on after the window: at %s", b.at)
	}
	if b.authorize(w.web, "tenant", "acme"); b.left != nil || b.step() == "consent" {
		t.Errorf("at %s", b.at)
	}
}

func TestSkipAnswersNobodyWhoAsksForMore(t *testing.T) {
	t.Parallel()
	w := trusting(t, 1)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.EnrolSkips = 9 })
	bob := w.person(w.acme, "bob@acme.test")
	for _, more := range [][]string{{"claims", essentialAAL2}, {"acr_values", aal2}} {
		b := w.browser()
		b.toEnrol(bob, more...)
		if strings.Contains(b.body, "/enrol/skip") {
			t.Errorf("%v: a skip is offered", more)
		}
		if b.skip(); b.step() != "enrol" {
			t.Errorf("%v: a skip leads to %s", more, b.at)
		}
	}
	// D05: what was put off trusts no browser, whatever the form says.
	b := w.browser()
	f := b.toEnrol(bob)
	b.post(b.attempt()+"/enrol/skip", url.Values{"trust": {"on"}})
	b.told(f)
	if w.count("SELECT count(*) FROM trusted_devices") != 0 || has(b, "device") {
		t.Error("a skip made a trusted device")
	}
	// Somebody who has a factor is asked for it.
	alice := w.enrolled(w.acme, "alice@acme.test")
	b = w.browser()
	b.toSecond(w.web, alice)
	if b.skip(); b.step() != "second-factor" {
		t.Errorf("a skip instead of the factor: at %s", b.at)
	}
}

func TestR8MailboxIsEnrolledOnlyWhenItsAddressIsConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.allowSent()
	bob := w.person(w.acme, "bob@acme.test")
	w.exec("UPDATE users SET email_confirmed_at = NULL WHERE id = $1", bob.id)
	b := w.browser()
	b.toEnrol(bob)
	if strings.Contains(b.body, `name="method" value="email"`) {
		t.Error("codes by mail are offered to an address that nobody confirmed")
	}
	b.post(b.attempt()+"/enrol/method", url.Values{"method": {"email"}}).expect("enrol")
	if code, _ := w.sent(bob); code != "" {
		t.Error("a code went to an address that nobody confirmed")
	}
	w.exec("UPDATE users SET email_confirmed_at = $2 WHERE id = $1", bob.id, w.clock.Now())
	f := b.toEnrol2(bob)
	b.submit("method", "email", "email", "mallory@evil.test", "to", "mallory@evil.test").expect("enrol")
	code, to := w.sent(bob)
	if to != "bob@acme.test" {
		t.Fatalf("the code went to %q", to)
	}
	if strings.Contains(b.body, ">bob@acme.test<") && !strings.Contains(b.body, "•") {
		t.Error("the page shows the whole address")
	}
	if b.submit("code", not(code)); b.status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong code: %d", b.status)
	}
	b.submit("code", code).keep()
	level(t, b.told(f), twoStep, "pwd", "otp", "mfa")
	w.clock.Advance(time.Minute)
	next := w.browser()
	next.toSecond(w.web, bob)
	code, _ = w.sent(bob)
	if next.submit("code", code); next.left == nil {
		t.Errorf("at %s: %s", next.at, next.alert())
	}
}

// toEnrol2 is toEnrol for a browser that has been somewhere else before.
func (b *browser) toEnrol2(p *person) flow {
	b.w.t.Helper()
	*b = *b.w.browser()
	return b.toEnrol(p)
}

func TestJ05NumberIsEnrolledWhereTheTenantTextsAndCostsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.Methods, p.SMSCountries = []mfa.Kind{mfa.SMS}, []string{"NO"} })
	bob := w.person(w.acme, "bob@acme.test")
	b := w.browser()
	f := b.toEnrol(bob)
	if !strings.Contains(b.body, "taken over") || !strings.Contains(b.body, "Norway") {
		t.Error("the page does not name the risk or the country")
	}
	for number, country := range map[string]string{"829 00 000": "NO", "+44 7400 123456": "NO", "7400 123456": "GB", "820 12345": "NO", "800 00 000": "NO",
		"22 22 22 22": "NO", "": "NO", "40612345,40612346": "NO", "406 12 345": "XX", "+1 900 555 0123": "US"} {
		if b.submit("number", number, "country", country); b.status != http.StatusUnprocessableEntity {
			t.Errorf("%q %s: %d at %s", number, country, b.status, b.at)
		}
	}
	if code, _ := w.sent(bob); code != "" || w.count("SELECT count(*) FROM throttle_counters WHERE name LIKE 'text:%'") != 0 {
		t.Fatal("a text went out")
	}
	b.submit("number", "406 12 399", "country", "NO").expect("enrol")
	mistyped, _ := w.sent(bob)
	b.get(b.attempt()+"/enrol/method").submit("method", "sms").submit("number", "406 12 345", "country", "NO").expect("enrol")
	code, to := w.sent(bob)
	if to != "+4740612345" {
		t.Fatalf("the code went to %q", to)
	}
	if b.submit("code", mistyped); code != mistyped && b.step() != "enrol" {
		t.Error("the code of another number confirms this one")
	}
	page := b.at.Path
	if b.post(page+"/send", nil); b.status != http.StatusTooManyRequests || !strings.Contains(b.body, `action="`+page+`"`) {
		t.Errorf("a second text at once: %d, or another page than that of the enrolment", b.status)
	}
	w.clock.Advance(31 * time.Second)
	b.post(page+"/send", nil).expect("enrol")
	old := code
	if code, _ = w.sent(bob); code != old {
		b.submit("code", old).expect("enrol")
	}
	b.get(page).submit("code", code).keep()
	level(t, b.told(f), aal2, "pwd", "sms", "mfa")
}

func TestC07TwoEnrolmentsSideBySideShareNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.Methods = []mfa.Kind{mfa.TOTP, mfa.Email} })
	bob := w.person(w.acme, "bob@acme.test")
	one, two := w.browser(), w.browser()
	one.toEnrol(bob)
	two.toEnrol(bob)
	abandoned := person{seed: one.submit("method", "totp").shownSeed()}
	// The same attempt chooses again: what was begun before is nothing any more.
	one.get(one.attempt()+"/enrol/method").submit("method", "email").expect("enrol")
	fromOne, _ := w.sent(bob)
	one.get(one.attempt()+"/enrol/method").submit("method", "totp")
	fresh := person{seed: one.shownSeed()}
	if bytes.Equal(abandoned.seed, fresh.seed) {
		t.Fatal("the abandoned seed is shown again")
	}
	one.submit("code", abandoned.totp(w, 0)).expect("enrol")
	one.submit("code", fromOne).expect("enrol")
	two.submit("method", "email").expect("enrol")
	fromTwo, _ := w.sent(bob)
	if fromOne != fromTwo {
		two.submit("code", fromOne).expect("enrol")
	}
	two.submit("code", fromTwo).keep()
	two.expect("consent")
	if one.get(one.at.Path); one.step() != "second-factor" {
		t.Errorf("the other enrolment stands at %s", one.at)
	}
	one.post(one.attempt()+"/enrol", url.Values{"code": {fresh.totp(w, 0)}}).expect("second-factor")
	if n := w.count("SELECT count(*) FROM factors WHERE user_id = $1", bob.id); n != 1 {
		t.Errorf("%d factors", n)
	}
}

func TestC03SessionOfOneFactorChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.allowSent()
	bob := w.person(w.globex, "bob@globex.test")
	b := w.browser()
	f := b.toPassword(w.web, bob)
	b.submit("password", password)
	level(t, b.told(f), oneFactor, "pwd")
	w.enrol(bob) // with what the session has not shown
	changes := []string{"POST /account/factors/add", "GET /account/factors/" + bob.factor.String() + "/remove", "POST /account/factors/" + bob.factor.String() + "/remove",
		"GET /account/backup-codes/replace", "POST /account/backup-codes/replace", "GET /account/password", "POST /account/password", "GET /account/email", "POST /account/email"}
	for _, change := range changes {
		method, path, _ := strings.Cut(change, " ")
		if method == http.MethodGet {
			b.get(path)
		} else {
			b.post(path, url.Values{"password": {"another long password"}, "email": {"mallory@evil.test"}, "method": {"totp"}})
		}
		if b.step() != "second-factor" {
			t.Errorf("%s: at %s (%d)", change, b.at, b.status)
			continue
		}
		// Nor from inside that step-up.
		for _, page := range []string{"enrol", "enrol/method", "enrol/skip", "backup-codes"} {
			if b.post(b.attempt()+"/"+page, url.Values{"method": {"totp"}, "code": {"123456"}, "kept": {"on"}}); b.step() != "second-factor" {
				t.Errorf("%s, then %s: at %s", change, page, b.at)
			}
		}
	}
	if w.count("SELECT count(*) FROM factors WHERE ended_at IS NULL") != 1 || w.count("SELECT count(*) FROM messages WHERE kind = 'email.change'") != 0 {
		t.Error("something was changed")
	}
}

func TestFrozenAccountSignsInAndEnrolsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice, bob := w.enrolled(w.acme, "alice@acme.test"), w.person(w.acme, "bob@acme.test")
	w.exec("UPDATE users SET frozen_at = $1", w.clock.Now())
	b := w.browser()
	level(t, claims(t, b.signIn(w.web, alice)), aal2, "pwd", "otp", "mfa")
	w.clock.Advance(time.Minute)
	if b.post("/account/factors/add", nil); b.status != http.StatusForbidden || !strings.Contains(b.body, "not theirs") {
		t.Errorf("adding a factor: %d at %s", b.status, b.at)
	}
	b.get("/account/factors/" + alice.factor.String() + "/remove").submit()
	if b.status != http.StatusForbidden || w.count("SELECT count(*) FROM factors WHERE ended_at IS NULL") != 1 {
		t.Errorf("removing a factor: %d at %s", b.status, b.at)
	}
	c := w.browser()
	c.toPassword(w.web, bob)
	c.submit("password", password)
	if c.status != http.StatusForbidden || !strings.Contains(c.body, "not theirs") {
		t.Errorf("forced enrolment: %d at %s", c.status, c.at)
	}
	for _, page := range []string{"enrol", "enrol/method", "enrol/send"} {
		c.post(c.attempt()+"/"+page, url.Values{"method": {"totp"}, "code": {"123456"}})
	}
	if n := w.count("SELECT count(*) FROM signin_attempts WHERE user_id = $1 AND facts ? 'enrolment'", bob.id); n != 0 {
		t.Error("an enrolment was begun")
	}
}

func TestFreezeInTheMiddleOfAnEnrolmentStopsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	bob := w.person(w.acme, "bob@acme.test")
	b := w.browser()
	b.toEnrol(bob)
	bob.seed = b.shownSeed()
	b.submit("code", bob.totp(w, 0)).expect("backup-codes")
	w.exec("UPDATE users SET frozen_at = $1", w.clock.Now())
	if b.submit("kept", "on"); b.status != http.StatusForbidden {
		t.Errorf("%d at %s", b.status, b.at)
	}
	if n := w.count("SELECT count(*) FROM factors"); n != 0 {
		t.Errorf("%d factors", n)
	}
}

func TestA12MethodForbiddenInMidEnrolmentIsNotEnrolled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	for name, until := range map[string]func(*browser, *person){
		"before its code": func(*browser, *person) {},
		"before the codes are kept": func(b *browser, p *person) {
			b.submit("code", p.totp(w, 0)).expect("backup-codes")
		},
	} {
		w.setPolicy(w.acme, func(p *policy.Policy) { p.Methods = []mfa.Kind{mfa.TOTP} })
		bob := w.person(w.acme, strings.ReplaceAll(name, " ", "")+"@acme.test")
		b := w.browser()
		b.toPassword(w.web, bob)
		b.submit("password", password).expect("enrol")
		bob.seed = b.shownSeed()
		until(b, bob)
		w.setPolicy(w.acme, func(p *policy.Policy) { p.Methods = []mfa.Kind{mfa.WebAuthn} })
		b.submit("code", bob.totp(w, 0), "kept", "on")
		if n := w.count("SELECT count(*) FROM factors WHERE user_id = $1", bob.id); n != 0 || b.left != nil {
			t.Errorf("%s: %d factors, at %s", name, n, b.at)
		}
		b.expect("enrol")
	}
}

func TestEnrolmentWithoutAWayToFinishItSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.Methods = []mfa.Kind{mfa.Email} })
	bob := w.person(w.acme, "bob@acme.test")
	w.exec("UPDATE users SET email_confirmed_at = NULL")
	b := w.browser()
	b.toPassword(w.web, bob)
	if b.submit("password", password); b.status != http.StatusForbidden || b.left != nil {
		t.Errorf("%d at %s", b.status, b.at)
	}
}
