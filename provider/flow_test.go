package provider_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/storage/audit"
)

func TestR3RequiredSecondFactorIsEnrolledInMidSignInAndAskedForEachTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	bob := w.person(w.acme, "bob@acme.test")
	b := w.browser()
	f := b.toPassword(w.web, bob)
	b.submit("password", password).expect("enrol")
	bob.seed = b.shownSeed()
	b.submit("code", bob.totp(w, 0), "name", "Bob's phone").keep()
	b.expect("consent").submit("decision", "allow")
	_, tokens := w.redeem(f, b.code(f))
	told := claims(t, tokens)
	if told["acr"] != "urn:sallyport:acr:aal2" || told["tid"] != w.acme.String() || told["tenant"] != "acme" || told["sid"] == nil {
		t.Errorf("claims %v", told)
	}
	if amr, _ := told["amr"].([]any); !slices.Equal(amr, []any{"pwd", "otp", "mfa"}) {
		t.Errorf("amr %v", told["amr"])
	}
	if n := w.count("SELECT count(*) FROM audit_events WHERE kind = $1 AND detail->>'locale' = 'en'", audit.FactorEnrolled); n != 1 {
		t.Errorf("%d events of the enrolment with the language for its mail", n)
	}
	// Another browser, later: the code is asked for, and the enrolment's own code is spent.
	again := w.browser()
	again.toSecond(w.web, bob)
	if again.submit("code", bob.totp(w, 0)); again.step() != "second-factor" {
		t.Error("the code that confirmed the enrolment worked a second time")
	}
	w.clock.Advance(time.Minute)
	again.submit("code", bob.totp(w, 0))
	if again.left == nil {
		t.Errorf("at %s: %s", again.at, again.alert())
	}
}

func TestEnrolmentShowsOneSeedOfOursUntilItIsConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	bob := w.person(w.acme, "bob@acme.test")
	b := w.browser()
	b.toPassword(w.web, bob)
	b.submit("password", password).expect("enrol")
	shown := b.shownSeed()
	page := b.at.Path
	b.post(page, url.Values{"code": {"000000"}, "secret": {"JBSWY3DPEHPK3PXP"}, "seed": {"x"}})
	if again := b.shownSeed(); !slices.Equal(again, shown) {
		t.Error("a wrong code changed the seed")
	}
	other := w.browser()
	other.toPassword(w.web, bob)
	other.submit("password", password).expect("enrol")
	if slices.Equal(other.shownSeed(), shown) {
		t.Error("two enrolments share a seed")
	}
	bob.seed = shown
	if other.submit("code", bob.totp(w, 0)); other.step() != "enrol" {
		t.Errorf("the seed of another enrolment was accepted: at %s", other.at)
	}
	b.submit("code", bob.totp(w, 0)).keep()
	b.expect("consent")
	// The other enrolment is void now: the person has a factor, and is asked for it.
	if other.get(other.at.Path); other.step() != "second-factor" {
		t.Errorf("the abandoned enrolment stands at %s", other.at)
	}
}

func TestSingleSignOnAsksNothingAndStepUpOnlyWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	bob := w.person(w.globex, "bob@globex.test")
	b := w.browser()
	b.toPassword(w.web, bob)
	b.submit("password", password).expect("consent").submit("decision", "allow")
	w.clock.Advance(10 * time.Minute)

	f := b.authorize(w.web, "tenant", "globex", "prompt", "none")
	_, tokens := w.redeem(f, b.code(f))
	first := claims(t, tokens)
	if first["acr"] != "urn:sallyport:acr:1fa" {
		t.Errorf("acr %v", first["acr"])
	}
	if b.authorize(w.web, "tenant", "globex", "prompt", "none", "max_age", "60"); b.refusal() != "login_required" {
		t.Errorf("max_age: %q", b.refusal())
	}
	if b.authorize(w.web2, "tenant", "globex", "prompt", "none"); b.refusal() != "consent_required" {
		t.Errorf("another application: %q", b.refusal())
	}
	w.enrol(bob)
	f = b.authorize(w.web, "tenant", "globex", "acr_values", "urn:sallyport:acr:aal2")
	b.expect("second-factor").submit("code", bob.totp(w, 0))
	_, tokens = w.redeem(f, b.code(f))
	second := claims(t, tokens)
	if second["acr"] != "urn:sallyport:acr:aal2" || second["sid"] != first["sid"] || second["auth_time"].(float64) <= first["auth_time"].(float64) {
		t.Errorf("after the step-up: %v, before: %v", second, first)
	}
	w.clock.Advance(25 * time.Hour)
	b.authorize(w.web, "tenant", "globex")
	b.expect("identify")
}

func TestEssentialLevelThatCannotBeReachedIsToldToTheApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	bob := w.person(w.globex, "bob@globex.test")
	w.setPolicy(w.globex, func(p *policy.Policy) { p.SecondFactor = policy.Off })
	b := w.browser()
	b.toPassword(w.web, bob, "claims", `{"id_token":{"acr":{"essential":true,"value":"urn:sallyport:acr:aal2"}}}`)
	b.submit("password", password)
	if b.step() == "refused" {
		b.get("/authorize/callback?attempt=" + strings.Split(b.at.Path, "/")[2])
	}
	if b.refusal() != "unmet_authentication_requirements" {
		t.Errorf("told %q at %s", b.refusal(), b.at)
	}
}

// challenged is what differs in each sign-in: the options name a challenge, and no key.
var challenged = regexp.MustCompile(`&#34;challenge&#34;:&#34;[^&]*`)

func TestTenantIsFoundWithoutTellingWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.person(w.acme, "one@example.test")
	w.person(w.acme, "both@example.test")
	both := w.person(w.globex, "both@example.test")
	var pages []string
	for _, email := range []string{"one@example.test", "both@example.test", "none@example.test"} {
		b := w.browser()
		b.authorize(w.web)
		b.expect("identify").submit("email", email).expect("password")
		b.submit("password", "wrong password")
		handle := strings.Split(b.at.Path, "/")[2]
		page := challenged.ReplaceAllString(strings.ReplaceAll(strings.ReplaceAll(b.body, handle, "HANDLE"), email, "EMAIL"), "CHALLENGE")
		pages = append(pages, page)
		if b.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", email, b.status)
		}
	}
	if pages[0] != pages[1] || pages[1] != pages[2] {
		t.Error("the pages of an address with one account, with two and with none differ")
	}
	// Whoever has two accounts names the organisation.
	b := w.browser()
	b.authorize(w.web)
	b.expect("identify").submit("email", "both@example.test").expect("password")
	b.get(strings.TrimSuffix(b.at.Path, "password")+"tenant").expect("tenant").submit("tenant", "globex").expect("password")
	b.submit("password", password).expect("consent")
	if n := w.count("SELECT count(*) FROM signin_attempts WHERE user_id = $1 AND tenant_id = $2", both.id, w.globex); n != 1 {
		t.Errorf("%d attempts of the user in the tenant named", n)
	}
}
