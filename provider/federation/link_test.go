package federation_test

import (
	"encoding/json"
	"errors"
	"testing"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/provider/tenant"
	"sallyport/provider/user"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

func (w *world) linkTo(c federation.Connection, p federation.Person, u id.User) error {
	return w.store.InTenant(ctx, w.acme, func(tx *storage.Tx) error {
		return federation.LinkTo(ctx, tx, c, p, u, audit.User(u), audit.Origin{}, start)
	})
}

func (w *world) unlink(u id.User, i id.Identity, keep id.Session) error {
	return federation.Unlink(ctx, w.store, w.acme, u, i, keep, audit.User(u), audit.Origin{}, start)
}

func TestIdentityIsLinkedByThePersonsOwnProofOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// Neither its address nor its domain matters: the person has proven both sides.
	c := w.connect(federation.OIDC, func(s *federation.Settings) {
		s.Create, s.LinkByAddress, s.Addresses = false, false, federation.Untrusted
	})
	alice, bob := w.user("alice@acme.test", "user", true), w.user("bob@acme.test", "user", true)
	p := federation.Person{Issuer: idp, Subject: "a", Label: "alice at work"}
	w.must(w.linkTo(c, p, alice))
	w.must(w.linkTo(c, p, alice))
	if err := w.linkTo(c, p, bob); !errors.Is(err, federation.ErrTaken) {
		t.Errorf("somebody else's: %v, want ErrTaken", err)
	}
	if a, err := w.arrive(c, p); err != nil || a.User != alice {
		t.Errorf("%+v, %v", a, err)
	}
	if n := w.count("SELECT count(*) FROM audit_events WHERE kind = 'identity.linked' AND detail ->> 'by' = 'proof' AND detail ->> 'label' = 'alice at work'"); n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestNothingIsLinkedToAFrozenAccountNorByADisabledConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, u := w.connect(federation.OIDC, nil), w.user("alice@acme.test", "user", true)
	w.exec("UPDATE users SET frozen_at = now()")
	if err := w.linkTo(c, kari(), u); !errors.Is(err, user.ErrFrozen) {
		t.Errorf("frozen: %v, want ErrFrozen", err)
	}
	w.exec("UPDATE users SET frozen_at = NULL")
	w.exec("UPDATE connections SET disabled = true")
	if err := w.linkTo(c, kari(), u); !errors.Is(err, storage.ErrConflict) || w.count("SELECT count(*) FROM identities") != 0 {
		t.Errorf("disabled: %v, want ErrConflict", err)
	}
}

func TestTheLastWayInStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.connect(federation.OIDC, nil)
	a := w.arrived(c, kari())
	last := func(what string, want bool) {
		t.Helper()
		err := w.unlink(a.User, a.Identity, id.Session{})
		if errors.Is(err, federation.ErrLast) != want || (err == nil) == want {
			t.Errorf("%s: %v", what, err)
		}
		w.exec("UPDATE identities SET ended_at = NULL WHERE id = $1", a.Identity.UUID)
	}
	last("nothing else", true)
	w.exec("UPDATE users SET password_hash = 'x'")
	last("a password", false)
	w.setPolicy(func(p *policy.Policy) { p.NoPasswords = true })
	last("a password that nobody may use", true)
	w.setPolicy(func(p *policy.Policy) { p.BreakGlass = []id.User{a.User} })
	last("a password for emergencies", false)
	w.exec("UPDATE users SET password_hash = NULL")
	w.exec(`INSERT INTO factors (tenant_id, id, user_id, kind, name, secret, created_at) VALUES ($1, gen_random_uuid(), $2, 'webauthn', 'key', 'x', now())`, w.acme.UUID, a.User.UUID)
	last("a key that is only touched", true)
	w.setPolicy(func(p *policy.Policy) { p.WebAuthn.UserVerification = true })
	last("a passkey", false)
	w.exec("UPDATE factors SET ended_at = now()")
	other := w.connectAs("other")
	w.must(w.linkTo(other, kari(), a.User))
	last("another identity", false)
	w.must(federation.SetDisabled(ctx, w.store, w.acme, other.ID, true, audit.Operator, audit.Origin{}, start))
	last("another identity at a disabled connection", true)
}

func (w *world) setPolicy(change func(*policy.Policy)) {
	w.t.Helper()
	p, err := tenant.CurrentPolicy(ctx, w.store, w.acme)
	w.must(err)
	change(&p)
	w.must(tenant.SetPolicy(ctx, w.store, w.acme, p, audit.Operator, nil, audit.Origin{}, start))
}

func TestUnlinkingEndsTheSessionsThatBeganWithIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.arrived(w.connect(federation.OIDC, nil), kari())
	w.exec("UPDATE users SET password_hash = 'x'")
	keep, ended, other := w.session(a.User, a.Identity), w.session(a.User, a.Identity), w.session(a.User, id.NewIdentity())
	if err := w.unlink(id.NewUser(), a.Identity, keep); !errors.Is(err, storage.ErrConflict) && !errors.Is(err, user.ErrFrozen) {
		t.Errorf("somebody else's: %v", err)
	}
	w.must(w.unlink(a.User, a.Identity, keep))
	for s, want := range map[id.Session]int{keep: 1, ended: 0, other: 1} {
		if n := w.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL AND id = $1", s.UUID); n != want {
			t.Errorf("session %v: %d live, want %d", s, n, want)
		}
	}
	if err := w.unlink(a.User, a.Identity, keep); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("twice: %v", err)
	}
	if n := w.count("SELECT count(*) FROM audit_events WHERE kind = 'identity.unlinked'"); n != 1 {
		t.Errorf("%d events", n)
	}
}

func (w *world) session(u id.User, i id.Identity) id.Session {
	w.t.Helper()
	s := id.NewSession()
	proofs, err := json.Marshal([]mfa.Proof{{Kind: mfa.Federated, At: start, Upstream: mfa.Upstream{Identity: i}}})
	w.must(err)
	w.exec(`INSERT INTO sessions (tenant_id, id, user_id, secret_hash, proofs, created_at, seen_at) VALUES ($1, $2, $3, '', $4, now(), now())`, w.acme.UUID, s.UUID, u.UUID, proofs)
	return s
}

func TestRolesFollowTheGroupsAtEachSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.connect(federation.OIDC, func(s *federation.Settings) {
		s.Roles = []federation.RoleOf{{Group: "guests", Role: "user"}, {Group: "it", Role: "admin"}}
	})
	p := kari()
	p.Groups = []string{"it"}
	u := w.arrived(c, p).User
	for _, row := range []struct {
		what   string
		groups []string
		known  bool
		before string
		want   string
	}{
		{"still in the group", []string{"it"}, true, "admin", "admin"},
		{"the first that fits", []string{"it", "guests"}, true, "admin", "user"},
		{"back in the group", []string{"it"}, true, "user", "admin"},
		{"groups not told", nil, false, "admin", "admin"},
		{"groups not all told", []string{"guests"}, false, "admin", "admin"},
		{"in no group any more", []string{}, true, "admin", "user"},
		{"an owner is not unmade", []string{"guests"}, true, "owner", "owner"},
		{"nor by being an administrator", []string{"it"}, true, "owner", "owner"},
	} {
		w.exec("UPDATE users SET role = $1", row.before)
		p.Groups, p.GroupsKnown = row.groups, row.known
		before := w.count("SELECT count(*) FROM audit_events WHERE kind = 'user.role_changed'")
		w.arrived(c, p)
		changed := w.count("SELECT count(*) FROM audit_events WHERE kind = 'user.role_changed'") - before
		if got := w.text("SELECT role FROM users WHERE id = $1", u.UUID); got != row.want || (changed == 1) != (row.before != row.want) {
			t.Errorf("%s: %s, want %s; %d events", row.what, got, row.want, changed)
		}
	}
	p.Groups, p.GroupsKnown = []string{"guests"}, true
	w.exec("UPDATE users SET role = 'admin'")
	none := c
	none.Settings.Roles = nil
	w.arrived(none, p)
	if got := w.text("SELECT role FROM users"); got != "admin" {
		t.Errorf("no rule, and the role is %s", got)
	}
}

func TestNameFollowsTheDirectoryUnlessItHasNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, p := w.connect(federation.OIDC, nil), kari()
	w.arrived(c, p)
	for _, row := range [][2]string{{"Kari N", "Kari N"}, {"", "Kari N"}} {
		p.Name = row[0]
		w.arrived(c, p)
		if got := w.text("SELECT name FROM users"); got != row[1] {
			t.Errorf("%q is called %q", row[0], got)
		}
	}
}
