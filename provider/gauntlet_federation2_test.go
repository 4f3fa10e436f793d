package provider_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/provider/federation/federationtest"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

// stays goes to the provider as often as it is asked to, which is once more at most, and returns how often.
func (b *browser) stays(u *upstream) int {
	b.w.t.Helper()
	n := 0
	for ; b.departs() != ""; n++ {
		if n == 3 {
			b.w.t.Fatal("the person is sent round in circles")
		}
		b.follow(u)
	}
	return n
}

// local signs in by the connection and checks that the factor is asked for here and nothing was spared.
func (u *upstream) local(what string, p *person, rounds int, extra ...string) {
	u.w.t.Helper()
	b := u.w.browser()
	f := b.through(u, extra...)
	if n := b.stays(u); n > rounds {
		u.w.t.Errorf("%s: %d more rounds at the provider, want %d at most", what, n, rounds)
	}
	if b.left != nil || b.step() != "second-factor" {
		u.w.t.Errorf("%s: at %s (%d), left %v: %s", what, b.at, b.status, b.left, b.alert())
		return
	}
	if n := u.w.count("SELECT count(*) FROM sessions") + u.w.count("SELECT count(*) FROM grants"); n != 0 {
		u.w.t.Errorf("%s: %d things were issued before the factor", what, n)
	}
	b.authorize(u.w.web, "tenant", u.Tenant.String(), "prompt", "none")
	if b.refusal() != "login_required" {
		u.w.t.Errorf("%s: prompt=none in between: %s", what, b.refusal())
	}
	_ = f
}

func TestG04LyingEvidenceEndsAtTheFactorHere(t *testing.T) {
	t.Parallel()
	for _, kind := range federation.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			alice := w.enrolled(w.acme, "alice@acme.test")
			u := w.connect(w.acme, kind, func(s *federation.Settings) { s.Personal = kind == federation.Google }).exempt(policy.ByEvidence)
			u.knows(alice)
			now := w.clock.Now().Unix()
			for what, said := range map[string]map[string]any{
				"nothing":                {},
				"a string":               {"amr": "mfa"},
				"a string of words":      {"amr": "pwd mfa"},
				"nomfa":                  {"amr": []string{"nomfa"}},
				"two words in one":       {"amr": []string{"pwd mfa"}},
				"nested":                 {"amr": []any{[]string{"mfa"}}},
				"an object":              {"amr": map[string]any{"mfa": true, "values": []string{"mfa"}}},
				"a list as text":         {"amr": `["mfa"]`},
				"null among them":        {"amr": []any{"mfa", nil}},
				"a number among them":    {"amr": []any{"mfa", 1}},
				"capitals":               {"amr": []string{"MFA"}},
				"a space":                {"amr": []string{"mfa "}},
				"empty":                  {"amr": []string{}},
				"an empty word":          {"amr": []string{""}},
				"one factor":             {"amr": []string{"pwd", "otp"}},
				"elsewhere":              {"amr": nil, "_claim_names": map[string]string{"amr": "src1"}, "ext": map[string]any{"amr": []string{"mfa"}}, "https://evil.test/amr": []string{"mfa"}},
				"a number for acr":       {"acr": 2},
				"a list for acr":         {"acr": []string{"phr", "urn:okta:loa:2fa:any"}},
				"another acr":            {"acr": "urn:okta:loa:2fa:any:ifpossible"},
				"an object for acrs":     {"acrs": map[string]any{"c1": true}},
				"a string for acrs":      {"acrs": "c1"},
				"contexts alone":         {"acrs": []string{"c1", "c2"}},
				"stale":                  {"amr": []string{"mfa"}, "auth_time": now - 13*3600},
				"stale by a second":      {"amr": []string{"mfa"}, "auth_time": now - 12*3600 - 1},
				"time to come":           {"amr": []string{"mfa"}, "auth_time": now + 3600},
				"no time":                {"amr": []string{"mfa"}, "auth_time": nil},
				"time as text":           {"amr": []string{"mfa"}, "auth_time": "now"},
				"time as a fraction":     {"amr": []string{"mfa"}, "auth_time": float64(now) + 0.5},
				"time as a list":         {"amr": []string{"mfa"}, "auth_time": []int64{now}},
				"time beyond all bounds": {"amr": []string{"mfa"}, "auth_time": 1 << 53},
			} {
				u.op.Script(func(s *federationtest.Script) {
					s.Claims = func(federationtest.Request) map[string]any { return said }
					// It says the right thing wherever it is not signed.
					s.Userinfo = map[string]any{"sub": "alice", "amr": []string{"mfa"}, "acr": "phr", "auth_time": now}
					s.TokenResponse = func(r map[string]any) { r["amr"], r["acr"], r["auth_time"] = []string{"mfa"}, "phr", now }
					s.Back = func(q url.Values) { q.Set("amr", "mfa"); q.Set("acr", "phr"); q.Set("session_state", "mfa") }
				})
				u.local(what, alice, 1)
			}
			u.op.Honest()
			u.says("amr", []string{"pwd", "mfa"}, "auth_time", now)
			b := w.browser()
			f := b.through(u)
			b.stays(u)
			if told := b.told(f); told["acr"] != aal2 {
				t.Errorf("the truth: acr %v, amr %v", told["acr"], told["amr"])
			}
		})
	}
}

func TestG04EvidenceCountsForItsOwnConnectionOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	op := federationtest.New(t, w.clock.Now)
	unmentioned, local := w.connectTo(op, w.acme, federation.OIDC), w.connectTo(op, w.acme, federation.OIDC)
	skips, good := w.connectTo(op, w.acme, federation.OIDC), w.connectTo(op, w.acme, federation.OIDC)
	local.exempt(policy.Local, func(e *policy.Exemption) { e.Evidence, e.Accept = federation.OIDC.Evidence(), "medium" })
	skips.exempt(policy.Skip)
	good.exempt(policy.ByEvidence)
	for _, u := range []*upstream{unmentioned, local, skips, good} {
		u.knows(alice)
	}
	unmentioned.says("amr", []string{"mfa", "hwk"}, "acr", "https://refeds.org/profile/mfa")
	unmentioned.local("not mentioned", alice, 0)
	local.local("asks here", alice, 0)
	// Nor does a claim of the token that another connection exists for: the sign-in is at the address that it came back to.
	unmentioned.says("amr", []string{"mfa"}, "connection", skips.ID.String(), "aud", []string{op.ClientID})
	unmentioned.local("says to be another", alice, 0)
	op.Honest()
	b := w.browser()
	level(t, b.told(b.through(skips)), oneFactor) // nothing was proven, and nothing else is told
	if got := w.text("SELECT detail->>'exempt' FROM audit_events WHERE kind = 'signin.done'"); got != string(policy.Skip) {
		t.Errorf("on record the exemption is %q", got)
	}
	// The session that a trusted connection began does not serve where it is trusted no more.
	w.setPolicy(w.acme, func(p *policy.Policy) { p.Exemptions = p.Exemptions[:1] })
	b.authorize(w.web, "tenant", "acme")
	b.expect("second-factor")
	// An application's demand is never spared.
	w.setPolicy(w.acme, func(p *policy.Policy) {
		p.Exemptions = append(p.Exemptions, policy.Exemption{Connection: skips.ID, Mode: policy.Skip})
	})
	b = w.browser()
	b.through(skips, "claims", essentialAAL2)
	b.expect("second-factor")
}

func TestG04UnsignedEvidenceIsNoSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	u := w.connect(w.acme, federation.OIDC).exempt(policy.Skip)
	u.knows(alice)
	for what, signing := range map[string]federationtest.Signing{
		"none":          {Alg: "none", Key: []byte{}},
		"a foreign key": {Alg: "ES256", Key: federationtest.NewKey(t)},
	} {
		u.op.Script(func(s *federationtest.Script) { s.Signing = signing })
		w.spurns(w.acme, what, "", func(b *browser) { b.through(u) })
	}
}

func TestG04FreshSignInIsAskedForAndChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	u := w.connect(w.acme, federation.OIDC).exempt(policy.Skip)
	u.knows(alice)
	for what, extra := range map[string][]string{"prompt=login": {"prompt", "login"}, "max_age=0": {"max_age", "0"}, "max_age=60": {"max_age", "60"}} {
		for said, at := range map[string]any{"old": w.clock.Now().Add(-10 * time.Minute).Unix(), "none": nil, "text": "now", "to come": w.clock.Now().Add(time.Hour).Unix()} {
			u.says("auth_time", at)
			b := w.browser()
			b.through(u, extra...)
			asked := u.op.Asked()[len(u.op.Asked())-1]
			if asked.Get("prompt") != "login" || asked.Get("max_age") != "0" {
				t.Errorf("%s: asked with prompt %q, max_age %q", what, asked.Get("prompt"), asked.Get("max_age"))
			}
			if b.stays(u) > 1 || b.left != nil || !slices.Contains([]string{"identify", "password"}, b.step()) {
				t.Errorf("%s, auth_time %s: at %s (%d), left %v", what, said, b.at, b.status, b.left)
			}
		}
		u.says("auth_time", w.clock.Now().Unix())
		b := w.browser()
		if told := b.told(b.through(u, extra...)); told["auth_time"] != float64(w.clock.Now().Unix()) {
			t.Errorf("%s: told auth_time %v", what, told["auth_time"])
		}
	}
}

// turnOff takes the connection out of use; told says that the instance hears of it at once.
func (u *upstream) turnOff(off, told bool) {
	u.w.t.Helper()
	if err := federation.SetDisabled(context.Background(), u.w.store, u.Tenant, u.ID, off, audit.Operator, audit.Origin{}, u.w.clock.Now()); err != nil {
		u.w.t.Fatal(err)
	}
	if told {
		u.w.changed()
	}
}

// unlink takes the identity from its person.
func (u *upstream) unlink(p *person, i id.Identity) {
	u.w.t.Helper()
	if err := federation.Unlink(context.Background(), u.w.store, u.Tenant, p.id, i, id.Session{}, audit.Operator, audit.Origin{}, u.w.clock.Now()); err != nil {
		u.w.t.Fatal(err)
	}
}

func TestG06DisabledConnectionSignsNobodyIn(t *testing.T) {
	t.Parallel()
	for _, told := range []bool{true, false} {
		w := newWorld(t, 1)
		alice := w.enrolled(w.acme, "alice@acme.test")
		w.owns(w.acme, "acme.test")
		u := w.connect(w.acme, federation.OIDC, linking).exempt(policy.Skip)
		u.knows(alice)
		// Between departure and return: whom it knows, whom it would link, whom it would make.
		for _, who := range []string{"alice", "bob", "carol"} {
			u.says("sub", who, "email", who+"@acme.test", "email_verified", true)
			w.spurns(w.acme, "during, "+who, "disabled", func(b *browser) {
				b.authorize(w.web, "tenant", "acme")
				b.expect("identify").press(u)
				back, form := u.visit(b.departs())
				u.turnOff(true, told)
				b.comeBack(back, form)
				u.turnOff(false, true)
			})
		}
		u.turnOff(true, true)
		b, before, hits := w.browser(), w.ledger(), u.op.Hits(federationtest.Authorization)
		b.authorize(w.web, "tenant", "acme")
		// What is not offered is no choice, and no failure either.
		if strings.Contains(b.body, u.ID.String()) || b.expect("identify").press(u).departs() != "" {
			t.Error("the page leads to a disabled connection")
		}
		b.submit("email", alice.email).expect("password")
		if b.press(u); b.departs() != "" || u.op.Hits(federationtest.Authorization) != hits {
			t.Error("the page of the password leads to a disabled connection")
		}
		w.unmoved(b, "before", before)
	}
}

func TestG06IdentityOrRightTakenOnTheWayIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	u := w.connect(w.acme, federation.OIDC).exempt(policy.Skip)
	during := func(what, reason string, change func()) {
		t.Helper()
		w.clock.Advance(time.Second)
		b := w.browser()
		b.authorize(w.web, "tenant", "acme")
		b.expect("identify").press(u)
		back, form := u.visit(b.departs())
		change()
		before, told := w.ledger(), w.failures(w.acme)
		b.comeBack(back, form)
		if w.unmoved(b, what, before); len(w.failures(w.acme)) == len(told) {
			t.Errorf("%s: nothing on record, want %s", what, reason)
		}
	}
	i := u.knows(alice)
	u.says("email", alice.email)
	during("unlinked", "unknown_person", func() { u.unlink(alice, i) })
	u.says("sub", "newcomer", "email", "new@acme.test")
	during("closed to newcomers", "unknown_person", func() {
		c := u.Connection
		c.Version, c.Settings.Create = w.count("SELECT version FROM connections WHERE id = $1", u.ID), false
		if err := federation.Change(context.Background(), w.store, w.seal, c, "", audit.Operator, audit.Origin{}, w.clock.Now()); err != nil {
			t.Fatal(err)
		}
	})
	w.changed()
	u.knows(alice)
	u.op.Honest()
	b := w.browser()
	b.authorize(w.web, "tenant", "acme")
	b.expect("identify").press(u)
	back, form := u.visit(b.departs())
	w.setPolicy(w.acme, func(p *policy.Policy) { p.Exemptions = nil })
	b.comeBack(back, form).expect("second-factor")
	// A disabled person is no more let in by their provider than by their password.
	w.disable(alice)
	b = w.browser()
	if b.through(u); b.step() != "refused" || b.left != nil || !strings.HasSuffix(w.failures(w.acme), string(policy.WhyUser)) || w.count("SELECT count(*) FROM sessions") != 0 {
		t.Errorf("disabled person: at %s (%d), %s", b.at, b.status, w.failures(w.acme))
	}
}

func TestG06WhatRestsOnAnIdentityEndsWithIt(t *testing.T) {
	t.Parallel()
	for what, end := range map[string]func(*upstream, *person, id.Identity){
		"disabled":         func(u *upstream, _ *person, _ id.Identity) { u.turnOff(true, true) },
		"disabled, unseen": func(u *upstream, _ *person, _ id.Identity) { u.turnOff(true, false) },
		"unlinked":         func(u *upstream, p *person, i id.Identity) { u.unlink(p, i) },
	} {
		w := newWorld(t, 1)
		alice := w.enrolled(w.acme, "alice@acme.test")
		u := w.connect(w.acme, federation.OIDC).exempt(policy.Skip)
		i := u.knows(alice)
		in, open, paid := w.browser(), w.browser(), w.browser()
		f := in.through(u, "scope", "openid offline_access")
		in.expect("consent").submit("decision", "allow")
		_, tokens := w.redeem(f, in.code(f))
		g := paid.through(u, "scope", "openid offline_access")
		code := paid.code(g) // consent was given above
		open.through(u, "prompt", "consent")
		open.expect("consent")
		end(u, alice, i)
		if status, body := w.redeem(g, code); status == 200 {
			t.Errorf("%s: the code is worth %v", what, body)
		}
		if open.submit("decision", "allow"); open.left != nil && open.left.Query().Get("code") != "" {
			t.Errorf("%s: a sign-in that waited for consent is let in", what)
		}
		if in.get("/account"); in.step() == "account" {
			t.Errorf("%s: the session opens the settings", what)
		}
		in.authorize(w.web, "tenant", "acme", "prompt", "none")
		if in.refusal() == "" {
			t.Errorf("%s: prompt=none is answered with %v", what, in.left)
		}
		if status, body := w.token(w.web, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"].(string)}}); status == 200 {
			t.Errorf("%s: the refresh token is worth %v", what, body)
		}
	}
}
