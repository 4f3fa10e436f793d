package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sallyport/storage/audit"
)

// wrong is a code that the person's app shows at no step near now.
func wrong(w *world, p *person, i int) string {
	near := map[string]bool{}
	for s := -2; s <= 2; s++ {
		near[p.totp(w, s)] = true
	}
	for n := i; ; n += 1000 {
		if code := fmt.Sprintf("%06d", n%1000000); !near[code] {
			return code
		}
	}
}

func TestB01GuessesShareOneCounterHoweverManyFlowsAndInstances(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	alice := w.enrolled(w.acme, "alice@acme.test")
	const flows, guesses = 20, 5
	browsers := make([]*browser, flows)
	for i := range browsers {
		browsers[i] = w.browser()
		browsers[i].toSecond(w.web, alice)
		browsers[i].server = i % 2
	}
	var all sync.WaitGroup
	for i, b := range browsers {
		all.Add(1)
		go func() {
			defer all.Done()
			for g := range guesses {
				b.get(b.at.Path).submit("code", wrong(w, alice, i*guesses+g))
			}
		}()
	}
	all.Wait()
	if n := w.events(w.acme, audit.FactorFailed); n > 5 {
		t.Errorf("%d guesses were evaluated, want at most 5", n)
	}
	b := browsers[0]
	b.get(b.at.Path).submit("code", alice.totp(w, 0))
	if b.status != http.StatusTooManyRequests || b.step() != "second-factor" {
		t.Errorf("the right code after the limit: %d at %s", b.status, b.at)
	}
	if b.header.Get("Retry-After") == "" {
		t.Error("nothing says when to try again")
	}
	if n := w.events(w.acme, audit.TriesExhausted); n != 1 {
		t.Errorf("%d notices of exhausted tries, want 1", n)
	}
	// It is a delay, not a lock-out.
	w.clock.Advance(time.Minute)
	b.get(b.at.Path).submit("code", alice.totp(w, 0)).expect("consent")
}

func TestB03CodeWorksOnceAndNeverAfterALaterOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	now, before := alice.totp(w, 0), alice.totp(w, -1)
	first, second := w.browser(), w.browser()
	first.toSecond(w.web, alice)
	second.toSecond(w.web, alice)
	first.submit("code", now).expect("consent")
	if second.submit("code", now); second.step() != "second-factor" || second.alert() == "" {
		t.Errorf("replay: at %s %q", second.at, second.alert())
	}
	if second.submit("code", before); second.step() != "second-factor" {
		t.Errorf("older code after a newer: at %s", second.at)
	}
}

func TestB03WindowIsOneStepToEitherSide(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	for steps := -3; steps <= 3; steps++ {
		p := w.enrolled(w.acme, fmt.Sprintf("p%d@acme.test", steps+3))
		b := w.browser()
		b.toSecond(w.web, p)
		b.submit("code", p.totp(w, steps))
		if passed, want := b.step() == "consent", steps >= -1 && steps <= 1; passed != want {
			t.Errorf("code %+d steps away: passed %v, want %v", steps, passed, want)
		}
	}
}

func TestB04OneTOTPCodeInFiftyParallelSignInsOverTwoInstances(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	alice := w.enrolled(w.acme, "alice@acme.test")
	const n = 50
	browsers := make([]*browser, n)
	for i := range browsers {
		browsers[i] = w.browser()
		browsers[i].toSecond(w.web, alice)
		browsers[i].server = i % 2
	}
	code := alice.totp(w, 0)
	var barrier, all sync.WaitGroup
	var passed atomic.Int32
	barrier.Add(1)
	for _, b := range browsers {
		all.Add(1)
		go func() {
			defer all.Done()
			barrier.Wait()
			if b.submit("code", code); b.step() == "consent" {
				passed.Add(1)
			}
		}()
	}
	barrier.Done()
	all.Wait()
	if got := passed.Load(); got != 1 {
		t.Errorf("%d sign-ins passed with one code, want exactly 1", got)
	}
	if n := w.count("SELECT count(*) FROM signin_attempts WHERE jsonb_array_length(facts->'proofs') > 1"); n != 1 {
		t.Errorf("%d attempts hold the proof, want 1", n)
	}
}

func TestB05SpellingsShareOneCounterAndOneConsumption(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	b := w.browser()
	b.authorize(w.web, "tenant", "acme")
	for i, spelling := range []string{"alice@acme.test", "ALICE@ACME.TEST", " alice@acme.test ", "Alice@Acme.Test", "\uff41lice@acme.test"} {
		b.get(strings.TrimSuffix(b.at.Path, b.step())+"identify").submit("email", spelling).expect("password")
		if b.submit("password", "wrong password"); b.status != http.StatusUnprocessableEntity {
			t.Fatalf("try %d as %q: %d", i, spelling, b.status)
		}
	}
	if b.submit("password", password); b.status != http.StatusTooManyRequests {
		t.Errorf("sixth try: %d, want 429", b.status)
	}
	w.clock.Advance(time.Minute)
	b.submit("password", password).expect("second-factor")

	code := alice.totp(w, 0)
	other := w.browser()
	other.toSecond(w.web, alice)
	b.submit("code", " "+code[:3]+" "+code[3:]+" ").expect("consent")
	wide := strings.Map(func(r rune) rune { return r - '0' + '\uff10' }, code)
	for _, spelling := range []string{code, code[:3] + "-" + code[3:], wide} {
		if other.submit("code", spelling); other.step() != "second-factor" {
			t.Errorf("consumed code as %q: at %s", spelling, other.at)
		}
	}
}

func TestB06OnlySuccessOfTheAuthenticatorResetsItsCounter(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice, mallory := w.enrolled(w.acme, "alice@acme.test"), w.enrolled(w.acme, "mallory@acme.test")
	for try := range 5 {
		// A new attempt, the right password and mallory's own success lie between the guesses.
		b := w.browser()
		b.toSecond(w.web, alice)
		if b.submit("code", wrong(w, alice, try)); b.status != http.StatusUnprocessableEntity {
			t.Fatalf("guess %d: %d", try, b.status)
		}
		if try < 4 {
			w.clock.Advance(30 * time.Second)
			w.browser().signIn(w.web, mallory)
		}
	}
	b := w.browser()
	b.toSecond(w.web, alice)
	if b.submit("code", alice.totp(w, 0)); b.status != http.StatusTooManyRequests {
		t.Errorf("after five guesses: %d, want 429", b.status)
	}
}
