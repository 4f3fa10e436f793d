package email_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"sallyport/provider/notify"
	"sallyport/provider/notify/email"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/storagetest"
)

// world is a tenant with a person, a mail server, and workers that bring events there.
type world struct {
	t        *testing.T
	database storagetest.Database
	store    *storage.Store
	tenant   id.Tenant
	user     id.User
	post     *post
	worker   *email.Worker
}

func newWorld(t *testing.T) *world {
	t.Helper()
	d := storagetest.NewDatabase(t)
	p, roots := newPost(t, offers{startTLS: true})
	w := &world{t: t, database: d, store: d.Open(t), tenant: id.NewTenant(), user: id.NewUser(), post: p}
	w.worker = &email.Worker{Store: w.store, Sender: sender(t, p.config(t, email.StartTLS, roots)),
		Now: time.Now, Delay: func(int) time.Duration { return 10 * time.Millisecond }}
	w.change(func(tx *storage.Tx) error {
		return errors.Join(tx.Later().CreateTenant(ctx, db.CreateTenantParams{TenantID: w.tenant, Slug: "acme", Name: "Acme", CreatedAt: now}),
			tx.Later().CreateUser(ctx, db.CreateUserParams{TenantID: w.tenant, ID: w.user, Email: "Kari@acme.test", EmailKey: "kari@acme.test", Role: "user", CreatedAt: now}))
	})
	return w
}

func (w *world) change(fn func(*storage.Tx) error) {
	w.t.Helper()
	if err := w.store.InTenant(ctx, w.tenant, fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) record(k audit.Kind, locale string) {
	w.t.Helper()
	e := audit.Event{Kind: k, At: now, Actor: audit.User(w.user), Target: audit.OnUser(w.user), Detail: map[string]any{"kind": "totp", "locale": locale},
		Origin: audit.Origin{Address: netip.MustParseAddr("192.0.2.7")}}
	w.change(func(tx *storage.Tx) error { return audit.Record(ctx, tx, w.tenant, e) })
}

// work runs the workers until the test ends, or until the function that it returns is called.
func (w *world) work() (stop func()) {
	w.t.Helper()
	workers := river.NewWorkers()
	consumer := &notify.Consumer{Store: w.store, Now: w.worker.Now}
	river.AddWorker(workers, &audit.FanOutWorker{Store: w.store, Consumers: []audit.Consumer{consumer.Hear}})
	river.AddWorker(workers, w.worker)
	working, cancel := context.WithCancel(ctx)
	stopped := make(chan error, 1)
	go func() {
		stopped <- w.store.Work(working, slog.New(slog.NewTextHandler(io.Discard, nil)), workers, nil)
	}()
	done := false
	stop = func() {
		cancel()
		if !done {
			done = true
			if err := <-stopped; err != nil {
				w.t.Error(err)
			}
		}
	}
	w.t.Cleanup(stop)
	return stop
}

// settled stops the workers, which finish what they have in hand, and reads the only message.
func (w *world) settled(stop func()) (row db.Message) {
	w.t.Helper()
	stop()
	if err := w.database.Admin(w.t).QueryRow(ctx, "SELECT id, recipient, sent_at, failed_at, attempts, last_error FROM messages").
		Scan(&row.ID, &row.Recipient, &row.SentAt, &row.FailedAt, &row.Attempts, &row.LastError); err != nil {
		w.t.Fatal(err)
	}
	return row
}

func TestR20EnrolmentIsConfirmedByMailInThePersonsLanguage(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"en", "nb"} {
		w := newWorld(t)
		stop := w.work()
		w.record(audit.FactorEnrolled, lang)
		l := w.post.next(t)
		header, text, html := l.parts(t)
		got := "Subject: " + decoded(t, header.Get("Subject")) + "\n\n" + text
		if want := golden(t, lang, "mail_factor_enrolled.txt"); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", lang, got, want)
		}
		if html != golden(t, lang, "mail_factor_enrolled.html") || l.to != "Kari@acme.test" {
			t.Errorf("%s: to %s:\n%s", lang, l.to, html)
		}
		if m := w.settled(stop); m.SentAt == nil || m.FailedAt != nil || m.Attempts != 1 || m.LastError != "" {
			t.Errorf("%s: %+v", lang, m)
		}
	}
}

// golden is a text that the tests of templates have approved.
func golden(t *testing.T, lang, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "templates", "testdata", lang, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestR20EveryChangeOfSignInIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.work()
	for kind, subject := range map[audit.Kind]string{
		audit.FactorEnrolled: "Two-step sign-in is set up at Acme", audit.FactorRemoved: "A second step was removed at Acme",
		audit.BackupCodesReplaced: "New backup codes at Acme",
		audit.PasswordSet:         "Your password at Acme was changed", audit.TriesExhausted: "Many failed tries to sign in at Acme",
	} {
		w.record(kind, "")
		header, _, _ := w.post.next(t).parts(t)
		if got := decoded(t, header.Get("Subject")); got != subject {
			t.Errorf("%s: %q, want %q", kind, got, subject)
		}
	}
}

func TestMailIsTriedAgainUntilTheServerIsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post.down.Store(true)
	stop := w.work()
	w.record(audit.FactorEnrolled, "")
	for range 2 {
		select {
		case <-w.post.refused:
		case <-time.After(within):
			t.Fatal("not tried")
		}
	}
	var reason string
	if err := w.database.Admin(t).QueryRow(ctx, "SELECT last_error FROM messages").Scan(&reason); err != nil || !strings.Contains(reason, "out of order") {
		t.Errorf("last error %q, %v", reason, err)
	}
	w.post.down.Store(false)
	w.post.next(t)
	if m := w.settled(stop); m.SentAt == nil || m.FailedAt != nil || m.Attempts < 3 || m.LastError != "" {
		t.Errorf("%+v", m)
	}
	w.post.nothing(t)
}

// job is what river would hand to the worker.
func (w *world) job(m id.Message, attempt int) *river.Job[notify.Delivery] {
	j := &river.Job[notify.Delivery]{JobRow: jobRow(attempt), Args: notify.Delivery{Tenant: w.tenant, Message: m}}
	return j
}

func (w *world) queue(m notify.Message) id.Message {
	w.t.Helper()
	m.Tenant, m.ID, m.User, m.At = w.tenant, id.NewMessage(), &w.user, now
	if m.Recipient == "" {
		m.Recipient = "kari@acme.test"
	}
	w.change(func(tx *storage.Tx) error { return notify.Queue(ctx, tx, m) })
	return m.ID
}

func TestMailIsGivenUpAfterItsLastTry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post.answer.Store(&smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "nobody here"})
	m := w.queue(notify.Message{Kind: notify.PasswordSet, Data: notify.Notice{Tenant: "Acme", At: now}})
	if err := w.worker.Work(ctx, w.job(m, 13)); err == nil || errors.Is(err, river.JobCancel(nil)) {
		t.Errorf("thirteenth try: %v, want an error that has it tried again", err)
	}
	if err := w.worker.Work(ctx, w.job(m, 14)); !errors.Is(err, river.JobCancel(nil)) {
		t.Errorf("last try: %v, want the job's end", err)
	}
	w.post.answer.Store(nil)
	if err := w.worker.Work(ctx, w.job(m, 1)); err != nil {
		t.Errorf("after its end: %v", err)
	}
	w.post.nothing(t)
	if row := w.settled(func() {}); row.FailedAt == nil || row.SentAt != nil || row.Attempts != 2 || !strings.Contains(row.LastError, "nobody here") {
		t.Errorf("%+v", row)
	}
}

func TestWhatNoTryCanMendIsGivenUpAtOnce(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]notify.Message{
		"recipient":    {Kind: notify.PasswordSet, Recipient: "a@b.test\r\nBcc: evil@evil.example", Data: notify.Notice{At: now}},
		"unknown kind": {Kind: "no.such", Data: notify.Notice{At: now}},
		"other data":   {Kind: notify.PasswordSet, Data: []int{1}},
	} {
		w := newWorld(t)
		if err := w.worker.Work(ctx, w.job(w.queue(m), 1)); !errors.Is(err, river.JobCancel(nil)) {
			t.Errorf("%s: %v, want the job's end", name, err)
		}
		if row := w.settled(func() {}); row.FailedAt == nil || row.LastError == "" {
			t.Errorf("%s: %+v", name, row)
		}
		w.post.nothing(t)
	}
}

func TestMailThatWasSentIsNotSentAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.queue(notify.Message{Kind: notify.PasswordSet, Data: notify.Notice{Tenant: "Acme", At: now}})
	for range 3 {
		if err := w.worker.Work(ctx, w.job(m, 1)); err != nil {
			t.Fatal(err)
		}
	}
	w.post.next(t)
	w.post.nothing(t)
	stranger := w.job(m, 1)
	stranger.Args.Tenant = id.NewTenant()
	if err := w.worker.Work(ctx, stranger); err != nil {
		t.Errorf("a job of another tenant: %v", err)
	}
	w.post.nothing(t)
}

func TestWithoutAServerMessagesStayRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.worker.Sender = nil
	if err := w.worker.Work(ctx, w.job(w.queue(notify.Message{Kind: notify.PasswordSet, Data: notify.Notice{At: now}}), 14)); err != nil {
		t.Fatal(err)
	}
	if row := w.settled(func() {}); row.SentAt != nil || row.FailedAt != nil || row.Attempts != 0 {
		t.Errorf("%+v", row)
	}
}

func TestJobsCarryIdentifiersOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stop := w.work()
	w.record(audit.FactorEnrolled, "nb")
	w.post.next(t)
	m := w.settled(stop)
	var args []byte
	if err := w.database.Admin(t).QueryRow(ctx, "SELECT args FROM river_job WHERE kind = 'notify.deliver'").Scan(&args); err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := json.Unmarshal(args, &got); err != nil || len(got) != 2 || got["tenant"] != w.tenant.String() || got["message"] != m.ID.String() {
		t.Errorf("%s, %v", args, err)
	}
	var everything string
	if err := w.database.Admin(t).QueryRow(ctx, "SELECT string_agg(j::text, ' ') FROM river_job j").Scan(&everything); err != nil || strings.Contains(everything, "acme") {
		t.Errorf("%s, %v", everything, err)
	}
}

func jobRow(attempt int) *rivertype.JobRow {
	return &rivertype.JobRow{Attempt: attempt, MaxAttempts: notify.Delivery{}.InsertOpts().MaxAttempts}
}
