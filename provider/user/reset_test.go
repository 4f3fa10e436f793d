package user_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"sallyport/provider/notify"
	"sallyport/provider/token"
	"sallyport/provider/user"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

func TestC09ResetEndsEverythingButTheFactorsAndSignsNobodyIn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice, bob := d.person("Alice@acme.test"), d.person("bob@acme.test")
	d.enrol(alice, "totp")
	shown, named := d.pending(alice, `{"proofs": [{"kind": "password"}]}`), d.pending(alice, `{"identifier": "alice@acme.test"}`)
	before := d.count("SELECT count(*) FROM sessions")
	d.must(d.reset(d.askReset("alice@acme.test")))
	row := d.user(alice)
	if *row.PasswordHash != "new" || !row.PasswordByMail || d.live(alice) != 0 || d.live(bob) != 3 {
		t.Errorf("%+v, %d and %d live", row, d.live(alice), d.live(bob))
	}
	if n := d.count("SELECT count(*) FROM factors WHERE ended_at IS NULL"); n != 1 || d.count("SELECT count(*) FROM sessions") != before {
		t.Errorf("%d factors; a session was made: %v", n, d.count("SELECT count(*) FROM sessions") != before)
	}
	for a, want := range map[id.Attempt]int{shown: 0, named: 1} {
		if n := d.count("SELECT count(*) FROM signin_attempts WHERE id = $1 AND expires_at > $2", a.UUID, d.now); n != want {
			t.Errorf("sign-in %v: %d, want %d", a, n, want)
		}
	}
	if n := d.count("SELECT count(*) FROM audit_events WHERE kind = 'user.password_set' AND actor_id = $1 AND detail @> '{\"by_mail\": true, \"locale\": \"nb\"}'", alice.String()); n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestPasswordOfOnesOwnChoiceKeepsTheSessionItWasChosenIn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice := d.person("alice@acme.test")
	here := d.signedIn(alice)
	link := d.askReset("alice@acme.test")
	d.must(user.ChangePassword(ctx, d.store, d.tenant, alice, here, "chosen", d.cause(audit.User(alice))))
	if n := d.count("SELECT count(*) FROM sessions WHERE user_id = $1 AND ended_at IS NULL AND id = $2", alice.UUID, here.UUID); n != 1 || d.live(alice) != 2 {
		t.Errorf("%d of this session, %d live", n, d.live(alice))
	}
	if d.user(alice).PasswordByMail {
		t.Error("a password chosen in a session counts as one from the mailbox")
	}
	wantErr(t, "C10 the link of before", d.reset(link), user.ErrLink)
}

func TestC10ResetLinksDieByTimeUseAndWhateverIsNewer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		meanwhile func(*desk, id.User)
		dead      bool
	}{
		"a second before the end": {func(d *desk, _ id.User) { d.now = d.now.Add(user.ResetLife - time.Second) }, false},
		"at the end":              {func(d *desk, _ id.User) { d.now = d.now.Add(user.ResetLife) }, true},
		"a second after":          {func(d *desk, _ id.User) { d.now = d.now.Add(user.ResetLife + time.Second) }, true},
		"used":                    {func(d *desk, _ id.User) { d.must(d.reset(d.link(notify.PasswordReset, "password"))) }, true},
		"asked again":             {func(d *desk, _ id.User) { d.askReset("alice@acme.test") }, true},
		"password set": {func(d *desk, u id.User) {
			d.must(user.SetPassword(ctx, d.store, d.tenant, u, "set", d.cause(audit.Operator)))
		}, true},
		"address changed": {func(d *desk, u id.User) { d.must(d.confirm(d.askChange(u, "new@acme.test"))) }, true},
		"disabled": {func(d *desk, u id.User) {
			d.must(user.SetDisabled(ctx, d.store, d.tenant, u, true, audit.Operator, d.now))
		}, true},
		"tenant disabled": {func(d *desk, _ id.User) { d.exec("UPDATE tenants SET disabled = true") }, true},
		"objected": {func(d *desk, u id.User) {
			d.must(user.Object(ctx, d.store, d.objection(u), d.cause(audit.Anyone)))
		}, true},
		"somebody else's": {func(d *desk, _ id.User) { d.person("bob@acme.test"); d.askReset("bob@acme.test") }, false},
		"nothing":         {func(*desk, id.User) {}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			alice := d.person("alice@acme.test")
			link := d.askReset("alice@acme.test")
			c.meanwhile(d, alice)
			_, found := user.FindReset(ctx, d.store, link, d.now)
			used := d.reset(link)
			if c.dead {
				wantErr(t, "look", found, user.ErrLink)
				wantErr(t, "use", used, user.ErrLink)
			} else if found != nil || used != nil {
				t.Errorf("look: %v, use: %v", found, used)
			}
		})
	}
}

// B04: of many at a time one gets through, and its password is the one that counts.
func TestB04ResetLinkIsUsedOnceInARace(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice := d.person("alice@acme.test")
	link := d.askReset("alice@acme.test")
	errs := make([]error, 20)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			errs[i] = user.ResetPassword(ctx, d.store, link, strings.Repeat("x", i+1), d.cause(audit.Anyone))
		})
	}
	all.Wait()
	won := 0
	for i, err := range errs {
		if err == nil {
			won++
			if *d.user(alice).PasswordHash != strings.Repeat("x", i+1) {
				t.Error("a loser's password counts")
			}
			continue
		}
		wantErr(t, "loser", err, user.ErrLink)
	}
	if won != 1 || d.count("SELECT count(*) FROM audit_events WHERE kind = 'user.password_set'") != 1 {
		t.Errorf("%d won", won)
	}
}

func TestLookingAtALinkDoesNotUseIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice := d.person("Alice@acme.test")
	link := d.askReset("alice@acme.test")
	for range 3 {
		found, err := user.FindReset(ctx, d.store, link, d.now)
		if err != nil || found != (user.Reset{Tenant: d.tenant, User: alice, Email: "Alice@acme.test", Name: "Acme"}) {
			t.Fatalf("%+v, %v", found, err)
		}
	}
	d.must(d.reset(link))
}

func TestC04MailGoesToTheAddressOnRecordAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.person("Alice@acme.test")
	for _, typed := range []string{"alice@acme.test,mallory@evil.test", "alice@acme.test\r\nBcc: mallory@evil.test", "аlice@acme.test", "alıce@acme.test", "mallory@evil.test"} {
		// What the one spelling of an address is, Key decides; whatever reaches the look-up matches one account or none.
		d.must(d.links.AskReset(ctx, d.tenant, typed, d.cause(audit.Anyone)))
	}
	if n := len(d.mails(notify.PasswordReset)); n != 0 {
		t.Fatalf("%d mails for look-alikes", n)
	}
	d.askReset("alice@acme.test")
	all := d.mails(notify.PasswordReset)
	if len(all) != 1 || all[0].Recipient != "Alice@acme.test" || all[0].Locale != "nb" || !all[0].ExpiresAt.Equal(d.now.Add(30*time.Minute)) {
		t.Errorf("%+v", all)
	}
	if link := d.link(notify.PasswordReset, "password"); bytes.Contains(all[0].Data, []byte(link[27:])) || bytes.Contains(all[0].Secret, []byte(link[27:])) {
		t.Error("the link stands in the clear")
	}
	if n := d.count("SELECT count(*) FROM river_job WHERE args::text LIKE '%' || $1 || '%'", d.link(notify.PasswordReset, "password")); n != 0 {
		t.Error("the link stands in a job")
	}
}

// J01: whoever asks learns nothing: not from the answer, not from its round trips, not from a mail.
func TestJ01AskingForNobodyCostsAsMuchAsForSomebody(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	store := d.database.OpenWith(t, storage.Options{MaxConnections: 1})
	d.links.Store = store
	d.person("alice@acme.test")
	disabled, frozen, service := d.person("disabled@acme.test"), d.person("frozen@acme.test"), d.person("service@acme.test")
	d.exec("UPDATE users SET disabled = id = $1, frozen_at = CASE WHEN id = $2 THEN now() END, service = id = $3", disabled.UUID, frozen.UUID, service.UUID)
	cost := func(key string) int64 {
		before := store.RoundTrips()
		d.must(d.links.AskReset(ctx, d.tenant, key, d.cause(audit.Anyone)))
		return store.RoundTrips() - before
	}
	for _, first := range []string{"nobody@acme.test", "alice@acme.test"} {
		cost(first) // prepares statements
	}
	somebody := cost("alice@acme.test")
	for _, key := range []string{"nobody@acme.test", "disabled@acme.test", "frozen@acme.test", "service@acme.test"} {
		// One more or less is the queue's own: it announces jobs that follow each other at once in one notice.
		if got := cost(key); max(got-somebody, somebody-got) > 1 {
			t.Errorf("%s: %d round trips, somebody: %d", key, got, somebody)
		}
	}
	if n := len(d.mails(notify.PasswordReset)); n != 2 || d.count("SELECT count(*) FROM single_use") != 1 {
		t.Errorf("%d mails", n)
	}
	if events, jobs := d.count("SELECT count(*) FROM audit_events WHERE kind = 'password.reset_asked'"), d.count("SELECT count(*) FROM river_job"); events != 7 || jobs != 7 {
		t.Errorf("%d events and %d jobs, asked seven times", events, jobs)
	}
}

// J06: a mailbox gets its share; what was sent last still works, and the answer stays the same.
func TestJ06MailboxIsNotFlooded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.person("alice@acme.test")
	for range 60 {
		d.must(d.links.AskReset(ctx, d.tenant, "alice@acme.test", d.cause(audit.Anyone)))
	}
	if n := len(d.mails(notify.PasswordReset)); n == 0 || n > 20 {
		t.Errorf("%d mails", n)
	}
	d.must(d.reset(d.link(notify.PasswordReset, "password")))
}

func TestB07LinkOfOnePurposeIsNothingToAnother(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice := d.person("alice@acme.test")
	links := map[token.Kind]string{token.Reset: d.askReset("alice@acme.test"), token.Confirm: d.askConfirmation(alice), token.Objection: d.objection(alice)}
	uses := map[token.Kind]func(string) error{
		token.Reset:   d.reset,
		token.Confirm: d.confirm,
		token.Objection: func(s string) error {
			return user.Object(ctx, d.store, s, d.cause(audit.Anyone))
		},
	}
	for purpose, use := range uses {
		for made, link := range links {
			if made == purpose {
				continue
			}
			wantErr(t, string(made)+" as "+string(purpose), use(link), user.ErrLink)
			_, rest, _ := strings.Cut(link, ".")
			wantErr(t, string(made)+" relabelled "+string(purpose), use(string(purpose)+"."+rest), user.ErrLink)
		}
		for _, bad := range []string{"", "x", string(purpose) + "..", links[purpose] + "A", strings.Repeat("A", 9000)} {
			wantErr(t, "malformed", use(bad), user.ErrLink)
		}
	}
	if row := d.user(alice); *row.PasswordHash != "old" || row.EmailConfirmedAt != nil || row.FrozenAt != nil || d.live(alice) != 3 {
		t.Errorf("something happened: %+v", row)
	}
	d.must(uses[token.Reset](links[token.Reset]))
}

// C05: the link names its account, and nothing beside it does.
func TestC05LinkOfOneTenantIsNothingInAnother(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.person("alice@acme.test")
	link := d.askReset("alice@acme.test")
	other := token.New(token.Reset, id.NewTenant()).Text
	_, tail, _ := strings.Cut(link[4:], ".")
	wantErr(t, "moved", d.reset(other[:27]+tail), user.ErrLink)
	d.must(d.reset(link))
}
