package recovery_test

import (
	"errors"
	"testing"
	"time"

	codes "sallyport/mfa/recovery"
	"sallyport/provider/recovery"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// provided gives a person one of everything that a reset is about.
func (d *desk) provided(u id.User) {
	d.t.Helper()
	q, s := d.store.Tenant(d.tenant), id.NewSession()
	for _, kind := range []string{"totp", "webauthn", "email", "sms"} {
		d.must(q.CreateFactor(ctx, db.CreateFactorParams{TenantID: d.tenant, ID: id.NewFactor(), UserID: u, Kind: kind, Name: kind, Secret: []byte("s"), CreatedAt: d.now}))
	}
	for _, kind := range []string{"backup_code", "access_code", "email_code", "sms_code"} {
		d.must(q.IssuePersonal(ctx, db.IssuePersonalParams{TenantID: d.tenant, Kind: kind, Owner: u.UUID, Data: []byte("{}"), Now: d.now,
			Expires: d.now.Add(time.Hour), Hashes: [][]byte{u.UUID[:]}}))
	}
	d.must(q.CreateSession(ctx, db.CreateSessionParams{TenantID: d.tenant, ID: s, UserID: u, SecretHash: s.UUID[:], Proofs: []byte("[]"), Now: d.now}))
	d.must(q.CreateGrant(ctx, db.CreateGrantParams{TenantID: d.tenant, ID: id.NewGrant(), UserID: u, ClientID: "app", SessionID: s, Scopes: []string{},
		Acr: "a", Amr: []string{}, AuthTime: d.now, Proofs: []byte("[]"), CreatedAt: d.now, ExpiresAt: d.now.Add(time.Hour)}))
	d.must(q.CreateDevice(ctx, db.CreateDeviceParams{TenantID: d.tenant, ID: id.NewDevice(), UserID: u, PolicyVersion: 1, CreatedAt: d.now, ExpiresAt: d.now.Add(time.Hour)}))
	d.must(q.CreateAttempt(ctx, db.CreateAttemptParams{TenantID: d.tenant, ID: id.NewAttempt(), Binding: []byte("b"), Purpose: "fresh", Request: []byte("{}"),
		UserID: &u, Facts: []byte(`{"proofs": [{"kind": "password"}]}`), CreatedAt: d.now, ExpiresAt: d.now.Add(time.Hour)}))
}

// left counts what is alive of it.
func (d *desk) left(u id.User) int {
	d.t.Helper()
	return d.count(`SELECT (SELECT count(*) FROM factors WHERE user_id = $1 AND ended_at IS NULL) + (SELECT count(*) FROM single_use WHERE user_id = $1)
		+ (SELECT count(*) FROM sessions WHERE user_id = $1 AND ended_at IS NULL) + (SELECT count(*) FROM grants WHERE user_id = $1 AND ended_at IS NULL)
		+ (SELECT count(*) FROM trusted_devices WHERE user_id = $1 AND ended_at IS NULL)
		+ (SELECT count(*) FROM signin_attempts WHERE user_id = $1 AND expires_at > $2)`, u.UUID, d.now)
}

func TestR2ResetEndsEveryFactorAndWhatRestsOnOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	alice, bob, admin := d.person(d.tenant, "alice", "user"), d.person(d.tenant, "bob", "user"), d.person(d.tenant, "admin", "admin")
	d.provided(alice)
	d.provided(bob)
	before := d.left(bob)
	d.must(recovery.ResetFactors(ctx, d.store, d.help(alice, admin)))
	if d.left(alice) != 0 || d.left(bob) != before || before != 12 {
		t.Errorf("%d of alice's left, %d of bob's, had %d", d.left(alice), d.left(bob), before)
	}
	if n := d.count("SELECT count(*) FROM audit_events WHERE kind = 'factor.reset_by_administrator' AND actor_id = $1 AND target_id = $2", admin.String(), alice.String()); n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestH05ResetReachesNobodyAtOrAboveOnesOwnRole(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	user, admin, peer, owner := d.person(d.tenant, "u", "user"), d.person(d.tenant, "a", "admin"), d.person(d.tenant, "b", "admin"), d.person(d.tenant, "o", "owner")
	for _, row := range []struct {
		by, target id.User
		want       error
	}{{admin, peer, codes.ErrRole}, {admin, owner, codes.ErrRole}, {admin, admin, codes.ErrSelf}, {user, admin, codes.ErrRole}, {owner, owner, codes.ErrSelf}} {
		d.provided(row.target)
		before := d.left(row.target)
		for what, err := range map[string]error{"reset": recovery.ResetFactors(ctx, d.store, d.help(row.target, row.by)),
			"revoke": recovery.RevokeAccessCodes(ctx, d.store, d.help(row.target, row.by))} {
			if !errors.Is(err, row.want) {
				t.Errorf("%s: %v, want %v", what, err, row.want)
			}
		}
		if d.left(row.target) != before {
			t.Error("something was ended")
		}
		d.exec("DELETE FROM single_use")
	}
}

// Who was demoted while the page was open helps nobody any more.
func TestH05RoleIsReadWhenItCounts(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	alice, admin := d.person(d.tenant, "alice", "user"), d.person(d.tenant, "admin", "admin")
	d.provided(alice)
	d.exec("UPDATE users SET role = 'user' WHERE id = $1", admin.UUID)
	if err := recovery.ResetFactors(ctx, d.store, d.help(alice, admin)); !errors.Is(err, codes.ErrRole) {
		t.Errorf("%v", err)
	}
	if _, err := d.issue(alice, admin); !errors.Is(err, codes.ErrNotIssuer) {
		t.Errorf("%v", err)
	}
	if d.left(alice) != 12 {
		t.Error("something was ended")
	}
}

// A frozen account waits for exactly this help.
func TestFrozenAccountCanBeHelped(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	alice := d.person(d.tenant, "alice", "user")
	d.provided(alice)
	d.exec("UPDATE users SET frozen_at = now()")
	d.must(recovery.ResetFactors(ctx, d.store, d.help(alice)))
	if code := d.issued(alice); !d.use(alice, code.Text) {
		t.Error("the code is not good")
	}
}

// Whatever fails, nothing of it happened: here the event cannot be written.
func TestResetStandsOrFallsAsOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	alice := d.person(d.tenant, "alice", "user")
	d.provided(alice)
	d.exec("ALTER TABLE audit_events ADD CHECK (kind NOT LIKE '%reset%')")
	if err := recovery.ResetFactors(ctx, d.store, d.help(alice)); err == nil || d.left(alice) != 12 {
		t.Errorf("%v, %d left", err, d.left(alice))
	}
}
