package recovery_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	codes "sallyport/mfa/recovery"
	"sallyport/provider/recovery"
	"sallyport/provider/throttle"
	"sallyport/storage"
	"sallyport/storage/id"
)

func TestR1CodeIsGoodAsThePolicySays(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(c *policy.AccessCodes) { c.Length, c.Uses, c.Life = 16, 3, 1800 })
	alice := d.person(d.tenant, "alice", "user")
	code := d.issued(alice)
	if clean, ok := codes.Clean(code.Text); !ok || len(clean) != 16 || code.Uses != 3 || !code.Expires.Equal(d.now.Add(30*time.Minute)) {
		t.Errorf("%+v", code)
	}
	for use := range 4 {
		if got := d.use(alice, strings.ToLower(code.Text)); got != (use < 3) {
			t.Errorf("use %d: %v", use+1, got)
		}
	}
}

func TestC11CodeExpiresToTheSecond(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	alice := d.person(d.tenant, "alice", "user")
	code := d.issued(alice)
	d.now = code.Expires
	if d.use(alice, code.Text) {
		t.Error("good at its end")
	}
	d.now = code.Expires.Add(-time.Second)
	if !d.use(alice, code.Text) {
		t.Error("dead a second before")
	}
}

func TestC11CodeIsKeptHashedAndToldToNobody(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	alice := d.person(d.tenant, "alice", "user")
	code := d.issued(alice)
	clean, _ := codes.Clean(code.Text)
	for _, table := range []string{"single_use", "audit_events", "river_job", "messages"} {
		for _, secret := range []string{code.Text, clean} {
			if n := d.count("SELECT count(*) FROM "+table+" x WHERE x::text ILIKE '%' || $1 || '%'", secret); n != 0 {
				t.Errorf("%s holds the code", table)
			}
		}
	}
	if n := d.count("SELECT count(*) FROM audit_events WHERE kind = 'access_code.issued' AND actor_kind = 'operator' AND target_id = $1", alice.String()); n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestC11NewCodeEndsTheOneBefore(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(c *policy.AccessCodes) { c.Uses = 5 })
	alice, bob := d.person(d.tenant, "alice", "user"), d.person(d.tenant, "bob", "user")
	old, foreign := d.issued(alice), d.issued(bob)
	code := d.issued(alice)
	if d.use(alice, old.Text) || d.use(alice, foreign.Text) || !d.use(alice, code.Text) || !d.use(bob, foreign.Text) {
		t.Error("the wrong code is good")
	}
	d.must(recovery.RevokeAccessCodes(ctx, d.store, d.help(alice)))
	if d.use(alice, code.Text) || !d.use(bob, foreign.Text) {
		t.Error("revoking ended the wrong code")
	}
	if n := d.count("SELECT count(*) FROM audit_events WHERE kind = 'access_code.revoked'"); n != 1 {
		t.Errorf("%d events", n)
	}
}

// Of administrators who issue at a time, the last one's code is the only one.
func TestC11IssuingInARaceLeavesOneCode(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	alice := d.person(d.tenant, "alice", "user")
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if _, err := d.issue(alice); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(d.unused(alice)); n != 1 {
		t.Errorf("%d codes are good", n)
	}
}

func TestC11H05WhoMayIssueForWhom(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	strict := newDesk(t, func(c *policy.AccessCodes) { c.Issuers = []string{"owner"} })
	people := func(d *desk) map[string]id.User {
		all := map[string]id.User{}
		for _, name := range []string{"user", "user2", "admin", "admin2", "owner", "owner2"} {
			all[name] = d.person(d.tenant, name, strings.TrimSuffix(name, "2"))
		}
		return all
	}
	for _, row := range []struct {
		d          *desk
		by, target string
		want       error
	}{
		{d, "admin", "user", nil}, {d, "owner", "user", nil}, {d, "owner", "admin", nil},
		{d, "user", "user2", codes.ErrNotIssuer}, {d, "admin", "admin", codes.ErrSelf}, {d, "admin", "admin2", codes.ErrRole},
		{d, "admin", "owner", codes.ErrRole}, {d, "owner", "owner2", codes.ErrRole}, {d, "owner", "owner", codes.ErrSelf},
		{strict, "admin", "user", codes.ErrNotIssuer}, {strict, "owner", "user", nil},
	} {
		all := people(newPeople(row.d, t))
		_, err := row.d.issue(all[row.target], all[row.by])
		if !errors.Is(err, row.want) || (err == nil) != (len(row.d.unused(all[row.target])) == 1) {
			t.Errorf("%s for %s: %v, want %v", row.by, row.target, err, row.want)
		}
	}
}

// newPeople makes room for people of the same names.
func newPeople(d *desk, t *testing.T) *desk {
	t.Helper()
	d.exec("UPDATE users SET email_key = id::text WHERE tenant_id = $1", d.tenant.UUID)
	return d
}

func TestH01NobodyHelpsAcrossTenants(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	globex := d.another("globex", nil)
	alice, eve := d.person(d.tenant, "alice", "user"), d.person(globex, "eve", "owner")
	for name, h := range map[string]recovery.Help{
		"somebody of another tenant": d.help(eve), "nobody": d.help(id.NewUser()),
		"by somebody of another tenant": d.help(alice, eve), "by nobody": d.help(alice, id.NewUser()),
	} {
		_, err := recovery.IssueAccessCode(ctx, d.store, pepper, recovery.Issue{Help: h})
		for what, err := range map[string]error{"issue": err, "revoke": recovery.RevokeAccessCodes(ctx, d.store, h), "reset": recovery.ResetFactors(ctx, d.store, h)} {
			if !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%s %s: %v", what, name, err)
			}
		}
	}
	if n := d.count("SELECT count(*) FROM single_use"); n != 0 {
		t.Errorf("%d codes", n)
	}
}

func TestA12CodesThatAreTurnedOffAreRefusedToOperatorsToo(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(c *policy.AccessCodes) { c.Enabled = false })
	alice, owner := d.person(d.tenant, "alice", "user"), d.person(d.tenant, "owner", "owner")
	for _, by := range [][]id.User{nil, {owner}} {
		if _, err := d.issue(alice, by...); !errors.Is(err, recovery.ErrOff) {
			t.Errorf("%v: %v", by, err)
		}
	}
}

func TestC11WhatCannotSignInGetsNoCode(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	alice := d.person(d.tenant, "alice", "user")
	for _, state := range []string{"disabled", "service"} {
		d.exec("UPDATE users SET disabled = $1 = 'disabled', service = $1 = 'service'", state)
		if _, err := d.issue(alice); !errors.Is(err, codes.ErrTarget) {
			t.Errorf("%s: %v", state, err)
		}
	}
}

func TestUsesAndLifeAreNarrowedAndNeverWidened(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(c *policy.AccessCodes) { c.Uses, c.Life = 3, 3600 })
	alice := d.person(d.tenant, "alice", "user")
	for _, row := range []struct {
		uses int
		life time.Duration
		ok   bool
	}{{2, time.Minute, true}, {3, time.Hour, true}, {4, 0, false}, {0, time.Hour + time.Second, false}, {-1, 0, false}, {0, -time.Minute, false}} {
		code, err := recovery.IssueAccessCode(ctx, d.store, pepper, recovery.Issue{Help: d.help(alice), Uses: row.uses, Life: row.life})
		if row.ok != (err == nil) || !row.ok && !errors.Is(err, recovery.ErrBounds) {
			t.Errorf("%+v: %v", row, err)
		}
		if row.ok && (code.Uses != row.uses || !code.Expires.Equal(d.now.Add(row.life)) || len(d.unused(alice)) != row.uses) {
			t.Errorf("%+v: %+v", row, code)
		}
	}
}

// NIST SP 800-63B-4 3.2.2: what was spent is bound again; the failures were at another code.
func TestNewCodeBeginsWithAllItsTries(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	alice := d.person(d.tenant, "alice", "user")
	counter := throttle.Recovery(mfa.AccessCode, alice)
	for range 5 {
		_, err := throttle.Take(ctx, d.store, d.tenant, d.now, counter)
		d.must(err)
	}
	if _, err := throttle.Take(ctx, d.store, d.tenant, d.now, counter); !errors.Is(err, throttle.ErrTooMany) {
		t.Fatalf("%v", err)
	}
	d.issued(alice)
	if _, err := throttle.Take(ctx, d.store, d.tenant, d.now, counter); err != nil {
		t.Error(err)
	}
}
