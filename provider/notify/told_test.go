package notify_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sallyport/provider/notify"
	"sallyport/provider/throttle"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// add makes one more person of the tenant.
func (w *world) add(email, role string) id.User {
	w.t.Helper()
	u := id.NewUser()
	err := w.store.InTenant(ctx, w.tenant, func(tx *storage.Tx) error {
		return tx.Later().CreateUser(ctx, db.CreateUserParams{TenantID: w.tenant, ID: u, Email: email, EmailKey: strings.ToLower(email), Role: role, CreatedAt: now})
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return u
}

// inboxes are the kinds that each recipient was sent.
func (w *world) inboxes() map[string][]string {
	w.t.Helper()
	rows, err := w.database.Admin(w.t).Query(ctx, "SELECT recipient, kind FROM messages ORDER BY created_at, recipient, kind")
	if err != nil {
		w.t.Fatal(err)
	}
	all := map[string][]string{}
	for rows.Next() {
		var to, kind string
		if err := rows.Scan(&to, &kind); err != nil {
			w.t.Fatal(err)
		}
		all[to] = append(all[to], kind)
	}
	return all
}

func TestEachEventIsToldToWhomItConcerns(t *testing.T) {
	t.Parallel()
	own := func(kind string) map[string][]string { return map[string][]string{"Kari@acme.test": {kind}} }
	both := func(person, report string) map[string][]string {
		all := map[string][]string{"berit@acme.test": {report}, "owner@acme.test": {report}}
		if person != "" {
			all["Kari@acme.test"] = []string{person}
		}
		return all
	}
	for kind, want := range map[audit.Kind]map[string][]string{
		audit.FactorEnrolled:      own("factor.enrolled"),
		audit.FactorRemoved:       own("factor.removed"),
		audit.FactorsReset:        both("factor.reset", "factor.reset.report"),
		audit.BackupCodeUsed:      own("factor.backup_code_used"),
		audit.BackupCodesReplaced: own("factor.backup_codes_replaced"),
		audit.PasswordSet:         own("user.password_set"),
		audit.TriesExhausted:      own("signin.tries_exhausted"),
		audit.DeviceStolen:        own("device.stolen"),
		audit.AccessCodeUsed:      both("access_code.used", "access_code.used.report"),
		audit.AccessCodeIssued:    both("access_code.issued", "access_code.issued.report"),
		audit.BreakGlass:          both("signin.break_glass", "signin.break_glass.report"),
		audit.Objected:            both("", "user.objected.report"),
		audit.EmailChangeAsked:    own("email.change_asked"),
		audit.IdentityLinked:      own("identity.linked"),
		audit.IdentityUnlinked:    own("identity.unlinked"),
		audit.EmailChanged:        {"Kari@acme.test": {"email.in_use"}, "old@acme.test": {"email.changed"}},
		audit.EnrolmentSkipped:    {}, audit.DevicesEnded: {}, audit.CodeSent: {}, audit.DeviceTrusted: {}, audit.EmailConfirmed: {}, audit.Unfrozen: {}, audit.CounterRegressed: {},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			actor := w.add("anders@acme.test", "admin")
			w.add("berit@acme.test", "admin")
			w.add("owner@acme.test", "owner")
			w.add("ola@acme.test", "user")
			e := w.event(kind)
			e.ActorKind, e.ActorID = "user", actor.String()
			e.Detail = []byte(`{"old": "old@acme.test"}`)
			w.hear(e)
			if got := w.inboxes(); !maps.EqualFunc(got, want, slices.Equal) {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
}

func TestAdministratorOfThemselfIsToldAsPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.event(audit.AccessCodeIssued)
	e.TargetID = w.add("anders@acme.test", "admin").String()
	w.hear(e)
	if got := w.inboxes(); !maps.EqualFunc(got, map[string][]string{"anders@acme.test": {"access_code.issued"}}, slices.Equal) {
		t.Errorf("%v", got)
	}
}

// An emergency account hears of its sign-in as its person, be it an administrator's or not, and may object.
func TestSignInThatNoRuleBindsIsToldToItsPersonOnce(t *testing.T) {
	t.Parallel()
	for _, role := range []string{"user", "admin", "owner"} {
		w := newWorld(t)
		w.add("berit@acme.test", "admin")
		e := w.event(audit.BreakGlass)
		e.TargetID = w.add("glass@acme.test", role).String()
		e.ActorKind, e.ActorID = "user", e.TargetID
		w.hear(e)
		want := map[string][]string{"glass@acme.test": {"signin.break_glass"}, "berit@acme.test": {"signin.break_glass.report"}}
		if got := w.inboxes(); !maps.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s: %v", role, got)
		}
		if n := w.count("SELECT count(*) FROM messages WHERE secret IS NOT NULL AND recipient = 'glass@acme.test'"); n != 1 {
			t.Errorf("%s: %d mails with a link to object", role, n)
		}
	}
}

func TestAddressAskedForIsToldMasked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for detail, want := range map[string]string{`{"new": "josephine@else.example"}`: "j•••@else.example", `{}`: "•••", `{"new": 7}`: "•••"} {
		e := w.event(audit.EmailChangeAsked)
		e.Detail = []byte(detail)
		w.hear(e)
		if n := w.count("SELECT count(*) FROM messages WHERE secret IS NOT NULL AND data->>'email' = '" + want + "' AND data::text NOT LIKE '%josephine%'"); n == 0 {
			t.Errorf("%s: not told as %s with a link to object", detail, want)
		}
	}
}

func TestUsedBackupCodeIsToldWithHowManyAreLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, row := range []string{"'backup_code', NULL", "'backup_code', NULL", "'backup_code', now()", "'access_code', NULL"} {
		kind, used, _ := strings.Cut(row, ", ")
		if _, err := w.database.Admin(t).Exec(ctx, "INSERT INTO single_use (tenant_id, kind, hash, user_id, data, created_at, expires_at, used_at) VALUES ($1, "+kind+
			", $2, $3, '{}', $4, $5, "+used+")", w.tenant, []byte{byte(i)}, w.user, now, now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	w.hear(w.event(audit.BackupCodeUsed))
	w.hear(w.event(audit.BackupCodesReplaced))
	if n := w.count("SELECT count(*) FROM messages WHERE kind = 'factor.backup_code_used' AND (data->>'left')::int = 2 AND secret IS NOT NULL"); n != 1 {
		t.Errorf("%d mails that tell of two codes", n)
	}
	if n := w.count("SELECT count(*) FROM messages WHERE data ? 'left'"); n != 1 {
		t.Errorf("%d mails tell how many are left", n)
	}
}

func TestReportsNameTheAccountAndHoldNoLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add("berit@acme.test", "admin")
	kinds := []audit.Kind{audit.Objected, audit.FactorsReset, audit.AccessCodeIssued, audit.AccessCodeUsed, audit.BreakGlass}
	for _, kind := range kinds {
		w.hear(w.event(kind))
	}
	if n := w.count("SELECT count(*) FROM messages WHERE recipient = 'berit@acme.test' AND data->>'user' = 'Kari@acme.test' AND secret IS NULL"); n != len(kinds) {
		t.Errorf("%d reports", n)
	}
	if n := w.count("SELECT count(*) FROM messages WHERE recipient <> 'berit@acme.test' AND data ? 'user'"); n != 0 {
		t.Errorf("%d notices name their own reader", n)
	}
	if n := w.count("SELECT count(*) FROM single_use s, users u WHERE s.user_id = u.id AND u.email = 'berit@acme.test'"); n != 0 {
		t.Errorf("%d links", n)
	}
}

func TestOldAddressMayObjectToTheChangeOfAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.event(audit.EmailChanged)
	e.Detail = []byte(`{"old": "old@acme.test", "locale": "nb"}`)
	w.hear(e)
	if n := w.count("SELECT count(*) FROM messages, single_use s WHERE secret IS NOT NULL AND locale = 'nb' AND recipient = 'old@acme.test' AND s.kind = 'objection'"); n != 1 {
		t.Errorf("%d mails with a link", n)
	}
	e = w.event(audit.EmailChanged)
	e.Detail = []byte(`{"old": 7}`)
	w.hear(e)
	if n := w.count("SELECT count(*) FROM messages WHERE kind = 'email.changed'"); n != 1 {
		t.Errorf("%d mails; the second event names no old address", n)
	}
	// Who took the account over reads the new address, and must not be given a link that is an owner's word.
	if n := w.count("SELECT count(*) FROM messages WHERE kind = 'email.in_use' AND recipient = 'Kari@acme.test' AND secret IS NULL"); n != 2 {
		t.Errorf("%d mails to the new address without a link, want one for each event", n)
	}
}

// I01: the link's base is configuration, whatever the event tells of the request.
func TestI01ObjectionLinkIsMadeOfConfiguration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.event(audit.PasswordSet)
	e.Detail = []byte(`{"host": "evil.example", "public_url": "https://evil.example", "locale": "en"}`)
	w.hear(e)
	var m id.Message
	if err := w.database.Admin(t).QueryRow(ctx, "SELECT id FROM messages").Scan(&m); err != nil {
		t.Fatal(err)
	}
	row, err := w.take(m)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := notify.Open(w.outbox.Seal, row)
	if err != nil || !strings.HasPrefix(secret.Link, "https://id.example.com/objection/spo.") || secret.Code != "" {
		t.Errorf("%v", err)
	}
	if n := w.count("SELECT count(*) FROM messages m, single_use s WHERE m::text || s.data::text || coalesce((SELECT string_agg(j::text, '') FROM river_job j), '') LIKE '%spo.%'"); n != 0 {
		t.Error("the link stands in the clear")
	}
}

// J06: thirty notices an hour, over all tenants; what is not sent is on record, without a job and without a link.
func TestJ06NoticesHaveACapOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 20 {
		_ = throttle.Send(ctx, w.store, w.tenant, now, throttle.Mail("kari@acme.test"))
	}
	for range 40 {
		w.hear(w.event(audit.FactorRemoved))
	}
	sent, capped := w.count("SELECT count(*) FROM messages WHERE failed_at IS NULL"), w.count("SELECT count(*) FROM messages WHERE failed_at IS NOT NULL AND last_error = 'capped' AND secret IS NULL")
	if jobs, links := w.count("SELECT count(*) FROM river_job"), w.count("SELECT count(*) FROM single_use"); sent != 30 || capped != 10 || jobs != 30 || links != 30 {
		t.Errorf("%d to be sent, %d capped, %d jobs, %d links", sent, capped, jobs, links)
	}
}

func TestEventHeardByTwoInstancesAtOnceIsToldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.event(audit.PasswordSet)
	other := &notify.Consumer{Store: w.database.Open(t), Outbox: w.outbox, Now: w.consumer.Now}
	var wait sync.WaitGroup
	errs := make(chan error, 20)
	for i := range 20 {
		wait.Go(func() { errs <- []*notify.Consumer{w.consumer, other}[i%2].Hear(ctx, e) })
	}
	wait.Wait()
	close(errs)
	var failed error
	for err := range errs {
		failed = errors.Join(failed, err)
	}
	rows, links := w.count("SELECT count(*) FROM messages"), w.count("SELECT count(*) FROM single_use")
	if failed != nil || rows != 1 || links != 1 || w.count("SELECT count(*) FROM river_job") != 1 {
		t.Errorf("%d messages, %d links, %v", rows, links, failed)
	}
}
