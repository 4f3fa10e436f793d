package provider_test

import (
	"context"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/recovery"
	"sallyport/provider/session"
	"sallyport/provider/user"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

const month = 30 * 24 * 3600

// trusting is a world in which both tenants let people trust their browsers for a month.
func trusting(t testing.TB, instances int) *world {
	w := newWorld(t, instances)
	for _, tenant := range []id.Tenant{w.acme, w.globex} {
		w.setPolicy(tenant, func(p *policy.Policy) { p.TrustedDevice = month })
	}
	return w
}

// trusted is somebody's browser that became a trusted device the day before: no session is left in it.
func (w *world) trusted(p *person) *browser {
	w.t.Helper()
	b := w.browser()
	f := b.toSecond(w.web, p)
	b.submit("code", p.totp(w, 0), "trust", "on")
	b.told(f)
	w.clock.Advance(25 * time.Hour)
	return b
}

// again gives the password in a sign-in and says whether a second factor is asked for.
func (b *browser) again(p *person, extra ...string) (f flow, asked bool) {
	b.w.t.Helper()
	f = b.toPassword(b.w.web, p, extra...)
	b.submit("password", password)
	return f, b.left == nil && b.step() == "second-factor"
}

// carrying is a browser that has nothing but that cookie.
func (w *world) carrying(name, value string) *browser {
	b := w.browser()
	b.client.Jar.SetCookies(w.issuer, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
	return b
}

const liveDevices = "SELECT count(*) FROM trusted_devices WHERE user_id = $1 AND ended_at IS NULL"

func TestTrustedDeviceIsAskedForThePasswordAlone(t *testing.T) {
	t.Parallel()
	w := trusting(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	b := w.browser()
	b.toSecond(w.web, alice)
	if !strings.Contains(b.body, `name="trust"`) || !strings.Contains(b.body, "30 days") {
		t.Error("the page does not offer to trust the browser for the policy's time")
	}
	b = w.trusted(alice)
	if w.count(liveDevices, alice.id) != 1 || w.events(w.acme, audit.DeviceTrusted) != 1 {
		t.Error("the device is not on record")
	}
	var before string
	for range 3 {
		old := before
		if before = cookie(t, b, session.DeviceCookie); before == old {
			t.Error("the secret did not change with its use")
		}
		f, asked := b.again(alice)
		if asked {
			t.Fatal("asked in spite of trust")
		}
		level(t, b.told(f), oneFactor, "pwd")
		w.clock.Advance(25 * time.Hour)
	}
	if w.count("SELECT count(*) FROM trusted_devices") != 1 {
		t.Error("a trusted sign-in made another device")
	}
	if _, asked := w.browser().again(alice); !asked {
		t.Error("another browser is not asked")
	}
	w.clock.Advance(month*time.Second - 4*25*time.Hour)
	if _, asked := b.again(alice); !asked {
		t.Error("use makes the trust last longer than a month")
	}
}

func TestDeviceIsTrustedOnlyByWishAndPolicy(t *testing.T) {
	t.Parallel()
	w := trusting(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	b := w.browser()
	b.told(b.toCode(alice))
	w.setPolicy(w.acme, func(p *policy.Policy) { p.TrustedDevice = 0 })
	w.clock.Advance(time.Minute)
	b = w.browser()
	f := b.toSecond(w.web, alice)
	if strings.Contains(b.body, `name="trust"`) {
		t.Error("trust is offered that the policy does not know")
	}
	b.submit("code", alice.totp(w, 0), "trust", "on")
	b.told(f)
	if n := w.count("SELECT count(*) FROM trusted_devices"); n != 0 || has(b, session.DeviceCookie) {
		t.Errorf("%d devices", n)
	}
}

// toCode gives the app's code without a wish.
func (b *browser) toCode(p *person) flow {
	b.w.t.Helper()
	f := b.toSecond(b.w.web, p)
	b.submit("code", p.totp(b.w, 0))
	return f
}

func TestD01DeviceOfSomebodyElseIsIgnored(t *testing.T) {
	t.Parallel()
	w := trusting(t, 1)
	alice, mallory, twin := w.enrolled(w.acme, "alice@acme.test"), w.enrolled(w.acme, "mallory@acme.test"), w.enrolled(w.globex, "alice@acme.test")
	own := cookie(t, w.trusted(alice), session.DeviceCookie)
	for what, foreign := range map[string]string{
		"another person's":        cookie(t, w.trusted(mallory), session.DeviceCookie),
		"the other tenant's twin": cookie(t, w.trusted(twin), session.DeviceCookie),
	} {
		if _, asked := w.carrying(session.DeviceCookie, foreign).again(alice); !asked {
			t.Errorf("%s device lets alice through", what)
		}
	}
	for i := 0; i < len(own); i += 23 {
		flipped := []byte(own)
		flipped[i] ^= 1
		if _, asked := w.carrying(session.DeviceCookie, string(flipped)).again(alice); !asked {
			t.Fatalf("changed at %d: not asked", i)
		}
	}
	if w.events(w.acme, audit.DeviceStolen) != 0 || w.count(liveDevices, alice.id) != 1 || w.count(liveDevices, mallory.id) != 1 {
		t.Error("a foreign cookie ended somebody's trust")
	}
	if _, asked := w.carrying(session.DeviceCookie, own).again(alice); asked {
		t.Error("the owner is asked")
	}
}

func TestCopiedDeviceSecretEndsAllTrustAndIsTold(t *testing.T) {
	t.Parallel()
	for name, thiefFirst := range map[string]bool{"the owner comes first": false, "the thief comes first": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := trusting(t, 1)
			alice := w.enrolled(w.acme, "alice@acme.test")
			owner := w.trusted(alice)
			other := w.trusted(alice)
			first, second := owner, w.carrying(session.DeviceCookie, cookie(t, owner, session.DeviceCookie))
			if thiefFirst {
				first, second = second, first
			}
			if _, asked := first.again(alice); asked {
				t.Fatal("the first to come is asked")
			}
			w.clock.Advance(61 * time.Second)
			if _, asked := second.again(alice); !asked {
				t.Error("a secret opens twice")
			}
			if w.count(liveDevices, alice.id) != 0 || w.events(w.acme, audit.DeviceStolen) != 1 {
				t.Errorf("%d devices live, %d events", w.count(liveDevices, alice.id), w.events(w.acme, audit.DeviceStolen))
			}
			if n := w.count("SELECT count(*) FROM river_job j JOIN audit_events e ON j.args::text LIKE '%' || e.id || '%' WHERE e.kind = $1", audit.DeviceStolen); n != 1 {
				t.Errorf("%d jobs that tell the owner", n)
			}
			w.clock.Advance(25 * time.Hour)
			for _, b := range []*browser{first, second, other} {
				if _, asked := b.again(alice); !asked {
					t.Error("some browser is still trusted")
				}
			}
			if w.events(w.acme, audit.DeviceStolen) != 1 {
				t.Error("the same theft is told again")
			}
		})
	}
}

func TestTwoTabsAtOnceAreNoTheft(t *testing.T) {
	t.Parallel()
	w := trusting(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	b := w.trusted(alice)
	tab := w.carrying(session.DeviceCookie, cookie(t, b, session.DeviceCookie))
	tab.toPassword(w.web, alice)
	if _, asked := b.again(alice); asked {
		t.Fatal("asked in spite of trust")
	}
	w.clock.Advance(59 * time.Second)
	if tab.submit("password", password); tab.step() != "second-factor" {
		t.Errorf("the other tab, with the old secret: at %s", tab.at)
	}
	if w.events(w.acme, audit.DeviceStolen) != 0 || w.count(liveDevices, alice.id) != 1 {
		t.Error("two tabs are taken for a theft")
	}
	w.clock.Advance(25 * time.Hour)
	if _, asked := b.again(alice); asked {
		t.Error("the browser lost its trust")
	}
}

// Both tabs have read the record before either has written: the loser of that race is asked for a factor, not for its
// password again, and must not overwrite the secret that the winner has just stored.
func TestTwoTabsInARaceKeepTheTrust(t *testing.T) {
	t.Parallel()
	w := trusting(t, 2)
	alice := w.enrolled(w.acme, "alice@acme.test")
	secret := cookie(t, w.trusted(alice), session.DeviceCookie)
	tabs := []*browser{w.carrying(session.DeviceCookie, secret), w.carrying(session.DeviceCookie, secret)}
	for i, b := range tabs {
		b.toPassword(w.web, alice)
		b.server = i
	}
	w.together("SELECT FROM single_use WHERE kind = 'trusted_device' AND used_at IS NULL FOR UPDATE", 2,
		func(i int) { tabs[i].submit("password", password) })
	var winner, loser *browser
	for _, b := range tabs {
		if b.left != nil {
			winner = b
		} else {
			loser = b
		}
	}
	if winner == nil || loser == nil {
		t.Fatalf("at %s and %s", tabs[0].at, tabs[1].at)
	}
	loser.expect("second-factor")
	if got := cookie(t, loser, session.DeviceCookie); got != secret {
		t.Error("the loser stores a secret that was never issued")
	}
	if w.events(w.acme, audit.DeviceStolen) != 0 {
		t.Error("the race is taken for a theft")
	}
	w.clock.Advance(25 * time.Hour)
	if _, asked := winner.again(alice); asked {
		t.Error("the winner lost its trust")
	}
}

// together holds the rows of a statement until that many requests wait for a lock, then lets them go.
func (w *world) together(hold string, n int, act func(int)) {
	w.t.Helper()
	ctx := context.Background()
	tx, err := w.database.Admin(w.t).Begin(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, hold); err != nil {
		w.t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { act(i) })
	}
	for deadline := time.Now().Add(10 * time.Second); w.count("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") < n; runtime.Gosched() {
		if time.Now().After(deadline) {
			w.t.Error("the requests do not meet")
			break
		}
	}
	if err := tx.Rollback(ctx); err != nil {
		w.t.Fatal(err)
	}
	all.Wait()
}

func TestD03WhatTrustRestsOnEndsIt(t *testing.T) {
	t.Parallel()
	w := trusting(t, 1)
	hash, err := user.NewHasher(user.Cost{MemoryKiB: 64, Iterations: 1, Parallelism: 1}, 1, 10).Hash(context.Background(), password)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*person){
		"new password": func(p *person) {
			must(t, user.SetPassword(context.Background(), w.store, p.tenant, p.id, hash, user.Cause{By: audit.Operator, Now: w.clock.Now()}))
		},
		"password reset": func(p *person) { w.browser().reset(w.resetLink(p)) },
		"factor added":   func(p *person) { w.addApp(p) },
		"factor removed": func(p *person) {
			w.give(p, mfa.TOTP, []byte("12345678901234567890"))
			b := w.inSettings(p)
			b.get("/account/factors/" + p.factor.String() + "/remove").submit()
			p.seed = []byte("12345678901234567890")
		},
		"factors reset": func(p *person) {
			must(t, recovery.ResetFactors(context.Background(), w.store, recovery.Help{Tenant: p.tenant, Target: p.id, Now: w.clock.Now()}))
			w.enrol(p)
		},
		"another policy": func(p *person) { w.setPolicy(p.tenant, func(p *policy.Policy) { p.Idle++ }) },
		"trust ended by its owner": func(p *person) {
			b := w.inSettings(p)
			b.post("/account/devices/end-all", nil)
		},
	} {
		p := w.enrolled(w.globex, strings.ReplaceAll(name, " ", ".")+"@globex.test")
		b := w.trusted(p)
		if _, asked := b.again(p); asked {
			t.Fatalf("%s: asked before", name)
		}
		w.clock.Advance(25 * time.Hour)
		change(p)
		w.clock.Advance(25 * time.Hour)
		if _, asked := b.again(p); !asked {
			t.Errorf("%s: the browser is still trusted (at %s)", name, b.at)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// inSettings is a browser of somebody who has just proven both factors in "My settings".
func (w *world) inSettings(p *person) *browser {
	w.t.Helper()
	w.clock.Advance(time.Minute)
	b := w.browser()
	b.get("/account").expect("identify")
	if strings.Contains(b.body, `name="tenant"`) {
		b.submit("email", p.email, "tenant", "")
	} else {
		b.submit("email", p.email)
	}
	b.expect("password").submit("password", password).expect("second-factor").submit("code", p.totp(w, 0)).expect("account")
	w.clock.Advance(time.Minute)
	return b
}

// addApp adds a second authenticator app from "My settings".
func (w *world) addApp(p *person) {
	w.t.Helper()
	b := w.inSettings(p)
	b.post("/account/factors/add", nil).expect("enrol")
	second := person{seed: b.shownSeed()}
	b.submit("code", second.totp(w, 0))
	if b.step() == "backup-codes" {
		b.keep()
	}
	b.expect("account")
}

func TestDeviceCanBeTrustedAnewAfterThePolicyChanged(t *testing.T) {
	t.Parallel()
	w := trusting(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	b := w.trusted(alice)
	for round := range 4 {
		w.setPolicy(w.acme, func(p *policy.Policy) { p.Idle++ })
		f, asked := b.again(alice)
		if !asked {
			t.Fatal("not asked after the policy changed")
		}
		b.submit("code", alice.totp(w, 0), "trust", "on")
		b.told(f)
		w.clock.Advance(25 * time.Hour)
		if _, asked := b.again(alice); asked {
			t.Errorf("round %d: the secret of a dead device hides the living one", round)
		}
		w.clock.Advance(25 * time.Hour)
	}
}

func TestD05TrustIsNoAnswerToWhoeverAsksForMore(t *testing.T) {
	t.Parallel()
	w := trusting(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	b := w.trusted(alice)
	for _, more := range [][]string{{"prompt", "login"}, {"max_age", "60"}, {"max_age", "0"}, {"acr_values", twoStep}, {"acr_values", aal2}, {"claims", essentialAAL2}} {
		if _, asked := b.again(alice, more...); !asked {
			t.Errorf("%v: not asked (at %s)", more, b.at)
		}
		w.clock.Advance(25 * time.Hour)
		if _, asked := b.again(alice); asked {
			t.Errorf("after %v: the trust is lost", more)
		}
		w.clock.Advance(25 * time.Hour)
	}
	if _, asked := b.again(alice); asked {
		t.Fatal("asked in spite of trust")
	}
	// The session that trust opened shows the settings, and changes nothing.
	for _, path := range []string{"/account/password", "/account/email", "/account/backup-codes/replace", "/account/factors/" + alice.factor.String() + "/remove"} {
		if b.get(path); b.step() != "second-factor" {
			t.Errorf("%s: at %s", path, b.at)
		}
	}
	if b.post("/account/factors/add", nil); b.step() != "second-factor" {
		t.Errorf("adding a factor: at %s", b.at)
	}
}

func TestD05AdministratorsAreAlwaysAsked(t *testing.T) {
	t.Parallel()
	w := trusting(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	b := w.trusted(alice)
	for _, role := range []string{"admin", "owner"} {
		w.exec("UPDATE users SET role = $2 WHERE id = $1", alice.id, role)
		if _, asked := b.again(alice); !asked {
			t.Errorf("%s: not asked", role)
		}
		if strings.Contains(b.body, `name="trust"`) {
			t.Errorf("%s: trust is offered", role)
		}
		b.submit("code", alice.totp(w, 0), "trust", "on")
		w.clock.Advance(25 * time.Hour)
	}
	if n := w.count("SELECT count(*) FROM trusted_devices"); n != 1 {
		t.Errorf("%d devices", n)
	}
}

// exec changes something as a superuser, behind the product's back.
func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	w.super(nil, sql, args...)
}

func TestD05BackupCodeTrustsNoDevice(t *testing.T) {
	t.Parallel()
	w := trusting(t, 1)
	bob := w.person(w.acme, "bob@acme.test")
	codes := w.withCodes(bob)
	b := w.browser()
	f := b.toSecond(w.web, bob)
	b.choose(mfa.BackupCode)
	if strings.Contains(b.body, `name="trust"`) {
		t.Error("trust is offered beside a backup code")
	}
	b.submit("way", "backup_code", "code", codes[0], "trust", "on")
	b.told(f)
	// Nor does a factor shown later in the session that the code opened.
	w.clock.Advance(time.Minute)
	f = b.authorize(w.web, "tenant", "acme", "claims", essentialAAL2)
	b.expect("second-factor").submit("code", bob.totp(w, 0), "trust", "on")
	b.told(f)
	if n := w.count("SELECT count(*) FROM trusted_devices"); n != 0 {
		t.Errorf("%d devices", n)
	}
}

func TestRefreshOfATrustedSignInEndsWithTheTrust(t *testing.T) {
	t.Parallel()
	w := trusting(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	b := w.browser()
	f := b.toSecond(w.web, alice, "scope", "openid offline_access")
	b.submit("code", alice.totp(w, 0), "trust", "on")
	b.told(f)
	w.clock.Advance(25 * time.Hour)
	f, asked := b.again(alice, "scope", "openid offline_access")
	if asked {
		t.Fatal("asked in spite of trust")
	}
	_, tokens := w.redeem(f, b.code(f))
	status, tokens := w.token(w.web, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"].(string)}})
	if status != http.StatusOK {
		t.Fatalf("refresh: %d %v", status, tokens)
	}
	w.setPolicy(w.acme, func(p *policy.Policy) { p.TrustedDevice = 0 })
	if status, body := w.token(w.web, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"].(string)}}); status == http.StatusOK {
		t.Errorf("refresh after the trust is gone: %v", body)
	}
}
