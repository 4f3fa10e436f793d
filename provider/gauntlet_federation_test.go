package provider_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/provider/federation/federationtest"
	"sallyport/provider/session"
	"sallyport/provider/user"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// The objects in directories of Entra: alice is whom the scripted provider honestly tells of.
const (
	aliceObject   = "0a11ce00-0000-4000-8000-000000000001"
	malloryObject = "0bad0bad-0000-4000-8000-000000000002"
	evilDirectory = "66666666-6666-4666-8666-666666666666"
)

// linking has an account given to whoever comes with its address, where the provider says that it was verified.
func linking(s *federation.Settings) { s.LinkByAddress, s.Addresses = true, federation.Verified }

// strangers has the connection let in only whom it knows.
func strangers(s *federation.Settings) { s.Create = false }

// owns makes a domain the tenant's, as a record in the DNS does; people of it sign in at the connection, if there is one.
func (w *world) owns(t id.Tenant, name string, at ...*upstream) {
	w.t.Helper()
	var c *id.Connection
	if len(at) > 0 {
		c = &at[0].ID
	}
	w.exec("INSERT INTO domains (tenant_id, name, challenge, connection_id, created_at, proven_at) VALUES ($1, $2, 'x', $3, $4, $4)", t, name, c, w.clock.Now())
	w.changed()
}

// knows connects the provider's alice to a person.
func (u *upstream) knows(p *person) id.Identity {
	u.w.t.Helper()
	issuer, subject := u.op.Issuer(), "alice"
	if u.Kind == federation.Entra {
		issuer, subject = u.op.Directory(federationtest.HomeDirectory), aliceObject
	}
	i := id.NewIdentity()
	if err := u.w.store.Tenant(u.Tenant).CreateIdentity(context.Background(), db.CreateIdentityParams{TenantID: u.Tenant, ID: i, UserID: p.id, ConnectionID: u.ID,
		Issuer: issuer, Subject: subject, Label: p.email, CreatedAt: u.w.clock.Now()}); err != nil {
		u.w.t.Fatal(err)
	}
	return i
}

// ledger is everything that a refusal must leave alone.
func (w *world) ledger() string {
	w.t.Helper()
	return w.text(`SELECT md5(coalesce(string_agg(line, '|' ORDER BY line), '')) FROM (
		SELECT 'session ' || x::text AS line FROM sessions x UNION ALL SELECT 'grant ' || x::text FROM grants x
		UNION ALL SELECT 'single ' || x::text FROM single_use x UNION ALL SELECT 'identity ' || x::text FROM identities x
		UNION ALL SELECT 'user ' || x::text FROM users x UNION ALL SELECT 'factor ' || x::text FROM factors x
		UNION ALL SELECT 'device ' || x::text FROM trusted_devices x) AS lines`)
}

// failures are the reasons on record why people were not let in, oldest first.
func (w *world) failures(t id.Tenant) string {
	w.t.Helper()
	return w.text(`SELECT coalesce(string_agg(coalesce(detail->>'reason', detail->>'why'), '|' ORDER BY at, id), '') FROM audit_events
		WHERE tenant_id = $1 AND kind IN ('signin.upstream_failed', 'signin.refused')`, t)
}

// spurns has a new browser do something hostile, and checks that nothing comes of it but a reason on record.
func (w *world) spurns(t id.Tenant, what, reason string, act func(*browser)) *browser {
	w.t.Helper()
	w.clock.Advance(time.Second)
	b, before, told := w.browser(), w.ledger(), w.failures(t)
	act(b)
	w.unmoved(b, what, before)
	if got := strings.TrimPrefix(w.failures(t), told); got == "" || !strings.Contains(got, reason) {
		w.t.Errorf("%s: on record stands %q, want %q", what, got, reason)
	}
	return b
}

// unmoved checks that whoever did it is where sign-in begins, or is turned away, and that nothing has changed.
func (w *world) unmoved(b *browser, what, before string) {
	w.t.Helper()
	if b.left != nil || has(b, session.Cookie) || b.status >= 500 || slices.Contains([]string{"second-factor", "enrol", "backup-codes", "consent", "account"}, b.step()) {
		w.t.Errorf("%s: at %s (%d), left %v", what, b.at, b.status, b.left)
	}
	if w.ledger() != before {
		w.t.Errorf("%s: a session, code, identity or account has changed", what)
	}
}

// lies is one thing that a provider says, and why it is not believed.
type lies struct {
	claims map[string]any
	reason string
}

// spurnsAll tells each lie in a sign-in of its own.
func (u *upstream) spurnsAll(all map[string]lies) {
	u.w.t.Helper()
	for what, l := range all {
		u.op.Script(func(s *federationtest.Script) {
			s.Claims = func(federationtest.Request) map[string]any { return l.claims }
		})
		u.w.spurns(u.Tenant, what, l.reason, func(b *browser) { b.through(u) })
	}
	u.op.Honest()
}

func TestG01AddressesAndNamesIdentifyNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	op := federationtest.New(t, w.clock.Now)
	u := w.connectTo(op, w.acme, federation.Entra, linking, func(s *federation.Settings) {
		s.Issuer, s.Directories = op.Shared("organizations"), []string{federationtest.HomeDirectory, evilDirectory}
	})
	w.owns(w.acme, "acme.test")
	u.knows(alice)
	hers := func(more map[string]any) map[string]any {
		c := map[string]any{"email": alice.email, "preferred_username": alice.email, "upn": alice.email, "name": "Alice", "sub": "pairwise-alice"}
		for k, v := range more {
			c[k] = v
		}
		return c
	}
	u.spurnsAll(map[string]lies{
		"another object":              {hers(map[string]any{"oid": malloryObject}), "unknown_person"},
		"another object, verified":    {hers(map[string]any{"oid": malloryObject, "xms_edov": true}), "unknown_person"},
		"an address for an object":    {hers(map[string]any{"oid": alice.email}), "subject"},
		"her account for an object":   {hers(map[string]any{"oid": alice.id.String()}), "unknown_person"},
		"no object":                   {hers(map[string]any{"oid": nil}), "subject"},
		"her address, in other cases": {hers(map[string]any{"oid": malloryObject, "email": "ALICE@Acme.Test", "xms_edov": true}), "unknown_person"},
	})
	// The same object in another directory that is let in, and the same subject at another connection, are other people.
	op.Script(func(s *federationtest.Script) { s.Directory = evilDirectory })
	u.says("email", alice.email)
	w.spurns(w.acme, "her object in another directory", "unknown_person", func(b *browser) { b.through(u) })
	other := w.connect(w.acme, federation.OIDC).exempt(policy.Skip).says("sub", aliceObject, "email", "else@acme.test")
	b := w.browser()
	if told := b.told(b.through(other)); told["sub"] == alice.id.String() {
		t.Error("her object as a subject elsewhere is her")
	}
	// Whatever else is said of her, she is alice.
	op.Honest()
	u.says("email", "else@elsewhere.test", "preferred_username", "someone", "name", "Somebody Else", "sub", "another application's")
	b = w.browser()
	f := b.through(u)
	b.expect("second-factor").submit("code", alice.totp(w, 0))
	if told := b.told(f); told["sub"] != alice.id.String() || w.text("SELECT email FROM users WHERE id = $1", alice.id) != alice.email {
		t.Errorf("signed in as %v, %v", told["sub"], told["email"])
	}
}

func TestG02TokensOfForeignDirectoriesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	op := federationtest.New(t, w.clock.Now)
	shared := w.connectTo(op, w.acme, federation.Entra, func(s *federation.Settings) {
		s.Issuer, s.Directories = op.Shared("organizations"), []string{federationtest.HomeDirectory}
	})
	common := w.connectTo(op, w.acme, federation.Entra, func(s *federation.Settings) {
		s.Issuer, s.Directories = op.Shared("common"), []string{federationtest.HomeDirectory}
	})
	single := w.connectTo(op, w.acme, federation.Entra)
	home, evil := federationtest.HomeDirectory, evilDirectory
	says := func(c map[string]any) func(*federationtest.Script) {
		return func(s *federationtest.Script) {
			s.Claims = func(federationtest.Request) map[string]any { return c }
		}
	}
	from := func(directory string, c map[string]any) func(*federationtest.Script) {
		return func(s *federationtest.Script) { says(c)(s); s.Directory = directory }
	}
	foreign := map[string]struct {
		script func(*federationtest.Script)
		reason string
	}{
		"foreign directory":            {from(evil, nil), "directory"},
		"foreign issuer, home tid":     {from(evil, map[string]any{"tid": home}), "issuer"},
		"personal account":             {from(federationtest.PersonalDirectory, nil), "personal"},
		"personal account, home tid":   {from(federationtest.PersonalDirectory, map[string]any{"tid": home}), "issuer"},
		"home issuer, foreign tid":     {says(map[string]any{"tid": evil}), "issuer"},
		"both foreign":                 {says(map[string]any{"tid": evil, "iss": op.Directory(evil)}), ""},
		"the template":                 {says(map[string]any{"tid": "{tenantid}", "iss": op.Directory("{tenantid}")}), "issuer"},
		"no tid":                       {says(map[string]any{"tid": nil}), "issuer"},
		"a list of tids":               {says(map[string]any{"tid": []string{home, evil}}), "issuer"},
		"tid with a path":              {says(map[string]any{"tid": home + "/../" + evil}), "issuer"},
		"version 1.0":                  {says(map[string]any{"ver": "1.0"}), "subject"},
		"issuer of version 1.0":        {says(map[string]any{"iss": "https://sts.windows.net/" + home + "/", "ver": "1.0"}), "issuer"},
		"key of personal accounts":     {func(s *federationtest.Script) { s.Signing = op.PersonalKey() }, "key_issuer"},
		"issuer of the whole provider": {says(map[string]any{"iss": op.Issuer()}), "issuer"},
	}
	for _, u := range []*upstream{shared, common, single} {
		for what, c := range foreign {
			if u == single && strings.HasPrefix(what, "foreign") || u == single && strings.HasPrefix(what, "personal") {
				continue // its authority answers for one directory only
			}
			op.Honest()
			op.Script(c.script)
			w.spurns(w.acme, u.Settings.Issuer+": "+what, c.reason, func(b *browser) { b.through(u) })
		}
	}
	op.Honest()
	// A guest of the directory has an object of their own: nobody by an address.
	w.person(w.acme, "guest@acme.test")
	shared.says("oid", malloryObject, "acct", 1, "idp", op.Directory(evil), "email", "guest@acme.test", "preferred_username", "guest_acme.test#EXT#@evil.test")
	w.spurns(w.acme, "guest", "unknown_person", func(b *browser) { b.through(shared) })
	op.Honest()
	b := w.browser()
	b.through(shared)
	b.expect("enrol")
}

// unverified is everything that is not the word true.
func unverified() map[string]any {
	return map[string]any{"false": false, "absent": nil, "string": "true", "one": 1, "list": []any{true}, "object": map[string]any{"value": true}, "capital": "True"}
}

func TestG03UnverifiedAddressLinksNobody(t *testing.T) {
	t.Parallel()
	for kind, claim := range map[federation.Kind]string{federation.OIDC: "email_verified", federation.Entra: "xms_edov"} {
		w := newWorld(t, 1)
		alice, admin := w.enrolled(w.acme, "alice@acme.test"), w.enrolled(w.acme, "admin@acme.test")
		w.exec("UPDATE users SET role = 'admin' WHERE id = $1", admin.id)
		w.enrolled(w.acme, "alice@unproven.test")
		w.owns(w.acme, "acme.test")
		u := w.connect(w.acme, kind, linking)
		off := w.connect(w.acme, kind, func(s *federation.Settings) { s.Addresses = federation.Verified })
		all := map[string]lies{}
		for what, v := range unverified() {
			all[what] = lies{map[string]any{"email": alice.email, claim: v, "emails_verified": true}, "unknown_person"}
		}
		all["verified, domain not proven"] = lies{map[string]any{"email": "alice@unproven.test", claim: true}, "unknown_person"}
		all["verified, an administrator"] = lies{map[string]any{"email": admin.email, claim: true}, "unknown_person"}
		u.spurnsAll(all)
		off.spurnsAll(map[string]lies{"verified, nobody to be linked": {map[string]any{"email": alice.email, claim: true}, "unknown_person"}})
		u.says("email", alice.email, claim, true)
		b := w.browser()
		b.through(u)
		b.expect("second-factor")
		if n := w.count("SELECT count(*) FROM identities WHERE user_id = $1", alice.id); n != 1 || w.events(w.acme, audit.IdentityLinked) != 1 {
			t.Errorf("%s: verified: %d identities", kind, n)
		}
	}
}

// A session that was left open connects nothing: who has a factor shows it, who has none the password.
func TestG03LinkingNeedsAFreshProofOfOnesOwnFirst(t *testing.T) {
	t.Parallel()
	for _, factor := range []bool{true, false} {
		w := newWorld(t, 1)
		alice := w.person(w.globex, "alice@globex.test")
		u, other := w.connect(w.globex, federation.OIDC).says("sub", "mallory", "email", "mallory@evil.test"), w.connect(w.globex, federation.OIDC)
		b := w.browser()
		b.toPassword(w.web, alice)
		b.submit("password", password).expect("consent").submit("decision", "allow")
		own := func() { b.expect("password").submit("password", password) }
		if factor {
			w.enrol(alice)
			b.get("/account").expect("second-factor").submit("code", alice.totp(w, 0)).expect("account")
			own = func() { b.expect("second-factor").submit("code", alice.totp(w, 0)) }
		}
		w.clock.Advance(30 * time.Minute) // somebody sits down at it
		begin := func() *browser { return b.post("/account/identities", url.Values{"connection": {u.ID.String()}}) }
		if begin(); u.op.Hits(federationtest.Authorization) != 0 || b.departs() != "" {
			t.Fatalf("at %s the provider comes before the proof", b.at)
		}
		for _, at := range []*upstream{u, other} {
			begin()
			step := b.step()
			if b.press(at); b.departs() != "" {
				b.follow(at)
			}
			b.get(b.attempt())
			if n := w.count("SELECT count(*) FROM identities WHERE user_id = $1", alice.id); n != 0 || w.events(w.globex, audit.IdentityLinked) != 0 || b.step() == "account" {
				t.Fatalf("a sign-in upstream in the place of %s: %d identities, at %s", step, n, b.at)
			}
		}
		begin()
		own()
		b.follow(u)
		if n := w.count("SELECT count(*) FROM identities WHERE user_id = $1", alice.id); n != 1 || w.events(w.globex, audit.IdentityLinked) != 1 || b.step() != "account" {
			t.Errorf("with a proof: %d identities, at %s (%d) %s", n, b.at, b.status, b.alert())
		}
		// What is hers is nobody else's.
		bob := w.enrolled(w.globex, "bob@globex.test")
		c := w.browser()
		c.signIn(w.web, bob)
		c.post("/account/identities", url.Values{"connection": {u.ID.String()}})
		c.follow(u)
		if n := w.count("SELECT count(*) FROM identities WHERE user_id = $1", bob.id); n != 0 || !strings.Contains(w.failures(w.globex), "taken") {
			t.Errorf("bob was given alice's: %d, %q", n, w.failures(w.globex))
		}
	}
}

func TestG08WhatUserInfoSaysIsNotAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	w.owns(w.acme, "acme.test")
	u := w.connect(w.acme, federation.OIDC, linking)
	renamed := w.connect(w.acme, federation.OIDC, linking, func(s *federation.Settings) { s.Claims.Email = "mail" })
	for _, said := range []map[string]any{{"sub": "alice", "email": alice.email, "email_verified": true}, {"sub": "somebody else", "email": alice.email}} {
		u.op.Script(func(s *federationtest.Script) { s.Userinfo = said })
		u.says("sub", "x "+said["sub"].(string), "email", "x"+secret()[:6]+"@elsewhere.test", "email_verified", true)
		w.browser().through(u)
	}
	if n := w.count("SELECT count(*) FROM identities WHERE user_id = $1", alice.id); n != 0 || u.op.Hits(federationtest.Userinfo) != 0 {
		t.Errorf("%d identities of alice, %d calls of UserInfo", n, u.op.Hits(federationtest.Userinfo))
	}
	// The verification is of the claim "email", not of one that stands in its place.
	renamed.spurnsAll(map[string]lies{"mail": {map[string]any{"email": "x@evil.test", "email_verified": true, "mail": alice.email}, "unknown_person"}})
}

// early is an account of the victim's address that somebody else made first.
func (w *world) early(t id.Tenant, email string) *person {
	w.t.Helper()
	hash, err := user.NewHasher(user.Cost{MemoryKiB: 64, Iterations: 1, Parallelism: 1}, 1, 10).Hash(context.Background(), password)
	if err != nil {
		w.t.Fatal(err)
	}
	u, err := user.Create(context.Background(), w.store, t, user.New{Email: email, Name: "Trap", PasswordHash: hash, Role: "user"}, audit.Operator, w.clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	p := &person{tenant: t, id: u, email: email}
	w.enrol(p)
	return p
}

func TestG12WhoeverRegisteredFirstKeepsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.TrustedDevice = month })
	w.owns(w.acme, "acme.test")
	u := w.connect(w.acme, federation.Entra, linking)
	evil := w.connect(w.acme, federation.OIDC)
	trap := w.early(w.acme, "victim@acme.test")
	evil.knows(trap)
	w.codesFor(trap)
	attacker, halfway, foreign := w.browser(), w.browser(), w.browser()
	f := attacker.toSecond(w.web, trap, "scope", "openid offline_access")
	attacker.submit("code", trap.totp(w, 0), "trust", "on").expect("consent").submit("decision", "allow")
	_, tokens := w.redeem(f, attacker.code(f))
	w.clock.Advance(time.Minute)
	halfway.toSecond(w.web, trap)
	foreign.through(evil)
	foreign.expect("second-factor")

	u.says("email", trap.email, "xms_edov", true)
	victim := w.browser()
	g := victim.through(u)
	victim.expect("enrol") // nothing of the attacker's is asked for
	mine := &person{tenant: w.acme, id: trap.id, email: trap.email}
	mine.seed = victim.shownSeed()
	victim.submit("code", mine.totp(w, 0)).keep()
	if told := victim.told(g); told["sub"] != trap.id.String() {
		t.Errorf("the owner is %v", told["sub"])
	}
	w.clock.Advance(time.Minute)
	identities := w.count("SELECT count(*) FROM identities WHERE ended_at IS NULL")
	for what, try := range map[string]func() *browser{
		"the session":   func() *browser { return attacker.get("/account") },
		"the half way":  func() *browser { return halfway.submit("code", trap.totp(w, 0)) },
		"the other way": func() *browser { return foreign.submit("code", trap.totp(w, 0)) },
		"the password": func() *browser {
			b := w.browser()
			b.toPassword(w.web, trap)
			return b.submit("password", password)
		},
		"the device": func() *browser {
			attacker.toPassword(w.web, trap)
			return attacker.submit("password", password)
		},
	} {
		if b := try(); b.left != nil || !slices.Contains([]string{"identify", "password"}, b.step()) && b.status < 400 {
			t.Errorf("%s: at %s (%d)", what, b.at, b.status)
		}
	}
	if status, _ := w.token(w.web, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"].(string)}}); status == http.StatusOK {
		t.Error("the refresh token lives")
	}
	if status, _ := w.userinfo(tokens["access_token"].(string)); status == http.StatusOK {
		t.Error("the access token lives")
	}
	w.spurns(w.acme, "the attacker's own provider", "unknown_person", func(b *browser) { evil.says("email", trap.email, "email_verified", true); b.through(evil) })
	if n := w.count("SELECT count(*) FROM identities WHERE ended_at IS NULL"); n != identities || n != 1 {
		t.Errorf("%d identities, want the owner's", n)
	}
	if n := w.count("SELECT count(*) FROM single_use WHERE user_id = $1 AND kind = 'backup_code' AND used_at IS NULL", trap.id); n != 10 {
		t.Errorf("%d backup codes, want the owner's ten", n)
	}
}
