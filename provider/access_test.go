package provider_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/recovery"
	"sallyport/storage/audit"
)

// access is a code as an operator reads it out to somebody who has lost their telephone.
func (w *world) access(p *person) string {
	w.t.Helper()
	pepper, err := recovery.Pepper(w.seal)
	if err != nil {
		w.t.Fatal(err)
	}
	issued, err := recovery.IssueAccessCode(context.Background(), w.store, pepper,
		recovery.Issue{Help: recovery.Help{Tenant: p.tenant, Target: p.id, Now: w.clock.Now()}})
	if err != nil {
		w.t.Fatal(err)
	}
	return issued.Text
}

// withAccess gives an access code in the place of the factor.
func (b *browser) withAccess(code string) *browser {
	b.w.t.Helper()
	return b.submit("way", "access_code", "code", code)
}

// told ends a sign-in and reads what the application is told.
func (b *browser) told(f flow) map[string]any {
	b.w.t.Helper()
	if b.left == nil {
		b.expect("consent").submit("decision", "allow")
	}
	status, tokens := b.w.redeem(f, b.code(f))
	if status != http.StatusOK {
		b.w.t.Fatalf("token endpoint: %d %v", status, tokens)
	}
	return claims(b.w.t, tokens)
}

// level compares the level and the proofs that an application was told.
func level(t testing.TB, told map[string]any, acr string, amr ...string) {
	t.Helper()
	var got []string
	if all, ok := told["amr"].([]any); ok {
		for _, v := range all {
			got = append(got, v.(string))
		}
	}
	if told["acr"] != acr || !slices.Equal(got, amr) {
		t.Errorf("acr %v, amr %v; want %s, %v", told["acr"], told["amr"], acr, amr)
	}
}

const (
	oneFactor = "urn:sallyport:acr:1fa"
	twoStep   = "urn:sallyport:acr:2sv"
	aal2      = "urn:sallyport:acr:aal2"
)

const essentialAAL2 = `{"id_token":{"acr":{"essential":true,"value":"` + aal2 + `"}}}`

func TestR1AccessCodeSignsInByAnotherWayHoweverItIsPasted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	code := w.access(alice)
	b := w.browser()
	f := b.toSecond(w.web, alice)
	if !strings.Contains(b.body, `value="access_code"`) {
		t.Fatal("the page does not offer the access code")
	}
	b.choose(mfa.AccessCode).expect("second-factor")
	if !strings.Contains(b.body, `name="way" value="access_code"`) || strings.Contains(b.body, `name="trust"`) {
		t.Error("the page does not ask for the code, or offers to trust the browser")
	}
	b.withAccess("  " + strings.ToLower(strings.ReplaceAll(code, "-", " ")) + "\t")
	level(t, b.told(f), twoStep, "pwd", "otp", "mfa")
	if w.events(w.acme, audit.AccessCodeIssued) != 1 || w.events(w.acme, audit.AccessCodeUsed) != 1 {
		t.Error("issue and use are not on record")
	}
	plain := strings.ReplaceAll(code, "-", "")
	if logs := w.logs.String(); strings.Contains(logs, code) || strings.Contains(logs, plain) {
		t.Error("the code stands in the log")
	}
}

func TestR1C11CodeIsGoodAsOftenAsItsPolicySaysAndNoMore(t *testing.T) {
	t.Parallel()
	for _, uses := range []int{1, 3} {
		w := newWorld(t, 1)
		w.setPolicy(w.acme, func(p *policy.Policy) { p.AccessCode.Uses = uses })
		alice := w.enrolled(w.acme, "alice@acme.test")
		code := w.access(alice)
		for range uses {
			b := w.browser()
			b.toSecond(w.web, alice)
			b.withAccess(code).expect("consent")
		}
		b := w.browser()
		b.toSecond(w.web, alice)
		if strings.Contains(b.body, `value="access_code"`) {
			t.Errorf("%d uses: a code that is used up is offered", uses)
		}
		b.withAccess(code).expect("second-factor")
		b.submit("code", alice.totp(w, 0)).expect("consent")
	}
}

func TestC11CodeEndsToTheSecondAndWithTheNextOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.AccessCode.Life, p.AccessCode.Uses = 600, 5 })
	alice := w.enrolled(w.acme, "alice@acme.test")
	old := w.access(alice)
	code := w.access(alice)
	b := w.browser()
	b.toSecond(w.web, alice)
	b.withAccess(old).expect("second-factor")
	w.clock.Advance(599 * time.Second)
	b.withAccess(code).expect("consent")
	late := w.browser()
	late.toSecond(w.web, alice)
	w.clock.Advance(time.Second)
	late.withAccess(code).expect("second-factor")
}

func TestA12CodeDiesWithThePolicyThatAllowedIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	code := w.access(alice)
	b := w.browser()
	b.toSecond(w.web, alice)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.AccessCode.Enabled = false })
	b.withAccess(code).expect("second-factor")
	if b.get(b.at.Path); strings.Contains(b.body, `value="access_code"`) {
		t.Error("a code is offered that the tenant has turned off")
	}
}

func TestC11CodeOfWhoeverIsDisabledOpensNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice, late := w.enrolled(w.acme, "alice@acme.test"), w.enrolled(w.acme, "late@acme.test")
	code := w.access(late)
	w.access(alice)
	w.disable(alice)
	b := w.browser()
	b.toPassword(w.web, alice)
	b.submit("password", password).expect("password")
	b = w.browser()
	b.toSecond(w.web, late)
	w.disable(late)
	b.withAccess(code).expect("refused")
	if n := w.count("SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM grants)"); n != 0 {
		t.Errorf("%d things were issued", n)
	}
}

func TestC11D05CodeTrustsNoDevice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.TrustedDevice = 30 * 24 * 3600 })
	alice := w.enrolled(w.acme, "alice@acme.test")
	b := w.browser()
	f := b.toSecond(w.web, alice)
	b.submit("way", "access_code", "code", w.access(alice), "trust", "on")
	b.told(f)
	if n := w.count("SELECT count(*) FROM trusted_devices"); n != 0 || w.events(w.acme, audit.DeviceTrusted) != 0 {
		t.Errorf("%d devices are trusted", n)
	}
	if has(b, "device") {
		t.Error("the browser has a secret of a trusted device")
	}
}

func has(b *browser, name string) bool {
	return slices.ContainsFunc(b.client.Jar.Cookies(b.w.issuer), func(c *http.Cookie) bool { return c.Name == name })
}

func TestA10C11CodeReachesNoLevelAboveTwoStepsAndNoStepUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.AccessCode.Uses = 9 })
	alice := w.enrolled(w.acme, "alice@acme.test")
	code := w.access(alice)
	b := w.browser()
	f := b.toSecond(w.web, alice)
	b.withAccess(code)
	level(t, b.told(f), twoStep, "pwd", "otp", "mfa")

	asks := func(what string, open func()) {
		open()
		if b.step() != "second-factor" || strings.Contains(b.body, `value="access_code"`) {
			t.Errorf("%s: at %s, or an access code is offered", what, b.at)
			return
		}
		b.withAccess(code).expect("second-factor")
	}
	asks("essential aal2", func() { b.authorize(w.web, "tenant", "acme", "claims", essentialAAL2) })
	asks("voluntary aal2", func() { b.authorize(w.web, "tenant", "acme", "acr_values", aal2) })
	for _, path := range []string{"/account/password", "/account/email", "/account/factors/" + alice.factor.String() + "/remove", "/account/backup-codes/replace"} {
		asks(path, func() { b.get(path) })
	}
	asks("adding a factor", func() { b.post("/account/factors/add", nil) })
	if b.authorize(w.web, "tenant", "acme", "claims", strings.ReplaceAll(essentialAAL2, aal2, "phr")); b.left == nil && b.step() == "consent" {
		t.Errorf("phr: at %s", b.at)
	}
	fresh := w.browser()
	fresh.toSecond(w.web, alice, "claims", essentialAAL2)
	fresh.withAccess(code).expect("second-factor")
	if n := w.count("SELECT count(*) FROM single_use WHERE kind = 'access_code' AND used_at IS NULL"); n != 8 {
		t.Errorf("%d uses are left: some were spent in vain", n)
	}
}

func TestB04OneAccessCodeInFiftyParallelSignInsOverTwoInstances(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	alice := w.enrolled(w.acme, "alice@acme.test")
	code := w.access(alice)
	passed := w.race(50, func(b *browser) { b.toSecond(w.web, alice) }, func(b *browser) bool { return b.withAccess(code).step() == "consent" })
	if passed != 1 {
		t.Errorf("%d sign-ins passed with one use", passed)
	}
	if n := w.count("SELECT count(*) FROM single_use WHERE kind = 'access_code' AND used_at IS NULL"); n != 0 {
		t.Errorf("%d uses are left", n)
	}
}

// race walks browsers to a place over all instances and lets them act at once; it counts who passed.
func (w *world) race(n int, reach func(*browser), act func(*browser) bool) int {
	w.t.Helper()
	browsers := make([]*browser, n)
	for i := range browsers {
		browsers[i] = w.browser()
		reach(browsers[i])
		browsers[i].server = i % len(w.servers)
	}
	var barrier, all sync.WaitGroup
	var passed atomic.Int32
	barrier.Add(1)
	for _, b := range browsers {
		all.Go(func() {
			barrier.Wait()
			if act(b) {
				passed.Add(1)
			}
		})
	}
	barrier.Done()
	all.Wait()
	return int(passed.Load())
}

func TestB06AccessCodesHaveACounterThatNothingElseResets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	code := w.access(alice)
	const guess = "0000-0000-0000"
	for try := range 5 {
		b := w.browser()
		b.toSecond(w.web, alice)
		if b.withAccess(guess); b.status != http.StatusUnprocessableEntity {
			t.Fatalf("guess %d: %d", try, b.status)
		}
		// The right password and the app's success lie between the guesses.
		w.clock.Advance(30 * time.Second)
		b.submit("way", "totp", "code", alice.totp(w, 0)).expect("consent")
	}
	w.clock.Advance(-30 * time.Second)
	b := w.browser()
	b.toSecond(w.web, alice)
	if b.withAccess(code); b.status != http.StatusTooManyRequests || w.events(w.acme, audit.TriesExhausted) != 1 {
		t.Errorf("after five guesses: %d, %d notices", b.status, w.events(w.acme, audit.TriesExhausted))
	}
	w.clock.Advance(31 * time.Second)
	b.withAccess(code).expect("consent") // a delay, not a lock-out
}

func TestB09AccessCodeOfSomebodyElseIsRefusedAndStaysUnused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice, mallory := w.enrolled(w.acme, "alice@acme.test"), w.enrolled(w.acme, "mallory@acme.test")
	w.access(alice)
	foreign := w.access(mallory)
	b := w.browser()
	b.toSecond(w.web, alice)
	if b.withAccess(foreign); b.step() != "second-factor" || b.status != http.StatusUnprocessableEntity {
		t.Errorf("at %s (%d)", b.at, b.status)
	}
	if n := w.count("SELECT count(*) FROM single_use WHERE kind = 'access_code' AND used_at IS NULL"); n != 2 {
		t.Errorf("%d uses are left", n)
	}
	moved := "SELECT coalesce(sum(failures), 0) FROM throttle_counters WHERE name = 'factor:access_code:' || $1::text"
	if w.count(moved, alice.id.String()) != 1 || w.count(moved, mallory.id.String()) != 0 {
		t.Error("the try was not counted at alice's codes")
	}
	other := w.browser()
	other.toSecond(w.web, mallory)
	other.withAccess(foreign).expect("consent")
}

func TestC08WhoeverMayNotEnrolOnAPasswordEnrolsWithACode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.EnrolWithPassword = false })
	bob := w.person(w.acme, "bob@acme.test")
	b := w.browser()
	b.toPassword(w.web, bob)
	b.submit("password", password).expect("refused")
	handle := strings.Split(b.at.Path, "/")[2]
	for _, page := range []string{"enrol", "enrol/method", "second-factor", "consent"} {
		b.post("/signin/"+handle+"/"+page, nil)
		if b.get("/signin/" + handle); b.step() != "refused" {
			t.Errorf("%s leads to %s", page, b.at)
		}
	}
	code := w.access(bob)
	b = w.browser()
	f := b.toSecond(w.web, bob)
	b.withAccess("1111-1111-1111").expect("second-factor")
	b.withAccess(code).expect("enrol")
	bob.seed = b.shownSeed()
	b.submit("code", bob.totp(w, 0)).keep()
	level(t, b.told(f), aal2, "pwd", "otp", "mfa")
	if w.events(w.acme, audit.FactorEnrolled) != 1 || w.events(w.acme, audit.AccessCodeUsed) != 1 {
		t.Error("nobody hears of the enrolment or of the code")
	}
	w.clock.Advance(time.Minute)
	w.browser().signIn(w.web, bob)
}

// field is the value of a hidden field.
func field(b *browser, name string) string {
	b.w.t.Helper()
	_, rest, found := strings.Cut(b.body, `name="`+name+`" value="`)
	value, _, _ := strings.Cut(rest, `"`)
	if !found {
		b.w.t.Fatalf("no field %s at %s (%d)", name, b.at, b.status)
	}
	return value
}
