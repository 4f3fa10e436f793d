package user_test

import (
	"testing"

	"sallyport/provider/user"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// only is the one user there is.
func (d *desk) only() id.User {
	d.t.Helper()
	all, err := d.store.Tenant(d.tenant).ListUsers(ctx, d.tenant)
	d.must(err)
	if len(all) != 1 {
		d.t.Fatalf("%d users", len(all))
	}
	return all[0].ID
}

func TestObjectionFreezesTheAccountAndEndsWhatIsOpen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice, bob := d.person("alice@acme.test"), d.person("bob@acme.test")
	d.enrol(alice, "totp")
	d.must(d.store.Tenant(d.tenant).IssuePersonal(ctx, db.IssuePersonalParams{TenantID: d.tenant, Kind: "access_code", Owner: alice.UUID, Data: []byte("{}"),
		Now: d.now, Expires: d.now.AddDate(1, 0, 0), Hashes: [][]byte{{1}}}))
	link := d.objection(alice)
	found, err := user.FindObjection(ctx, d.store, link, d.now)
	if err != nil || found != (user.Objection{Tenant: d.tenant, User: alice, Name: "Acme"}) || d.user(alice).FrozenAt != nil {
		t.Fatalf("looking: %+v, %v", found, err)
	}
	d.must(user.Object(ctx, d.store, link, d.cause(audit.Anyone)))
	wantErr(t, "again", user.Object(ctx, d.store, link, d.cause(audit.Anyone)), user.ErrLink)
	if d.user(alice).FrozenAt == nil || d.live(alice) != 0 || d.live(bob) != 3 || d.user(bob).FrozenAt != nil {
		t.Error("the wrong account is frozen or open")
	}
	if d.count("SELECT count(*) FROM single_use WHERE kind = 'access_code'") != 0 || d.count("SELECT count(*) FROM factors WHERE ended_at IS NULL") != 1 {
		t.Error("the access code lives or the factor does not")
	}
	if n := d.count("SELECT count(*) FROM audit_events WHERE kind = 'user.objected' AND target_id = $1", alice.String()); n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestFrozenAccountChangesNothingUntilSomebodyHasLooked(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice := d.person("alice@acme.test")
	d.must(user.Object(ctx, d.store, d.objection(alice), d.cause(audit.Anyone)))
	changes := map[string]func() error{
		"password": func() error {
			return user.ChangePassword(ctx, d.store, d.tenant, alice, id.Session{}, "mine", d.cause(audit.User(alice)))
		},
		"address": func() error {
			return d.links.AskChange(ctx, d.tenant, alice, "new@acme.test", d.cause(audit.User(alice)))
		},
		"confirmation": func() error {
			_, err := d.links.AskConfirmation(ctx, d.tenant, alice, d.cause(audit.User(alice)))
			return err
		},
		"factor": func() error {
			return user.Held(d.store.InTenant(ctx, d.tenant, func(tx *storage.Tx) error {
				return tx.Later().HoldUser(ctx, db.HoldUserParams{TenantID: d.tenant, ID: alice})
			}))
		},
	}
	for name, change := range changes {
		wantErr(t, name, change(), user.ErrFrozen)
	}
	d.must(d.links.AskReset(ctx, d.tenant, "alice@acme.test", d.cause(audit.Anyone)))
	if n := d.count("SELECT count(*) FROM messages"); n != 0 || *d.user(alice).PasswordHash != "old" {
		t.Errorf("%d mails", n)
	}
	d.must(user.Unfreeze(ctx, d.store, d.tenant, alice, d.cause(audit.Operator)))
	for name, change := range changes {
		if err := change(); err != nil {
			t.Errorf("%s afterwards: %v", name, err)
		}
	}
	if n := d.count("SELECT count(*) FROM audit_events WHERE kind = 'user.unfrozen' AND actor_kind = 'operator'"); n != 1 {
		t.Errorf("%d events", n)
	}
}

// A link that was opened before the objection and used after it: the lock decides, not the look before it.
func TestResetUnderwayStopsAtTheFreeze(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice := d.person("alice@acme.test")
	link := d.askReset("alice@acme.test")
	d.exec("UPDATE users SET frozen_at = now()")
	wantErr(t, "reset", d.reset(link), user.ErrFrozen)
	if *d.user(alice).PasswordHash != "old" {
		t.Error("the password was set")
	}
	d.exec("UPDATE users SET frozen_at = NULL")
	d.must(d.reset(link)) // the refusal used nothing up
}

func TestOperatorSetsThePasswordOfAFrozenAccount(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice := d.person("alice@acme.test")
	d.exec("UPDATE users SET frozen_at = now()")
	d.must(user.SetPassword(ctx, d.store, d.tenant, alice, "set", d.cause(audit.Operator)))
	if *d.user(alice).PasswordHash != "set" || d.live(alice) != 0 {
		t.Error("not set, or something lives on")
	}
}

func TestHeldLeavesOtherConflictsAlone(t *testing.T) {
	t.Parallel()
	other := &storage.Conflict{What: "factors"}
	if user.Held(other) != error(other) || user.Held(nil) != nil {
		t.Error("changed")
	}
	held := user.Held(&storage.Conflict{What: "changes frozen"})
	wantErr(t, "frozen", held, user.ErrFrozen)
}
