package provider_test

import (
	"bytes"
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/storage/audit"
)

const unused = "SELECT count(*) FROM single_use WHERE kind = 'backup_code' AND used_at IS NULL AND user_id = $1"

// withCodes is somebody who enrolled over HTTP and kept the codes, a while ago.
func (w *world) withCodes(p *person) []string {
	w.t.Helper()
	b := w.browser()
	b.toPassword(w.web, p)
	b.submit("password", password).expect("enrol")
	p.seed = b.shownSeed()
	codes := b.submit("code", p.totp(w, 0)).keep()
	b.expect("consent")
	w.clock.Advance(time.Minute)
	return codes
}

func TestR15CodesAreKeptBeforeTheFactorCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	bob := w.person(w.acme, "bob@acme.test")
	b := w.browser()
	f := b.toPassword(w.web, bob)
	b.submit("password", password).expect("enrol")
	bob.seed = b.shownSeed()
	shown := b.submit("code", bob.totp(w, 0)).expect("backup-codes").codes()
	if again := b.get(b.at.Path).codes(); !slices.Equal(again, shown) {
		t.Error("a reload shows other codes")
	}
	if b.submit(); b.status != http.StatusUnprocessableEntity || !strings.Contains(b.alert(), "tick the box") || !slices.Equal(b.codes(), shown) {
		t.Errorf("without the box: %d %q", b.status, b.alert())
	}
	if n := w.count("SELECT (SELECT count(*) FROM factors) + (SELECT count(*) FROM single_use) + (SELECT count(*) FROM sessions)"); n != 0 || w.events(w.acme, audit.FactorEnrolled) != 0 {
		t.Errorf("%d rows before the codes are kept", n)
	}
	// Nothing leads past the page, and nobody else meets a second factor that does not count yet.
	handle := strings.Split(b.at.Path, "/")[2]
	for _, page := range []string{"enrol", "consent", "second-factor", "password"} {
		b.get("/signin/" + handle + "/" + page).expect("backup-codes")
	}
	other := w.browser()
	other.toPassword(w.web, bob)
	other.submit("password", password).expect("enrol")

	b.keep()
	b.expect("consent").submit("decision", "allow")
	_, tokens := w.redeem(f, b.code(f))
	if told := claims(t, tokens); told["acr"] != "urn:sallyport:acr:aal2" {
		t.Errorf("claims %v", told)
	}
	if n := w.count(unused, bob.id); n != 10 || w.count("SELECT count(*) FROM factors") != 1 || w.events(w.acme, audit.FactorEnrolled) != 1 {
		t.Errorf("%d codes, or not one factor and one event", n)
	}
	for _, code := range shown {
		for _, form := range []string{code, strings.ReplaceAll(code, "-", "")} {
			if w.count("SELECT count(*) FROM signin_attempts WHERE position($1 in facts::text) > 0", form) != 0 || strings.Contains(w.logs.String(), form) {
				t.Error("a code is stored or logged in the clear")
			}
		}
	}
	w.browser().toSecond(w.web, bob)
}

func TestR15CodesCanBeDownloadedOnlyWhileTheyAreShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	bob := w.person(w.acme, "bob@acme.test")
	b := w.browser()
	b.toPassword(w.web, bob)
	b.submit("password", password).expect("enrol")
	bob.seed = b.shownSeed()
	file := strings.TrimSuffix(b.at.Path, "enrol") + "backup-codes.txt"
	b.get(file).expect("enrol")
	shown := b.submit("code", bob.totp(w, 0)).expect("backup-codes").codes()
	b.get(file)
	if !strings.HasPrefix(b.header.Get("Content-Disposition"), "attachment") || b.header.Get("Cache-Control") != "no-store" ||
		!strings.HasPrefix(b.header.Get("Content-Type"), "text/plain") {
		t.Errorf("headers %v", b.header)
	}
	for _, code := range shown {
		if !strings.Contains(b.body, code+"\r\n") {
			t.Errorf("%s is not in the file", code)
		}
	}
	stranger := w.browser()
	if stranger.get(file); stranger.status < 400 || strings.Contains(stranger.body, shown[0]) {
		t.Errorf("another browser: %d", stranger.status)
	}
	b.get(strings.TrimSuffix(file, ".txt")).keep()
	b.get(file).expect("consent")
}

func TestBackupCodeStandsInOnceAndIsTwoSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	bob := w.person(w.acme, "bob@acme.test")
	codes := w.withCodes(bob)
	b := w.browser()
	f := b.toSecond(w.web, bob)
	if !strings.Contains(b.body, "value=\"backup_code\"") || !strings.Contains(b.body, "Backup code") {
		t.Error("the page does not offer a backup code")
	}
	b.get(b.at.Path + "?way=backup_code").expect("second-factor")
	if !strings.Contains(b.body, `name="way" value="backup_code"`) {
		t.Error("the page does not ask for a backup code")
	}
	b.withCode(" "+strings.ToLower(strings.ReplaceAll(codes[3], "-", " "))).expect("consent").submit("decision", "allow")
	_, tokens := w.redeem(f, b.code(f))
	told := claims(t, tokens)
	if amr, _ := told["amr"].([]any); told["acr"] != "urn:sallyport:acr:2sv" || !slices.Equal(amr, []any{"pwd", "otp", "mfa"}) {
		t.Errorf("acr %v, amr %v", told["acr"], told["amr"])
	}
	if n := w.count(unused, bob.id); n != 9 {
		t.Errorf("%d codes left", n)
	}
	again := w.browser()
	again.toSecond(w.web, bob)
	if again.withCode(codes[3]); again.step() != "second-factor" || !strings.Contains(again.alert(), "used already") {
		t.Errorf("second use: at %s %q", again.at, again.alert())
	}
	// What asks for more does not take it (A10).
	b.authorize(w.web, "tenant", "acme", "claims", `{"id_token":{"acr":{"essential":true,"value":"urn:sallyport:acr:aal2"}}}`)
	if b.expect("second-factor"); strings.Contains(b.body, "backup_code") {
		t.Error("a backup code is offered for aal2")
	}
	b.withCode(codes[4]).expect("second-factor")
	b.get("/account/backup-codes/replace").expect("second-factor").withCode(codes[4]).expect("second-factor")
	if n := w.count(unused, bob.id); n != 9 {
		t.Errorf("%d codes left: one was spent in vain", n)
	}
}

func TestB04OneBackupCodeInFiftyParallelSignInsOverTwoInstances(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	bob := w.person(w.acme, "bob@acme.test")
	code := w.withCodes(bob)[0]
	const n = 50
	browsers := make([]*browser, n)
	for i := range browsers {
		browsers[i] = w.browser()
		browsers[i].toSecond(w.web, bob)
		browsers[i].server = i % 2
	}
	var barrier, all sync.WaitGroup
	var passed atomic.Int32
	barrier.Add(1)
	for _, b := range browsers {
		all.Go(func() {
			barrier.Wait()
			if b.withCode(code); b.step() == "consent" {
				passed.Add(1)
			}
		})
	}
	barrier.Done()
	all.Wait()
	if got := passed.Load(); got != 1 {
		t.Errorf("%d sign-ins passed with one code, want exactly 1", got)
	}
	if n := w.count(unused, bob.id); n != 9 {
		t.Errorf("%d codes left, want 9", n)
	}
}

func TestB09CodeOfSomebodyElseIsRefusedAndStaysUnused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice, mallory := w.person(w.acme, "alice@acme.test"), w.person(w.acme, "mallory@acme.test")
	w.withCodes(alice)
	foreign := w.withCodes(mallory)
	b := w.browser()
	b.toSecond(w.web, alice)
	if b.withCode(foreign[0]); b.step() != "second-factor" || b.status != http.StatusUnprocessableEntity {
		t.Errorf("at %s (%d)", b.at, b.status)
	}
	if n := w.count(unused, mallory.id); n != 10 {
		t.Errorf("%d of mallory's codes are left", n)
	}
	moved := "SELECT coalesce(sum(failures), 0) FROM throttle_counters WHERE name = 'factor:backup_code:' || $1::text"
	if got := w.count(moved, alice.id.String()); got != 1 || w.count(moved, mallory.id.String()) != 0 {
		t.Errorf("alice's counter is at %d", got)
	}
	for _, code := range foreign[1:5] {
		b.withCode(code)
	}
	if b.withCode(foreign[5]); b.status != http.StatusTooManyRequests || w.events(w.acme, audit.TriesExhausted) != 1 {
		t.Errorf("after five guesses: %d", b.status)
	}
	b.submit("code", alice.totp(w, 0)).expect("consent") // B06: the app has a counter of its own
}

func TestC07PendingEnrolmentsOfOnePersonEndInOneFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	bob := w.person(w.acme, "bob@acme.test")
	browsers := make([]*browser, 6)
	for i := range browsers {
		b := w.browser()
		b.server = i % 2
		b.toPassword(w.web, bob)
		b.submit("password", password).expect("enrol")
		bob.seed = b.shownSeed()
		b.submit("code", bob.totp(w, 0)).expect("backup-codes")
		browsers[i] = b
	}
	var all sync.WaitGroup
	var passed atomic.Int32
	for _, b := range browsers {
		all.Go(func() {
			if b.submit("kept", "on"); b.step() == "consent" {
				passed.Add(1)
			}
		})
	}
	all.Wait()
	if passed.Load() != 1 || w.count("SELECT count(*) FROM factors") != 1 || w.count(unused, bob.id) != 10 {
		t.Errorf("%d enrolments passed, %d codes", passed.Load(), w.count(unused, bob.id))
	}
	for _, b := range browsers {
		if b.get("/signin/" + strings.Split(b.at.Path, "/")[2]); b.step() != "consent" && b.step() != "second-factor" {
			t.Errorf("an abandoned enrolment stands at %s", b.at)
		}
	}
}

func TestNewCodesReplaceTheOldOnesOnlyWhenTheyAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	bob := w.person(w.globex, "bob@globex.test")
	b := w.browser()
	b.get("/account").expect("identify").submit("email", bob.email).expect("password").submit("password", password)
	b.post("/account/factors/add", nil).expect("enrol")
	bob.seed = b.shownSeed()
	old := b.submit("code", bob.totp(w, 0)).keep()
	if b.step() != "account" || !strings.Contains(b.body, "10 unused backup codes") {
		t.Fatalf("at %s", b.at)
	}
	b.get("/account/backup-codes/replace").submit().expect("backup-codes")
	fresh := b.codes()
	if n := w.count("SELECT count(*) FROM single_use WHERE kind = 'backup_code'"); n != 10 || slices.Contains(fresh, old[0]) {
		t.Errorf("%d codes on record", n)
	}
	b.keep()
	if b.step() != "account" || !strings.Contains(b.body, "new backup codes") || w.events(w.globex, audit.BackupCodesReplaced) != 1 {
		t.Errorf("at %s, %d events", b.at, w.events(w.globex, audit.BackupCodesReplaced))
	}
	other := w.browser()
	other.toSecond(w.web, bob)
	other.withCode(old[0]).expect("second-factor")
	other.withCode(fresh[0]).expect("consent")

	// A second app keeps the codes; the last app takes them with it.
	b.post("/account/factors/add", nil).expect("enrol")
	bob.seed = b.shownSeed()
	if b.submit("code", bob.totp(w, 0)); b.step() != "account" || w.count(unused, bob.id) != 9 {
		t.Errorf("second app: at %s, %d codes", b.at, w.count(unused, bob.id))
	}
	for left, want := range []int{9, 0} {
		i := strings.Index(b.body, "/account/factors/0")
		if i < 0 {
			t.Fatalf("no factor on the page: %s", b.body)
		}
		path, _, _ := strings.Cut(b.body[i:], `"`)
		b.get(path)
		if b.step() == "second-factor" {
			w.clock.Advance(time.Minute)
			b.submit("code", bob.totp(w, 0))
		}
		if b.submit(); w.count(unused, bob.id) != want {
			t.Errorf("after removal %d at %s: %d codes, want %d", left+1, b.at, w.count(unused, bob.id), want)
		}
	}
}

func TestNewCodesNeedAFreshProofAndAFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	bob, eve := w.person(w.acme, "bob@acme.test"), w.person(w.globex, "eve@globex.test")
	codes := w.withCodes(bob)
	b := w.browser()
	b.toSecond(w.web, bob)
	b.withCode(codes[0]).expect("consent").submit("decision", "allow")
	// A10: what a backup code opened does not reach the codes.
	b.get("/account/backup-codes/replace").expect("second-factor")
	b.submit("code", bob.totp(w, 0)).expect("replace").submit().expect("backup-codes")
	w.clock.Advance(11 * time.Minute)
	b.get(b.at.Path).expect("second-factor")

	e := w.browser()
	e.get("/account").submit("email", eve.email).submit("password", password)
	if e.get("/account/backup-codes/replace"); e.status != http.StatusNotFound {
		t.Errorf("without a factor: %d", e.status)
	}
	if e.post("/account/backup-codes/replace", nil); e.status != http.StatusNotFound {
		t.Errorf("without a factor: %d", e.status)
	}
	w.setPolicy(w.acme, func(p *policy.Policy) { p.SecondFactor = policy.Off })
	c := w.browser()
	c.toSecond(w.web, bob)
	if c.withCode(codes[1]); c.left == nil {
		t.Errorf("R5: kept when the policy is off, but at %s: %s", c.at, c.alert())
	}
}

func TestBackupCodePagesCostFewRoundTrips(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	cost := map[string]int64{}
	measure := func(name string, act func() *browser) {
		before := w.stores[0].RoundTrips()
		act()
		spent := w.stores[0].RoundTrips() - before
		if old, ok := cost[name]; !ok || spent < old {
			cost[name] = spent
		}
	}
	for round := range 12 { // statements are prepared once per connection; the least is the steady state
		p := w.person(w.acme, "p"+string(rune('a'+round))+"@acme.test")
		b := w.browser()
		b.toPassword(w.web, p)
		b.submit("password", password).expect("enrol")
		p.seed = b.shownSeed()
		step := b.client.CheckRedirect
		b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		measure("POST enrol", func() *browser { return b.submit("code", p.totp(w, 0)) })
		page := strings.TrimSuffix(b.at.Path, "enrol") + "backup-codes"
		measure("GET backup-codes, first", func() *browser { return b.get(page) })
		measure("GET backup-codes", func() *browser { return b.get(page) })
		codes := b.codes()
		measure("POST backup-codes", func() *browser { return b.submit("kept", "on") })
		b = w.browser()
		b.toSecond(w.web, p)
		measure("GET second-factor", func() *browser { return b.get(b.at.Path + "?way=backup_code") })
		b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		measure("POST wrong backup code", func() *browser { return b.withCode("01ABC-DEFGH-11JK0") })
		measure("POST backup code", func() *browser { return b.withCode(codes[0]) })
		b.client.CheckRedirect = step
		b.get(strings.TrimSuffix(b.at.Path, "second-factor") + "consent").expect("consent")
	}
	for name, trips := range cost {
		if trips > 3 {
			t.Errorf("%s: %d round trips, want at most 3", name, trips)
		}
	}
	t.Log(cost)
}

func TestBackupCodesAreNoDictionaryTarget(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	bob := w.person(w.acme, "bob@acme.test")
	codes := w.withCodes(bob)
	rows, err := w.database.Admin(t).Query(t.Context(), "SELECT hash, data::text FROM single_use WHERE kind = 'backup_code'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	seen := 0
	for ; rows.Next(); seen++ {
		var hash []byte
		var data string
		if err := rows.Scan(&hash, &data); err != nil {
			t.Fatal(err)
		}
		for _, code := range codes {
			for _, plain := range []string{code, strings.ReplaceAll(code, "-", "")} {
				if len(hash) != 32 || data != "{}" || bytes.Equal(hash, sum(plain)) || bytes.Contains(hash, []byte(plain)) {
					t.Error("a stored code can be guessed without the key")
				}
			}
		}
	}
	if seen != 10 {
		t.Errorf("%d rows", seen)
	}
}

func sum(s string) []byte {
	h := sha256.Sum256([]byte(s))
	return h[:]
}
