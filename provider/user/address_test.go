package user_test

import (
	"errors"
	"testing"
	"time"

	"sallyport/provider/notify"
	"sallyport/provider/throttle"
	"sallyport/provider/user"
	"sallyport/storage"
	"sallyport/storage/audit"
)

func TestR8AddressIsConfirmedByItsLinkOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice := d.person("Alice@acme.test")
	link := d.askConfirmation(alice)
	for range 2 {
		found, err := user.FindConfirmation(ctx, d.store, link, d.now)
		if err != nil || found != (user.Confirmation{Tenant: d.tenant, User: alice, Email: "Alice@acme.test", Name: "Acme"}) || d.user(alice).EmailConfirmedAt != nil {
			t.Fatalf("looking: %+v, %v", found, err)
		}
	}
	d.must(d.confirm(link))
	wantErr(t, "again", d.confirm(link), user.ErrLink)
	if row := d.user(alice); row.EmailConfirmedAt == nil || !row.EmailConfirmedAt.Equal(d.now) || d.live(alice) != 3 {
		t.Errorf("%+v", row)
	}
	if sent, err := d.links.AskConfirmation(ctx, d.tenant, alice, d.cause(audit.Operator)); sent || err != nil {
		t.Errorf("a confirmed address is asked again: %v, %v", sent, err)
	}
	if n := d.count("SELECT count(*) FROM audit_events WHERE kind = 'email.confirmed'"); n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestConfirmationLivesThreeDaysToTheSecond(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice := d.person("alice@acme.test")
	link := d.askConfirmation(alice)
	d.now = d.now.Add(72 * time.Hour)
	wantErr(t, "after three days", d.confirm(link), user.ErrLink)
	d.now = d.now.Add(-time.Second)
	d.must(d.confirm(link))
}

func TestC13ChangeOfAddressConfirmsTheNewOneAndEndsWhatRestedOnTheOld(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice := d.person("old@acme.test")
	d.enrol(alice, "totp")
	d.enrol(alice, "email")
	reset := d.askReset("old@acme.test")
	link := d.askChange(alice, " New@acme.test ")
	if all := d.mails(notify.EmailChange); len(all) != 1 || all[0].Recipient != "New@acme.test" || d.user(alice).Email != "old@acme.test" {
		t.Errorf("%+v, the address is %s before anybody confirmed", all, d.user(alice).Email)
	}
	d.must(d.confirm(link))
	if row := d.user(alice); row.Email != "New@acme.test" || row.EmailKey != "new@acme.test" || row.EmailConfirmedAt == nil {
		t.Errorf("%+v", row)
	}
	if kinds := d.count("SELECT count(*) FROM factors WHERE ended_at IS NULL AND kind = 'totp'"); kinds != 1 || d.count("SELECT count(*) FROM factors WHERE ended_at IS NULL") != 1 {
		t.Error("the wrong factors live")
	}
	if d.live(alice) != 0 {
		t.Error("D03: what may rest on the e-mail factor lives on")
	}
	wantErr(t, "C10 the reset link of the old mailbox", d.reset(reset), user.ErrLink)
	wantErr(t, "again", d.confirm(link), user.ErrLink)
	for kind, detail := range map[string]string{"email.change_asked": `{"new": "New@acme.test"}`, "email.changed": `{"old": "old@acme.test"}`} {
		if n := d.count("SELECT count(*) FROM audit_events WHERE kind = $1 AND detail @> $2::jsonb", kind, detail); n != 1 {
			t.Errorf("%s: %d events", kind, n)
		}
	}
}

func TestChangeOfAddressWithoutAnEmailFactorSignsNobodyOut(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice := d.person("old@acme.test")
	d.enrol(alice, "totp")
	d.must(d.confirm(d.askChange(alice, "new@acme.test")))
	if d.live(alice) != 3 {
		t.Errorf("%d live", d.live(alice))
	}
}

// C13: what an attacker has begun does not survive the owner's recovery.
func TestC13PendingChangeDiesWithRecovery(t *testing.T) {
	t.Parallel()
	for name, recover := range map[string]func(*desk){
		"reset": func(d *desk) { d.must(d.reset(d.askReset("alice@acme.test"))) },
		"objection": func(d *desk) {
			d.must(user.Object(ctx, d.store, d.objection(d.only()), d.cause(audit.Anyone)))
		},
		"operator": func(d *desk) {
			d.must(user.SetPassword(ctx, d.store, d.tenant, d.only(), "x", d.cause(audit.Operator)))
		},
		"a newer change": func(d *desk) { d.askChange(d.only(), "other@acme.test") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			alice := d.person("alice@acme.test")
			link := d.askChange(alice, "mallory@evil.test")
			recover(d)
			wantErr(t, "the attacker's link", d.confirm(link), user.ErrLink)
			if d.user(alice).Email != "alice@acme.test" {
				t.Error("changed all the same")
			}
		})
	}
}

func TestConfirmationOfAnAddressThatWasReplacedIsDead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice := d.person("old@acme.test")
	link := d.askConfirmation(alice)
	// Even where the row survives, as after an import that writes users behind our back.
	d.exec("UPDATE users SET email = 'new@acme.test', email_key = 'new@acme.test'")
	wantErr(t, "look", d.confirm(link), user.ErrLink)
	if d.user(alice).EmailConfirmedAt != nil {
		t.Error("an address was confirmed by the link of another")
	}
}

// Whether an address is taken is nothing that somebody with an account may find out; who reads the mailbox knows anyway.
func TestTakenAddressIsToldToWhoReadsItAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice, bob := d.person("alice@acme.test"), d.person("bob@acme.test")
	free, taken := d.askChange(alice, "free@acme.test"), d.askChange(alice, "BOB@acme.test")
	wantErr(t, "older", d.confirm(free), user.ErrLink)
	wantErr(t, "taken", d.confirm(taken), user.ErrTaken)
	if d.user(alice).Email != "alice@acme.test" || d.user(bob).Email != "bob@acme.test" {
		t.Error("changed all the same")
	}
}

func TestC04AddressesAreOneAddress(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice := d.person("alice@acme.test")
	for _, bad := range []string{"", "a", "a@b,c@d", "a@acme.test\r\nBcc: m@evil.test", "<a@acme.test>", "a@acme.test m@evil.test"} {
		wantErr(t, bad, d.links.AskChange(ctx, d.tenant, alice, bad, d.cause(audit.User(alice))), user.ErrEmail)
	}
	if n := d.count("SELECT count(*) FROM messages"); n != 0 {
		t.Errorf("%d mails", n)
	}
}

func TestJ06ConfirmationsHaveTheirShareAndSaySo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice := d.person("alice@acme.test")
	var err error
	for range 60 {
		if _, err = d.links.AskConfirmation(ctx, d.tenant, alice, d.cause(audit.Operator)); err != nil {
			break
		}
	}
	wantErr(t, "flood", err, throttle.ErrTooMany)
	d.must(d.confirm(d.link(notify.EmailConfirm, "email")))
}

func TestNobodyLockedOutIsSentAnActivation(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice := d.person("alice@acme.test")
	for _, state := range []string{"disabled", "service"} {
		d.exec("UPDATE users SET disabled = $1 = 'disabled', service = $1 = 'service'", state)
		if sent, err := d.links.AskConfirmation(ctx, d.tenant, alice, d.cause(audit.Operator)); sent || !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%s: %v, %v", state, sent, err)
		}
	}
}
