package provider_test

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/provider/federation/federationtest"
	"sallyport/storage/audit"
)

// TestA06EveryEntranceEndsAtASecondFactor: in a tenant that requires one, or at an exemption that stands on record.
func TestA06EveryEntranceEndsAtASecondFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.owns(w.acme, "linked.test")
	alice, bob := w.enrolled(w.acme, "alice@acme.test"), w.enrolled(w.acme, "bob@acme.test")
	reset, linked := w.enrolled(w.acme, "reset@acme.test"), w.enrolled(w.acme, "who@linked.test")
	carol := w.person(w.acme, "carol@acme.test") // nothing enrolled
	u := w.connect(w.acme, federation.OIDC, linking)
	byDomain := w.connect(w.acme, federation.OIDC)
	w.owns(w.acme, "domain.test", byDomain)
	u.knows(alice)
	comes := func(at *upstream, claims ...any) func(*browser) {
		return func(b *browser) { at.says(claims...); b.through(at) }
	}
	for what, entrance := range map[string]struct {
		enter func(*browser)
		step  string
	}{
		"password":              {func(b *browser) { b.toPassword(w.web, alice); b.submit("password", password) }, "second-factor"},
		"password, nothing yet": {func(b *browser) { b.toPassword(w.web, carol); b.submit("password", password) }, "enrol"},
		"linked":                {comes(u), "second-factor"},
		"by address":            {comes(u, "sub", "linked", "email", linked.email, "email_verified", true), "second-factor"},
		"newcomer":              {comes(u, "sub", "newcomer", "email", "new@elsewhere.test"), "enrol"},
		"newcomer says mfa":     {comes(u, "sub", "boast", "email", "boast@elsewhere.test", "amr", []string{"mfa"}, "acr", "phr"), "enrol"},
		"by domain": {func(b *browser) {
			byDomain.says("sub", "dora", "email", "dora@domain.test")
			b.authorize(w.web)
			b.expect("identify").submit("email", "dora@domain.test")
			b.follow(byDomain)
		}, "enrol"},
		"by hint": {func(b *browser) {
			byDomain.says("sub", "dan", "email", "dan@domain.test")
			b.authorize(w.web, "login_hint", "dan@domain.test")
			b.follow(byDomain)
		}, "enrol"},
		"after a reset": {func(b *browser) {
			b.reset(w.path(w.resetLink(reset)))
			if b.left != nil || b.get("/account").step() != "identify" {
				t.Errorf("a reset signs in: at %s", b.at)
			}
			b.toPassword(w.web, reset)
			b.submit("password", password)
		}, "second-factor"},
		"connected under My settings": {func(b *browser) {
			in := w.browser()
			in.signIn(w.web, bob)
			u.says("sub", "bob upstream")
			in.post("/account/identities", url.Values{"connection": {u.ID.String()}})
			in.follow(u).expect("account")
			b.through(u)
		}, "second-factor"},
	} {
		b := w.browser()
		entrance.enter(b)
		if b.left != nil || b.step() != entrance.step {
			t.Errorf("%s: at %s (%d), left %v, want %s", what, b.at, b.status, b.left, entrance.step)
			continue
		}
		b.get("/authorize/callback?attempt=" + b.handle())
		if b.left != nil || b.step() != entrance.step {
			t.Errorf("%s: the callback leads to %s, %v", what, b.at, b.left)
		}
		_, q := newFlow(w.web, "tenant", "acme", "prompt", "none")
		if b.get("/authorize?" + q.Encode()); b.refusal() != "login_required" {
			t.Errorf("%s: prompt=none: %v", what, b.left)
		}
	}
}

func TestA06WhatSparesTheSecondFactorStandsOnRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	k := w.key()
	w.keyed(w.acme, "key@acme.test", k)
	alice := w.enrolled(w.acme, "alice@acme.test")
	skips, proves := w.connect(w.acme, federation.OIDC).exempt(policy.Skip), w.connect(w.acme, federation.OIDC).exempt(policy.ByEvidence)
	for what, entrance := range map[string]struct {
		enter  func(*browser) flow
		acr    string
		exempt string
		proof  string
	}{
		"passkey":     {func(b *browser) flow { f := b.toIdentify(w.web); b.touch(k); return f }, "phr", "", "webauthn"},
		"access code": {func(b *browser) flow { f := b.toSecond(w.web, alice); b.withAccess(w.access(alice)); return f }, twoStep, "", "access_code"},
		"exemption":   {func(b *browser) flow { return b.through(skips.says("sub", "s", "email", "s@elsewhere.test")) }, oneFactor, "skip", "federated"},
		"evidence": {func(b *browser) flow {
			return b.through(proves.says("sub", "p", "email", "p@elsewhere.test", "amr", []string{"pwd", "mfa"}))
		}, aal2, "evidence", "federated"},
	} {
		w.clock.Advance(time.Minute)
		b := w.browser()
		if told := b.told(entrance.enter(b)); told["acr"] != entrance.acr {
			t.Errorf("%s: acr %v, want %s", what, told["acr"], entrance.acr)
		}
		got := w.text(`SELECT coalesce(detail->>'exempt', '') || ' ' || (detail->'proofs')::text FROM audit_events WHERE kind = 'signin.done' ORDER BY at DESC LIMIT 1`)
		if exempt, proofs, _ := strings.Cut(got, " "); exempt != entrance.exempt || !strings.Contains(proofs, entrance.proof) {
			t.Errorf("%s: on record stands %s", what, got)
		}
	}
}

func TestH02FederationOfOneTenantIsNothingToAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice, eve := w.enrolled(w.acme, "alice@acme.test"), w.enrolled(w.globex, "eve@globex.test")
	op := federationtest.New(t, w.clock.Now) // both tenants have it, with one client
	here := w.connectTo(op, w.acme, federation.OIDC).exempt(policy.Skip)
	there := w.connectTo(op, w.globex, federation.OIDC, strangers).exempt(policy.Skip)
	w.owns(w.globex, "globex.test", there)
	i := here.knows(alice)
	w.spurns(w.globex, "identity of another tenant", "unknown_person", func(b *browser) { b.through(there) })

	// A connection of another tenant is none, whoever names it.
	before, asked := w.ledger(), len(op.Asked())
	for what, extra := range map[string][]string{"": nil, "with a hint": {"domain_hint", "globex.test"}, "with an address": {"login_hint", "eve@globex.test"}} {
		b := w.browser()
		b.authorize(w.web, append([]string{"tenant", "acme"}, extra...)...)
		if b.departs() != "" || strings.Contains(b.body, there.ID.String()) {
			t.Errorf("%s: leads to the other tenant's", what)
		}
		b.get(b.attempt()+"/identify").expect("identify").post(b.attempt()+"/upstream", url.Values{"connection": {there.ID.String()}, "tenant": {w.globex.String()}})
		if b.departs() != "" || len(op.Asked()) != asked {
			t.Errorf("%s: the other tenant's connection is asked", what)
		}
		w.unmoved(b, what, before)
	}
	// The answer to one tenant's question at the address of the other's, in all mixtures.
	ours, back, _ := here.departed()
	theirs, other, _ := there.departed()
	hits := op.Hits(federationtest.Token)
	state := func(address string) string {
		at, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return at.Query().Get("state")
	}
	mixed := func(a, b *upstream) string { return a.Tenant.String() + "." + b.ID.String() }
	for what, address := range map[string]string{
		"their connection":             strings.Replace(back, here.Handle(), there.Handle(), 1),
		"their tenant, our connection": strings.Replace(back, here.Handle(), mixed(there, here), 1),
		"our tenant, their connection": strings.Replace(back, here.Handle(), mixed(here, there), 1),
		"their state":                  changed(t, back, "state", state(other)),
		"named in the request":         changed(t, strings.Replace(back, here.Handle(), mixed(here, there), 1), "tenant", w.acme.String()),
	} {
		for _, b := range []*browser{ours, theirs} {
			r, err := http.NewRequest(http.MethodGet, address, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-Tenant", w.acme.String())
			b.do(r)
			w.unmoved(b, what, before)
		}
	}
	if op.Hits(federationtest.Token) != hits {
		t.Error("a code was sent for another tenant")
	}
	// A code of one tenant's question, answered to the other's.
	code := func(address string) string {
		at, _ := url.Parse(address)
		return at.Query().Get("code")
	}
	if theirs.comeBack(changed(t, other, "code", code(back)), nil); !strings.HasSuffix(w.failures(w.globex), "exchange") {
		t.Errorf("a code of the other tenant: %s", w.failures(w.globex))
	}
	w.unmoved(theirs, "a code of the other tenant", before)
	f := w.browser()
	if told := f.told(f.through(here, "scope", "openid email")); told["tid"] != w.acme.String() || told["sub"] != alice.id.String() {
		t.Errorf("signed in as %v of %v", told["sub"], told["tid"])
	}
	// Somebody of the other tenant with a session of their own neither removes nor makes a connection of ours.
	b := w.settings(eve)
	if b.post("/account/identities/"+i.String()+"/remove", nil); b.status != http.StatusNotFound {
		t.Errorf("removing another tenant's identity: %d", b.status)
	}
	if b.post("/account/identities", url.Values{"connection": {here.ID.String()}, "tenant": {w.acme.String()}}); b.status != http.StatusNotFound {
		t.Errorf("connecting at another tenant's: %d", b.status)
	}
	if w.count("SELECT count(*) FROM identities WHERE ended_at IS NULL") != 1 || w.events(w.globex, audit.IdentityLinked)+w.events(w.acme, audit.IdentityUnlinked) != 0 {
		t.Error("an identity has changed")
	}
	// Nor does a sign-out that one tenant is told of end what is the other's.
	form := url.Values{"logout_token": {op.LogoutToken(nil, federationtest.Signing{})}}
	b.post("/federation/"+there.Handle()+"/backchannel-logout", form)
	b.post("/federation/"+mixed(there, here)+"/backchannel-logout", form)
	if n := w.count("SELECT count(*) FROM sessions WHERE tenant_id = $1 AND ended_at IS NOT NULL", w.acme); n != 0 {
		t.Errorf("%d sessions ended from the other tenant", n)
	}
}

// canary counts who connects to an address where nobody has any business.
type canary struct {
	net.Listener
	hits atomic.Int32
}

func newCanary(t *testing.T, address string) *canary {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	c := &canary{Listener: l}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			c.hits.Add(1)
			conn.Close()
		}
	}()
	return c
}

func (c *canary) port() string { _, port, _ := net.SplitHostPort(c.Addr().String()); return port }

// aims sets an issuer as somebody does who has the database, or an older version's rules, on their side.
func (u *upstream) aims(issuer string) {
	u.w.exec("UPDATE connections SET settings = jsonb_set(settings, '{issuer}', to_jsonb($2::text)) WHERE id = $1", u.ID, issuer)
	u.w.changed()
}

func TestI02AddressesOfTenantsLeadIntoNoNetworkOfOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.serveWithin(nil) // the instance whose operator permits nothing
	bird, six := newCanary(t, "127.0.0.1:0"), newCanary(t, "[::1]:0")
	port := bird.port()
	u := w.connect(w.acme, federation.OIDC).exempt(policy.Skip)
	var first string
	for _, issuer := range []string{
		"https://127.0.0.1:" + port, "http://127.0.0.1:" + port, "http://localhost:" + port, "https://localhost:" + port, "https://[::1]:" + six.port(), "http://[::1]:" + six.port(),
		"https://[::ffff:127.0.0.1]:" + port, "https://[::ffff:7f00:1]:" + port, "https://[64:ff9b::7f00:1]:" + port, "https://2130706433:" + port, "https://0x7f000001:" + port,
		"https://0177.0.0.1:" + port, "https://127.1:" + port, "https://0.0.0.0:" + port, "https://[::]:" + port, "https://127.0.0.1.:" + port, "https://user@127.0.0.1:" + port,
		"https://169.254.169.254", "http://169.254.169.254", "https://10.0.0.1", "https://192.168.0.1", "https://172.16.0.1", "https://100.64.0.1", "https://[fd00::1]", "https://[fe80::1]",
		"ftp://127.0.0.1:" + port, "gopher://127.0.0.1:" + port, "file:///etc/passwd", "https://nowhere.invalid", u.op.Issuer(),
	} {
		u.aims(issuer)
		began := time.Now()
		b := w.spurns(w.acme, issuer, "", func(b *browser) {
			b.server = 1
			b.authorize(w.web, "tenant", "acme")
			if b.expect("identify").press(u); b.departs() != "" {
				t.Errorf("%s: leads to %s", issuer, b.departs())
			}
		})
		page := b.alert()
		if first == "" {
			first = page
		}
		if page == "" || page != first || strings.Contains(b.body, "127.0.0.1") || strings.Contains(b.body, "169.254") || time.Since(began) > 4*time.Second {
			t.Errorf("%s: another page than for the others, or late (%s): %q", issuer, time.Since(began), page)
		}
		if told := w.text("SELECT string_agg(detail::text, ' ') FROM audit_events WHERE kind = 'signin.upstream_failed'"); strings.Contains(told, "127.0.0.1") || strings.Contains(told, "refused") {
			t.Errorf("%s: the record tells what our network answered: %s", issuer, told)
		}
	}
	if bird.hits.Load()+six.hits.Load() != 0 || u.op.Hits(federationtest.Discovery) != 0 {
		t.Errorf("%d connections", int(bird.hits.Load()+six.hits.Load())+u.op.Hits(federationtest.Discovery))
	}
	// The same address on the instance whose operator permits it: the canary does sing.
	u.aims("http://127.0.0.1:" + port)
	b := w.browser()
	b.authorize(w.web, "tenant", "acme")
	if b.expect("identify").press(u); bird.hits.Load() == 0 {
		t.Error("nobody has gone anywhere in this test")
	}
}

func TestI02DocumentsOfProvidersLeadIntoNoNetworkOfOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.serveWithin([]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}) // the provider's own address, and no other
	bird := newCanary(t, "127.0.0.2:0")
	forbidden := []string{"http://127.0.0.2:" + bird.port(), "https://127.0.0.2:" + bird.port(), "http://[::ffff:127.0.0.2]:" + bird.port(), "https://2130706434:" + bird.port()}
	var pages []string
	for _, to := range forbidden {
		for what, aim := range map[string]func(*federationtest.Script, *federationtest.Provider){
			"token_endpoint":    edit("token_endpoint", to+"/token"),
			"jwks_uri":          edit("jwks_uri", to+"/keys"),
			"pushed requests":   edit("pushed_authorization_request_endpoint", to+"/par"),
			"userinfo_endpoint": edit("userinfo_endpoint", to+"/userinfo"),
			"discovery, 302":    answered(federationtest.Discovery, federationtest.Redirect(to)),
			"token, 302":        answered(federationtest.Token, federationtest.Redirect(to)),
			"keys, 302":         answered(federationtest.Keys, federationtest.Redirect(to)),
			"end_session, 302":  answered(federationtest.EndSession, federationtest.Redirect(to)),
			"keys' x5u and jku": keysElsewhere(to),
			"token's jku header": func(s *federationtest.Script, _ *federationtest.Provider) {
				s.Signing = federationtest.Signing{KID: "x", Extra: map[string]any{"jku": to, "x5u": to}}
			},
		} {
			u := w.connect(w.acme, federation.OIDC).exempt(policy.Skip)
			u.op.Script(func(s *federationtest.Script) { aim(s, u.op) })
			u.says("sub", secret(), "email", nil)
			b := w.browser()
			b.server = 1
			b.authorize(w.web, "tenant", "acme")
			if b.expect("identify").press(u); b.departs() != "" {
				b.follow(u)
			}
			if slices.Contains([]string{"token_endpoint", "jwks_uri", "discovery, 302", "token, 302", "keys, 302", "token's jku header"}, what) {
				if b.step() != "identify" || b.alert() == "" {
					t.Errorf("%s %s: at %s (%d)", what, to, b.at, b.status)
				}
				pages = append(pages, b.alert())
			}
			u.says()
			b.post("/federation/"+u.Handle()+"/backchannel-logout", url.Values{"logout_token": {u.op.LogoutToken(nil, federationtest.Signing{})}})
		}
	}
	if n := bird.hits.Load(); n != 0 {
		t.Errorf("%d connections to a forbidden address", n)
	}
	if slices.Sort(pages); len(slices.Compact(pages)) != 1 {
		t.Errorf("pages tell cases apart: %q", slices.Compact(pages))
	}
}

func keysElsewhere(to string) func(*federationtest.Script, *federationtest.Provider) {
	return func(s *federationtest.Script, _ *federationtest.Provider) {
		s.Keys = func(all []map[string]any) []map[string]any {
			for i := range all {
				all[i]["x5u"], all[i]["jku"] = to, fmt.Sprint(to, "/", i)
			}
			return all
		}
	}
}
