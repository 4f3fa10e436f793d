package delivery_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"sallyport/provider/notify"
	"sallyport/provider/notify/delivery"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/seal"
	"sallyport/storage/storagetest"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 3, 12, 14, 5, 0, 0, time.UTC)
)

// world is a tenant with a person, a mail server, a gateway for texts, and the worker between.
type world struct {
	t        testing.TB
	database storagetest.Database
	store    *storage.Store
	tenant   id.Tenant
	user     id.User
	post     *post
	outbox   notify.Outbox
	worker   *delivery.Worker
	now      time.Time
}

func newWorld(t testing.TB) *world {
	t.Helper()
	d := storagetest.NewDatabase(t)
	sealer, err := seal.Generate()
	if err != nil {
		t.Fatal(err)
	}
	p := newPost(t)
	w := &world{t: t, database: d, store: d.Open(t), tenant: id.NewTenant(), user: id.NewUser(), post: p, now: now,
		outbox: notify.Outbox{Seal: sealer, PublicURL: &url.URL{Scheme: "https", Host: "id.example.com"}}}
	w.worker = &delivery.Worker{Store: w.store, Seal: sealer, Mail: p.sender(t), Host: "id.example.com", Now: func() time.Time { return w.now }}
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

// queue completes the message and queues it.
func (w *world) queue(m notify.Message) (queued id.Message) {
	w.t.Helper()
	m.Tenant, m.User, m.At = w.tenant, &w.user, w.now
	if m.Recipient == "" {
		m.Recipient = "kari@acme.test"
	}
	if m.Data == nil {
		m.Data = notify.Notice{Tenant: "Acme", At: now}
	}
	w.change(func(tx *storage.Tx) (err error) {
		queued, err = w.outbox.Queue(ctx, tx, m)
		return err
	})
	return queued
}

func (w *world) code() notify.Message {
	return notify.Message{Kind: notify.CodeSent, Secret: &notify.Secret{Code: "483920"}, Expires: w.now.Add(5 * time.Minute)}
}

func (w *world) text() notify.Message {
	m := w.code()
	m.Channel, m.Recipient = notify.BySMS, "+4791234567"
	return m
}

// try is what the queue does with the message's job, for the attempt.
func (w *world) try(m id.Message, attempt int) error {
	return w.worker.Work(ctx, &river.Job[notify.Delivery]{JobRow: jobRow(attempt), Args: notify.Delivery{Tenant: w.tenant, Message: m}})
}

func jobRow(attempt int) *rivertype.JobRow {
	return &rivertype.JobRow{Attempt: attempt, MaxAttempts: notify.Delivery{}.InsertOpts().MaxAttempts}
}

// work runs the workers until the test ends, or until the function that it returns is called.
func (w *world) work() (stop func()) {
	w.t.Helper()
	workers := river.NewWorkers()
	consumer := &notify.Consumer{Store: w.store, Outbox: w.outbox, Now: w.worker.Now}
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

// row is the only message as it stands.
func (w *world) row() (m db.Message) {
	w.t.Helper()
	if err := w.database.Admin(w.t).QueryRow(ctx, "SELECT id, recipient, sent_at, failed_at, attempts, last_error, secret FROM messages").
		Scan(&m.ID, &m.Recipient, &m.SentAt, &m.FailedAt, &m.Attempts, &m.LastError, &m.Secret); err != nil {
		w.t.Fatal(err)
	}
	return m
}

// clear fails when the secret stands readable anywhere in the database's rows of messages and jobs.
func (w *world) clear(secrets ...string) {
	w.t.Helper()
	var everything string
	if err := w.database.Admin(w.t).QueryRow(ctx, `SELECT (SELECT string_agg(m::text || encode(coalesce(m.secret, ''), 'escape'), ' ') FROM messages m)
		|| coalesce((SELECT string_agg(j::text, ' ') FROM river_job j), '')`).Scan(&everything); err != nil || everything == "" {
		w.t.Fatal(err)
	}
	for _, s := range secrets {
		if s == "" || strings.Contains(everything, s) {
			w.t.Errorf("%q stands in the clear:\n%s", s, everything)
		}
	}
}
