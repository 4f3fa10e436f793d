package provider_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/throttle"
	"sallyport/storage/audit"
)

// full makes the counters whose names begin so as full as a flood leaves them.
func (w *world) full(prefix string) {
	w.t.Helper()
	if n := w.count("WITH u AS (UPDATE throttle_counters SET failures = 1000000, blocked_until = $2 WHERE name LIKE $1 || '%' RETURNING 1) SELECT count(*) FROM u",
		prefix, w.clock.Now().Add(time.Hour)); n == 0 {
		w.t.Fatalf("no counter %s", prefix)
	}
}

func TestJ05TextsStopAtEveryCapAndAnotherWayIsLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.allowSent()
	for i, full := range []string{"text:user:", "text:number:", "text:prefix:", "text:tenant", "text:all"} {
		w.exec("DELETE FROM throttle_counters")
		number := "+474061234" + string(rune('0'+i))
		kari := w.reached(strings.NewReplacer(":", "").Replace(full)+"@acme.test", number)
		// One text by hand makes the counters that everybody shares, and those of this person.
		must(t, throttle.Send(context.Background(), w.store, w.acme, w.clock.Now(), throttle.Text(kari.id, number)...))
		w.full(full)
		b := w.browser()
		b.toSecond(w.web, kari)
		b.choose(mfa.SMS)
		if b.status != http.StatusTooManyRequests || b.header.Get("Retry-After") == "" {
			t.Errorf("%s: %d at %s", full, b.status, b.at)
		}
		if code, _ := w.sent(kari); code != "" {
			t.Errorf("%s: a text went out", full)
		}
		b.choose(mfa.Email).expect("second-factor")
		code, to := w.sent(kari)
		if to != kari.email {
			t.Fatalf("%s: the code went to %q", full, to)
		}
		b.submit("code", code).expect("consent")
	}
	if w.events(w.acme, audit.CodeNotSent) == 0 {
		t.Error("nobody hears that texts are pumped")
	}
}

func TestJ05TextNeedsAFirstProof(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.allowSent()
	kari := w.reached("kari@acme.test", "+4740612345")
	b := w.browser()
	b.toPassword(w.web, kari)
	for _, page := range []string{"second-factor", "second-factor/choose", "second-factor/send", "enrol", "enrol/method", "enrol/send"} {
		b.post(b.attempt()+"/"+page, url.Values{"way": {"sms"}, "method": {"sms"}, "number": {"82900000"}, "country": {"NO"}}).expect("password")
	}
	if code, _ := w.sent(kari); code != "" {
		t.Error("a text went out before the password")
	}
}

func TestJ06MailboxGetsTenCodesAnHourHoweverManySignInsAskForThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.allowSent()
	kari := w.person(w.acme, "kari@acme.test")
	codes := w.withCodes(kari)
	w.give(kari, mfa.Email, []byte(kari.email))
	w.exec("UPDATE factors SET ended_at = $1 WHERE kind = 'totp'", w.clock.Now())
	var b *browser
	for i := range 12 {
		b = w.browser()
		b.toPassword(w.web, kari)
		if b.submit("password", password); (b.status == http.StatusTooManyRequests) != (i >= 10) || b.step() != "second-factor" {
			t.Errorf("sign-in %d: %d at %s", i, b.status, b.at)
		}
	}
	if n := w.count("SELECT count(*) FROM messages WHERE recipient = $1", kari.email); n != 10 {
		t.Errorf("%d mails", n)
	}
	b.withCode(codes[0]).expect("consent")
}

func TestJ03FloodOfGuessesDelaysThePasswordAndLocksNobodyOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice, twin := w.enrolled(w.acme, "alice@acme.test"), w.enrolled(w.globex, "alice@acme.test")
	b := w.browser()
	b.toPassword(w.web, alice)
	b.submit("password", "wrong password")
	w.exec("UPDATE throttle_counters SET failures = 1000, blocked_until = $1 WHERE name LIKE 'password:%'", w.clock.Now().Add(15*time.Minute))
	if b.submit("password", password); b.status != http.StatusTooManyRequests {
		t.Errorf("in the flood: %d", b.status)
	}
	w.browser().toSecond(w.web, twin)
	w.clock.Advance(15 * time.Minute)
	b.get(b.at.Path).submit("password", password).expect("second-factor")
}

func TestJ03AuthenticatorIsSpentAfterAHundredFailuresAndMustBeBoundAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	bob := w.person(w.acme, "bob@acme.test")
	codes := w.withCodes(bob)
	b := w.browser()
	b.toSecond(w.web, bob)
	b.submit("code", wrong(w, bob, 1))
	w.exec("UPDATE throttle_counters SET failures = 100, blocked_until = NULL WHERE name LIKE 'factor:%'")
	w.clock.Advance(48 * time.Hour)
	b = w.browser()
	b.toSecond(w.web, bob)
	if b.submit("code", bob.totp(w, 0)); b.status != http.StatusTooManyRequests {
		t.Errorf("the right code of an app that is spent: %d at %s", b.status, b.at)
	}
	b.withCode(codes[0]).expect("consent")
	w.exec("UPDATE factors SET ended_at = $1", w.clock.Now())
	w.enrol(bob) // bound again
	b = w.browser()
	b.toSecond(w.web, bob)
	b.submit("code", bob.totp(w, 0)).expect("consent")
}

func TestJ07ParallelGuessesOverTwoInstancesAreFiveAndARestartForgetsNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	alice := w.enrolled(w.acme, "alice@acme.test")
	const n = 50
	var all sync.WaitGroup
	browsers := make([]*browser, n)
	for i := range browsers {
		browsers[i] = w.browser()
		browsers[i].toPassword(w.web, alice)
		browsers[i].server = i % 2
	}
	for _, b := range browsers {
		all.Go(func() { b.submit("password", "wrong password") })
	}
	all.Wait()
	if evaluated := w.events(w.acme, audit.PasswordFailed); evaluated > 5 || evaluated == 0 {
		t.Errorf("%d guesses were evaluated, want at most 5", evaluated)
	}
	w.serve()
	b := browsers[0]
	b.server = 2
	if b.get(b.at.Path).submit("password", password); b.status != http.StatusTooManyRequests {
		t.Errorf("the right password after a restart: %d", b.status)
	}
	w.clock.Advance(31 * time.Second)
	b.get(b.at.Path).submit("password", password).expect("second-factor")
}

func TestA13MailAndTextsDownLeaveOtherWaysAndLetNobodyThrough(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.allowSent()
	kari := w.person(w.acme, "kari@acme.test")
	codes := w.withCodes(kari)
	w.give(kari, mfa.Email, []byte(kari.email))
	w.give(kari, mfa.SMS, []byte("+4740612345"))
	b := w.browser()
	b.toSecond(w.web, kari)
	for _, kind := range []mfa.Kind{mfa.Email, mfa.SMS} {
		b.choose(kind).expect("second-factor")
		page := b.at.Path
		b.get(page + "/delivery")
		told := map[string]bool{}
		if must(t, json.Unmarshal([]byte(b.body), &told)); told["failed"] {
			t.Errorf("%s: failed before anybody tried", kind)
		}
		w.exec("UPDATE messages SET last_error = 'connection refused', failed_at = $1 WHERE sent_at IS NULL", w.clock.Now())
		if b.get(page); !strings.Contains(b.body, "could not deliver") || !strings.Contains(b.body, "<details id=\"others\" open>") {
			t.Errorf("%s: the page does not tell, or hides the other ways", kind)
		}
		b.submit("code", "000000").expect("second-factor")
	}
	b.withCode(codes[0]).expect("consent")
	if w.count("SELECT count(*) FROM trusted_devices") != 0 {
		t.Error("a device was trusted on the way")
	}
}

func TestA13DatabaseDownLetsNobodyThrough(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.TrustedDevice = month })
	alice := w.enrolled(w.acme, "alice@acme.test")
	code := w.access(alice)
	b := w.browser()
	b.toSecond(w.web, alice)
	page := b.at.Path
	b.server = 1
	w.stores[1].Close()
	for _, form := range []url.Values{{"code": {alice.totp(w, 0)}, "trust": {"on"}}, {"way": {"access_code"}, "code": {code}}} {
		if b.post(page, form); b.status != http.StatusServiceUnavailable || has(b, "device") || b.left != nil {
			t.Errorf("%v: %d at %s", form, b.status, b.at)
		}
	}
	for _, path := range []string{page, strings.TrimSuffix(page, "/second-factor"), "/account"} {
		if b.get(path); path != "/account" && b.status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", path, b.status)
		}
	}
	if n := w.count("SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM grants) + (SELECT count(*) FROM trusted_devices)"); n != 0 {
		t.Errorf("%d things were issued", n)
	}
	b.server = 0
	b.get(page).submit("code", alice.totp(w, 0)).expect("consent")
}

func TestA13SecretThatDoesNotOpenLetsNobodyThroughAndLeavesOtherWays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	bob := w.person(w.acme, "bob@acme.test")
	codes := w.withCodes(bob)
	w.exec("UPDATE factors SET secret = 'nothing that was ever sealed'")
	b := w.browser()
	b.toSecond(w.web, bob)
	page := b.at.Path
	if b.submit("code", bob.totp(w, 0)); b.status != http.StatusServiceUnavailable || b.left != nil {
		t.Errorf("%d at %s", b.status, b.at)
	}
	b.get(page).withCode(codes[0]).expect("consent")
}

func TestJ03AppThatHasHadItsFailuresKeepsNobodyFromAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	old := alice.totp(w, 0)
	if _, err := w.database.Admin(t).Exec(t.Context(), `INSERT INTO throttle_counters (tenant_id, name, failures, since, updated_at)
		VALUES ($1, 'factor:' || $2::text, 100, $3, $3)`, w.acme.UUID, alice.factor.String(), w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	w.enrol(alice) // another app beside it
	b := w.browser()
	b.toSecond(w.web, alice)
	if b.submit("code", old); b.status != http.StatusTooManyRequests {
		t.Errorf("the code of the spent app: %d at %s", b.status, b.at)
	}
	b.get(b.at.Path).submit("code", alice.totp(w, 0)).expect("consent")
}

func TestJ08OnePasswordOverManyNamesIsSlowedWhetherTheyExistOrNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	b := w.browser()
	b.authorize(w.web, "tenant", "acme")
	identify := b.at.Path
	refused := 0
	for i := range 65 {
		b.post(identify, url.Values{"email": {fmt.Sprintf("name%d@acme.test", i)}}).expect("password")
		if b.submit("password", "Summer2026!"); b.status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 5 {
		t.Errorf("%d of 65 names were refused, want those after 60", refused)
	}
}

func TestD07OldSessionSecretAndAgedSessionOpenNothingAndExtendNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.Idle, p.Session = 3600, 4*3600 })
	alice := w.enrolled(w.acme, "alice@acme.test")
	b := w.browser()
	b.signIn(w.web, alice)
	stale := w.browser()
	stale.client.Jar.SetCookies(w.issuer, b.client.Jar.Cookies(w.issuer))
	w.clock.Advance(time.Minute)
	b.authorize(w.web, "tenant", "acme", "prompt", "login")
	b.expect("password").submit("password", password).expect("second-factor").submit("code", alice.totp(w, 0))
	if b.left == nil {
		t.Fatalf("not signed in anew: %s", b.at) // the secret is another now
	}
	if stale.get("/account"); stale.step() == "account" {
		t.Error("the old secret still opens the settings")
	}
	seen := w.count("SELECT extract(epoch FROM seen_at)::int FROM sessions")
	w.clock.Advance(2 * time.Minute)
	if stale.get("/account"); w.count("SELECT extract(epoch FROM seen_at)::int FROM sessions") != seen {
		t.Error("the old secret keeps the session alive")
	}
	w.clock.Advance(time.Hour + time.Second)
	if b.get("/account"); b.step() == "account" {
		t.Error("an idle session opens the settings")
	}
}

func TestJ03FloodOfGuessesDoesNotKeepATrustedBrowserOut(t *testing.T) {
	t.Parallel()
	w := trusting(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	b := w.trusted(alice)
	stranger := w.browser()
	stranger.toPassword(w.web, alice)
	for range 6 {
		stranger.submit("password", "a guess at it")
	}
	if stranger.submit("password", password); stranger.status != http.StatusTooManyRequests {
		t.Fatalf("the flood is not slowed: %d", stranger.status)
	}
	b.toPassword(w.web, alice)
	if b.submit("password", password); b.status == http.StatusTooManyRequests || b.left == nil {
		t.Fatalf("the trusted browser is kept out by guesses from elsewhere: %d at %s", b.status, b.at)
	}
	w.clock.Advance(25 * time.Hour) // past the session, so that the password is asked for
	b.toPassword(w.web, alice)
	for range 5 {
		b.submit("password", "a guess at it")
	}
	if b.submit("password", password); b.status != http.StatusTooManyRequests {
		t.Errorf("guesses from a trusted browser are not counted: %d at %s", b.status, b.at)
	}
}
