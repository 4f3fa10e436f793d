package federation_test

import (
	"errors"
	"testing"

	"sallyport/provider/federation"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

func TestG01TheIdentityDecidesWhateverAddressComesWithIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := w.user("alice@acme.test", "admin", true)
	c := w.connect(federation.OIDC, nil)
	first := w.arrived(c, kari())
	if !first.Created || first.Linked || first.User == alice {
		t.Fatalf("%+v", first)
	}
	// The same person comes back under alice's name and address.
	p := kari()
	p.Email, p.Name, p.Label = "alice@acme.test", "Alice", "alice@acme.test"
	again := w.arrived(c, p)
	if again.User != first.User || again.Identity != first.Identity || again.Created || again.Linked {
		t.Errorf("%+v, want %v", again, first.User)
	}
	// Another person, another issuer or another connection with the same subject is somebody else.
	other := w.connectAs("second")
	for name, row := range map[string]struct {
		c federation.Connection
		p federation.Person
	}{
		"subject":    {c, federation.Person{Issuer: idp, Subject: "Kari"}},
		"issuer":     {c, federation.Person{Issuer: idp + "/2", Subject: "kari"}},
		"connection": {other, federation.Person{Issuer: idp, Subject: "kari"}},
	} {
		if a, err := w.arrive(row.c, row.p); err != nil || a.User == first.User || !a.Created {
			t.Errorf("another %s: %+v, %v", name, a, err)
		}
	}
}

func (w *world) connectAs(name string) federation.Connection {
	w.t.Helper()
	c := draft(w.acme, federation.OIDC)
	c.Name, c.Version = name, 1
	c.Settings.Create = true
	var err error
	c.ID, err = federation.Create(ctx, w.store, w.seal, c, "s3cret", audit.Operator, audit.Origin{}, start)
	w.must(err)
	return c
}

func TestG03AddressLinksOnlyByTheStrictRule(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		settings func(*federation.Settings)
		person   func(*federation.Person)
		account  string // what is changed about the account
		linked   bool
	}{
		"all of it":               {nil, nil, "", true},
		"spelt otherwise":         {nil, func(p *federation.Person) { p.Email = "KARI@ACME.test" }, "", true},
		"address not trusted":     {nil, func(p *federation.Person) { p.EmailTrusted = false }, "", false},
		"no address":              {func(s *federation.Settings) { s.Create = false }, func(p *federation.Person) { p.Email, p.EmailTrusted = "", false }, "", false},
		"not wanted by the admin": {func(s *federation.Settings) { s.LinkByAddress = false }, nil, "", false},
		"link-only":               {func(s *federation.Settings) { s.LinkByAddress, s.Create = false, false }, nil, "", false},
		"domain of others":        {nil, func(p *federation.Person) { p.Email = "kari@evil.test" }, "email = 'kari@evil.test', email_key = 'kari@evil.test'", false},
		"service user":            {nil, nil, "service = true", false},
		"disabled account":        {nil, nil, "disabled = true", false},
		"frozen account":          {nil, nil, "frozen_at = now()", false},
		"administrator":           {nil, nil, "role = 'admin'", false},
		"owner, unconfirmed":      {nil, nil, "role = 'owner', email_confirmed_at = NULL", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			u := w.user("kari@acme.test", "user", true)
			if row.account != "" {
				w.exec("UPDATE users SET " + row.account)
			}
			c, p := w.connect(federation.OIDC, row.settings), kari()
			if row.person != nil {
				row.person(&p)
			}
			a, err := w.arrive(c, p)
			switch {
			case row.linked && (err != nil || a.User != u || !a.Linked || a.Created):
				t.Errorf("%+v, %v", a, err)
			case !row.linked && !errors.Is(err, federation.ErrUnknown):
				t.Errorf("%+v, %v, want ErrUnknown and no second account", a, err)
			}
		})
	}
}

func TestG03SuccessorWithTheSameAddressIsNotTheirPredecessor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("kari@acme.test", "user", true)
	c := w.connect(federation.OIDC, nil)
	w.arrived(c, kari())
	p := kari()
	p.Subject = "new hire"
	if a, err := w.arrive(c, p); !errors.Is(err, federation.ErrUnknown) {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestLinkingKeepsAConfirmedAccountAndTellsItsOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.user("kari@acme.test", "user", true)
	w.furnish(u)
	a := w.arrived(w.connect(federation.OIDC, nil), kari())
	if a.User != u || w.left(u) != 9 || w.text("SELECT role FROM users") != "user" || w.text("SELECT coalesce(password_hash, '') FROM users") == "" {
		t.Errorf("%+v: %d things left", a, w.left(u))
	}
	if n := w.count("SELECT count(*) FROM audit_events WHERE kind = 'identity.linked' AND target_id = $1 AND detail ->> 'by' = 'address'", u.String()); n != 1 {
		t.Errorf("%d events", n)
	}
	if n := w.count("SELECT count(*) FROM river_job WHERE kind = 'audit.fan_out' AND args ->> 'event' = (SELECT id::text FROM audit_events WHERE kind = 'identity.linked')"); n != 1 {
		t.Error("the owner does not hear of it")
	}
}

// furnish leaves in an account whatever somebody who made it could leave there: nine things that can be used.
func (w *world) furnish(u id.User) {
	w.t.Helper()
	t, c := w.acme.UUID, w.connectAs("attacker's")
	w.exec(`INSERT INTO factors (tenant_id, id, user_id, kind, name, secret, created_at) VALUES ($1, gen_random_uuid(), $2, 'totp', 'app', 'x', now())`, t, u.UUID)
	w.exec(`INSERT INTO identities (tenant_id, id, user_id, connection_id, issuer, subject, created_at) VALUES ($1, gen_random_uuid(), $2, $3, 'i', 's', now())`, t, u.UUID, c.ID.UUID)
	w.exec(`INSERT INTO sessions (tenant_id, id, user_id, secret_hash, proofs, created_at, seen_at) VALUES ($1, gen_random_uuid(), $2, '', '[]', now(), now())`, t, u.UUID)
	w.exec(`INSERT INTO grants (tenant_id, id, user_id, client_id, session_id, scopes, acr, amr, auth_time, proofs, created_at, expires_at)
		SELECT tenant_id, gen_random_uuid(), user_id, 'web', id, '{}', '', '{}', now(), '[]', now(), now() + interval '1 day' FROM sessions`)
	w.exec(`INSERT INTO trusted_devices (tenant_id, id, user_id, policy_version, created_at, expires_at, last_used_at) VALUES ($1, gen_random_uuid(), $2, 1, now(), now() + interval '1 day', now())`, t, u.UUID)
	for _, k := range []string{"backup_code", "access_code", "password_reset", "email_confirmation"} {
		w.exec(`INSERT INTO single_use (tenant_id, kind, hash, user_id, data, created_at, expires_at) VALUES ($1, $2, $3, $4, '{}', now(), now() + interval '1 day')`, t, k, []byte(k), u.UUID)
	}
}

// left is how many of them still work.
func (w *world) left(u id.User) (n int) {
	w.t.Helper()
	for _, table := range []string{"factors", "sessions", "grants", "trusted_devices"} {
		n += w.count("SELECT count(*) FROM "+table+" WHERE ended_at IS NULL AND user_id = $1", u.UUID)
	}
	return n + w.count("SELECT count(*) FROM identities WHERE ended_at IS NULL AND user_id = $1 AND subject = 's'", u.UUID) +
		w.count("SELECT count(*) FROM single_use WHERE used_at IS NULL AND user_id = $1", u.UUID)
}

func TestG12OwnerOfTheAddressFindsNothingOfWhoCameBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.user("kari@acme.test", "user", false)
	w.furnish(u)
	c := w.connect(federation.OIDC, nil)
	a := w.arrived(c, kari())
	if a.User != u || !a.Linked || w.left(u) != 0 {
		t.Errorf("%+v: %d things left", a, w.left(u))
	}
	if n := w.count("SELECT count(*) FROM users WHERE password_hash IS NULL AND email_confirmed_at IS NOT NULL AND role = 'user' AND name = 'Kari'"); n != 1 {
		t.Error("password, address, role or name is not as it should be")
	}
	if n := w.count("SELECT count(*) FROM audit_events WHERE kind = 'email.confirmed' OR kind = 'identity.linked' AND (detail ->> 'emptied')::bool"); n != 2 {
		t.Errorf("%d events", n)
	}
	if again := w.arrived(c, kari()); again.User != u || again.Linked {
		t.Errorf("%+v", again)
	}
}

func TestG12SignInOfBeforeEndsAndTheArrivingOneGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.user("kari@acme.test", "user", false)
	const insert = `INSERT INTO signin_attempts (tenant_id, id, user_id, purpose, client_id, request, facts, binding, created_at, expires_at)
		VALUES ($1, gen_random_uuid(), $2, 'authorize', 'web', '{}', $3, $4, $5, $5::timestamptz + interval '30 minutes')`
	w.exec(insert, w.acme.UUID, u.UUID, `{"proofs": [{"kind": "password"}]}`, []byte("1"), start)
	w.exec(insert, w.acme.UUID, u.UUID, `{"upstream": {}}`, []byte("2"), start)
	w.arrived(w.connect(federation.OIDC, nil), kari())
	if n := w.count("SELECT count(*) FROM signin_attempts WHERE expires_at > $1 AND binding = '1'", start); n != 0 {
		t.Error("a password of before goes on")
	}
	if n := w.count("SELECT count(*) FROM signin_attempts WHERE expires_at > $1 AND binding = '2'", start); n != 1 {
		t.Error("the sign-in that arrives has ended")
	}
}

func TestWhoIsConfirmedOrFrozenMeanwhileKeepsTheirAccount(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"confirmed": "UPDATE users SET email_confirmed_at = now()", "frozen": "UPDATE users SET frozen_at = now()",
		"another address": "UPDATE users SET email_key = 'k@acme.test'", "disabled": "UPDATE users SET disabled = true", "administrator": "UPDATE users SET role = 'admin'",
		"connection changed": "UPDATE connections SET version = version + 1", "connection disabled": "UPDATE connections SET disabled = true",
	} {
		w := newWorld(t)
		u := w.user("kari@acme.test", "user", false)
		c := w.connect(federation.OIDC, nil)
		a, err := w.arrive(c, kari())
		w.must(err)
		w.exec(change)
		if err := w.write(a); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("%s: %v, want ErrConflict", name, err)
		}
		if n := w.count("SELECT count(*) FROM users WHERE password_hash IS NOT NULL AND id = $1", u.UUID); n != 1 || w.count("SELECT count(*) FROM identities") != 0 {
			t.Errorf("%s: the account was changed", name)
		}
	}
}

func TestG06DisabledConnectionLetsNobodyIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.connect(federation.OIDC, nil)
	w.arrived(c, kari())
	under, err := w.arrive(c, kari())
	w.must(err)
	w.must(federation.SetDisabled(ctx, w.store, w.acme, c.ID, true, audit.Operator, audit.Origin{}, start))
	if _, err := w.arrive(c, kari()); !errors.Is(err, federation.ErrDisabled) {
		t.Errorf("after: %v, want ErrDisabled", err)
	}
	if err := w.write(under); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("during: %v, want ErrConflict", err)
	}
	w.must(federation.SetDisabled(ctx, w.store, w.acme, c.ID, false, audit.Operator, audit.Origin{}, start))
	if _, err := w.arrive(c, kari()); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("by an older version: %v, want ErrConflict", err)
	}
	c.ID = id.NewConnection()
	if _, err := w.arrive(c, kari()); !errors.Is(err, federation.ErrDisabled) {
		t.Errorf("one that is not there: %v", err)
	}
}

func TestG06LinkOnlyActsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("kari@acme.test", "user", true)
	c := w.connect(federation.OIDC, nil)
	under, err := w.arrive(c, kari())
	w.must(err)
	changed := c
	changed.Settings.LinkByAddress, changed.Settings.Create = false, false
	w.must(federation.Change(ctx, w.store, w.seal, changed, "", audit.Operator, audit.Origin{}, start))
	changed.Version++
	if err := w.write(under); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("during: %v", err)
	}
	if _, err := w.arrive(c, kari()); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("with what was remembered: %v", err)
	}
	if _, err := w.arrive(changed, kari()); !errors.Is(err, federation.ErrUnknown) {
		t.Errorf("after: %v", err)
	}
}

func TestAccountsAreMadeWithAnAddressOnlyWhereThereIsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.connect(federation.OIDC, func(s *federation.Settings) { s.Role = "admin" })
	trusted := w.arrived(c, kari())
	untrusted := w.arrived(c, federation.Person{Issuer: idp, Subject: "ola", Email: "ola@acme.test"})
	nameless := w.arrived(c, federation.Person{Issuer: idp, Subject: "per"})
	for u, want := range map[id.User]string{
		trusted.User: "kari@acme.test kari@acme.test true admin Kari", untrusted.User: "ola@acme.test ola@acme.test false admin ",
		nameless.User: nameless.User.String() + "@users.invalid " + nameless.User.String() + "@users.invalid false admin ",
	} {
		if got := w.text("SELECT concat(email, ' ', email_key, ' ', CASE WHEN email_confirmed_at IS NULL THEN 'false' ELSE 'true' END, ' ', role, ' ', name) FROM users WHERE id = $1 AND password_hash IS NULL", u.UUID); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if n := w.count("SELECT count(*) FROM audit_events WHERE kind = 'user.created'"); n != 3 {
		t.Errorf("%d events", n)
	}
	off := c
	off.Settings.Create = false
	if _, err := w.arrive(off, federation.Person{Issuer: idp, Subject: "nobody"}); !errors.Is(err, federation.ErrUnknown) {
		t.Errorf("nobody is to be made: %v", err)
	}
}

func TestTwoArrivalsOfANewPersonMakeOneAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.connect(federation.OIDC, nil)
	for name, p := range map[string]federation.Person{"with": kari(), "without": {Issuer: idp, Subject: "per"}} {
		a, err := w.arrive(c, p)
		w.must(err)
		b, err := w.arrive(c, p)
		w.must(err)
		w.must(w.write(a))
		if err := w.write(b); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("%s an address: %v", name, err)
		}
		if again, err := w.arrive(c, p); err != nil || again.User != a.User {
			t.Errorf("%s an address: %+v, %v", name, again, err)
		}
	}
	if n := w.count("SELECT count(*) FROM users"); n != 2 {
		t.Errorf("%d accounts", n)
	}
}

func TestDisabledPersonIsFoundAndServiceUserIsNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.connect(federation.OIDC, nil)
	u := w.arrived(c, kari()).User
	w.exec("UPDATE users SET disabled = true")
	if a, err := w.arrive(c, kari()); err != nil || a.User != u {
		t.Errorf("%+v, %v", a, err)
	}
	w.exec("UPDATE users SET service = true")
	if _, err := w.arrive(c, kari()); !errors.Is(err, federation.ErrUnknown) {
		t.Errorf("a service user signs in: %v", err)
	}
}

func TestArrivingCostsTwoRoundTripsAndWritingOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.connect(federation.OIDC, nil)
	person := func(name string) federation.Person {
		return federation.Person{Issuer: idp, Subject: name, Email: name + "@acme.test", EmailTrusted: true, Name: name}
	}
	// Each is done twice: a statement that is new to a connection is prepared first, which is a wait of its own.
	for _, round := range []string{"1", "2"} {
		w.user("linked"+round+"@acme.test", "user", false)
		for _, row := range []struct {
			what string
			p    federation.Person
			want int64
		}{{"linked", person("linked" + round), 2}, {"known", person("linked" + round), 1}, {"made", person("made" + round), 2}} {
			before := w.store.RoundTrips()
			a, err := w.arrive(c, row.p)
			w.must(err)
			arriving := w.store.RoundTrips() - before
			w.must(w.write(a))
			writing := w.store.RoundTrips() - before - arriving
			if round == "2" && (arriving != row.want || writing != 1) {
				t.Errorf("%s: %d and %d round trips, want %d and 1", row.what, arriving, writing, row.want)
			}
		}
	}
}
