package delivery_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"sallyport/provider/notify"
	"sallyport/provider/token"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
)

var objection = regexp.MustCompile(`https://id\.example\.com/objection/(spo\.[A-Za-z0-9_.-]+)`)

func TestR20EnrolmentIsConfirmedByMailInThePersonsLanguageWithALinkToObject(t *testing.T) {
	t.Parallel()
	for lang, subject := range map[string]string{"en": "Two-step sign-in is set up at Acme", "nb": "Totrinnsinnlogging er satt opp hos Acme"} {
		w := newWorld(t)
		stop := w.work()
		w.record(audit.FactorEnrolled, lang)
		l := w.post.next(t)
		stop()
		got, text, html := l.parts(t)
		found := objection.FindStringSubmatch(text)
		if got != subject || l.to != "Kari@acme.test" || len(found) != 2 || !strings.Contains(html, found[1]) {
			t.Errorf("%s: to %s: %s\n%s", lang, l.to, got, text)
			continue
		}
		w.clear(found[1])
		secret, ok := token.Parse(token.Objection, found[1])
		row, err := w.store.Tenant(w.tenant).LinkOfPerson(ctx, db.LinkOfPersonParams{TenantID: w.tenant, Kind: "objection", Hash: secret.Hash,
			Now: now.Add(notify.ObjectionLife - time.Second)})
		if !ok || err != nil || row.ID != w.user {
			t.Errorf("%s: the link is worth nothing: %v", lang, err)
		}
		if m := w.row(); m.SentAt == nil || m.FailedAt != nil || m.Attempts != 1 || m.LastError != "" || m.Secret != nil {
			t.Errorf("%s: %+v", lang, m)
		}
	}
}

func TestR20EveryChangeOfSignInIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.work()
	for _, kind := range []audit.Kind{audit.FactorEnrolled, audit.FactorRemoved, audit.FactorsReset, audit.BackupCodesReplaced, audit.PasswordSet,
		audit.DeviceStolen, audit.AccessCodeIssued, audit.AccessCodeUsed, audit.BackupCodeUsed, audit.EmailChangeAsked, audit.BreakGlass} {
		w.record(kind, "")
		subject, text, _ := w.post.next(t).parts(t)
		if subject == "" || !strings.Contains(subject, "Acme") || !objection.MatchString(text) {
			t.Errorf("%s: %s\n%s", kind, subject, text)
		}
	}
	w.record(audit.TriesExhausted, "")
	if subject, text, _ := w.post.next(t).parts(t); subject != "Many failed tries to sign in at Acme" || objection.MatchString(text) {
		t.Errorf("%s\n%s", subject, text)
	}
}

func TestMailIsTriedAgainUntilTheServerIsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.worker.Now, w.worker.Delay = time.Now, func(int) time.Duration { return 10 * time.Millisecond }
	w.now = time.Now()
	w.post.answer.Store(busy)
	stop := w.work()
	w.queue(w.code())
	for range 2 {
		select {
		case <-w.post.refused:
		case <-time.After(within):
			t.Fatal("not tried")
		}
	}
	w.clear("483920")
	w.post.answer.Store(nil)
	w.post.next(t)
	stop()
	if m := w.row(); m.SentAt == nil || m.FailedAt != nil || m.Attempts < 3 || m.LastError != "" || m.Secret != nil {
		t.Errorf("%+v", m)
	}
	w.post.nothing(t)
}

func TestJobsCarryIdentifiersOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.queue(w.code())
	var args []byte
	if err := w.database.Admin(t).QueryRow(ctx, "SELECT args FROM river_job WHERE kind = 'notify.deliver'").Scan(&args); err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := json.Unmarshal(args, &got); err != nil || len(got) != 3 || got["tenant"] != w.tenant.String() || got["message"] != m.String() || got["expires"] == "" {
		t.Errorf("%s, %v", args, err)
	}
	var everything string
	if err := w.database.Admin(t).QueryRow(ctx, "SELECT string_agg(j::text, ' ') FROM river_job j").Scan(&everything); err != nil ||
		strings.Contains(everything, "acme") || strings.Contains(everything, "483920") {
		t.Errorf("%s, %v", everything, err)
	}
}

func TestWhatPeopleWaitForStandsBeforeNoticesAndApartFromTheOtherChannel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	expires := w.now.Add(time.Hour)
	for _, row := range []struct {
		kind     notify.Kind
		channel  notify.Channel
		expires  time.Time
		priority int
		queue    string
	}{
		{notify.CodeSent, notify.ByEmail, expires, 1, storage.MailQueue},
		{notify.CodeSent, notify.BySMS, expires, 1, storage.TextQueue},
		{notify.PasswordReset, "", expires, 1, storage.MailQueue},
		{notify.EmailConfirm, "", expires, 2, storage.MailQueue},
		{notify.EmailChange, "", expires, 2, storage.MailQueue},
		{notify.PasswordSet, "", time.Time{}, 3, storage.MailQueue},
	} {
		m := w.queue(notify.Message{Kind: row.kind, Channel: row.channel, Expires: row.expires})
		var priority, tries int
		var queue string
		if err := w.database.Admin(t).QueryRow(ctx, "SELECT priority, queue, max_attempts FROM river_job WHERE args->>'message' = $1", m.String()).
			Scan(&priority, &queue, &tries); err != nil || priority != row.priority || queue != row.queue || (tries > 100) != !row.expires.IsZero() {
			t.Errorf("%s: priority %d in %s, %d tries, %v", row.kind, priority, queue, tries, err)
		}
	}
}

func TestNextTryIsSoonWhereSomebodyWaitsAndNeverAfterTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	next := func(attempt int, expires time.Time) time.Duration {
		at := w.worker.NextRetry(&river.Job[notify.Delivery]{JobRow: jobRow(attempt), Args: notify.Delivery{Expires: expires}})
		if at.IsZero() {
			return 0
		}
		return at.Sub(w.now)
	}
	for attempt, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 8: 128 * time.Second, 11: 10 * time.Minute, 4000: 10 * time.Minute} {
		if got := next(attempt, w.now.Add(24*time.Hour)); got != want {
			t.Errorf("after try %d: %v, want %v", attempt, got, want)
		}
	}
	if got := next(8, w.now.Add(90*time.Second)); got != 90*time.Second {
		t.Errorf("the last try is %v away, want it at the end", got)
	}
	if got := next(3, w.now.Add(-time.Second)); got <= 0 {
		t.Errorf("%v", got)
	}
	if got := next(3, time.Time{}); got != 0 {
		t.Errorf("a notice waits %v, want river's delay", got)
	}
}
