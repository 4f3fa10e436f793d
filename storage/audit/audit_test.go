package audit_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/storagetest"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

// fanned is the catalogue's part that consumers hear of: security mails and alarms hang on it.
var fanned = []audit.Kind{audit.TriesExhausted, audit.BreakGlass, audit.CodeReused, audit.RefreshReused,
	audit.FactorEnrolled, audit.FactorRemoved, audit.FactorsReset, audit.BackupCodesReplaced, audit.BackupCodeUsed, audit.CodeNotSent, audit.CounterRegressed,
	audit.AccessCodeIssued, audit.AccessCodeUsed, audit.DeviceStolen,
	audit.UserDisabled, audit.Objected, audit.PasswordSet, audit.EmailChangeAsked, audit.EmailChanged, audit.PolicyChanged}

var quiet = []audit.Kind{audit.SignInDone, audit.SignInDenied, audit.SignInRefused, audit.PasswordFailed, audit.FactorFailed, audit.SessionEnded,
	audit.ConsentGiven, audit.ConsentRevoked, audit.RefreshRefused,
	audit.CodeSent, audit.EnrolmentSkipped, audit.AccessCodeRevoked, audit.DeviceTrusted, audit.DevicesEnded,
	audit.UserCreated, audit.UserEnabled, audit.Unfrozen, audit.PasswordResetAsked, audit.EmailConfirmed,
	audit.TenantCreated, audit.TenantDisabled, audit.TenantEnabled, audit.ClientCreated, audit.ClientDisabled, audit.ClientEnabled, audit.SigningKeyRotated}

type world struct {
	t        *testing.T
	database storagetest.Database
	store    *storage.Store
	tenant   id.Tenant
}

func newWorld(t *testing.T) *world {
	t.Helper()
	d := storagetest.NewDatabase(t)
	return &world{t, d, d.Open(t), id.NewTenant()}
}

func (w *world) record(events ...audit.Event) error {
	return w.store.InTenant(ctx, w.tenant, func(tx *storage.Tx) error {
		for _, e := range events {
			if err := audit.Record(ctx, tx, w.tenant, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func event(k audit.Kind) audit.Event {
	u := id.NewUser()
	return audit.Event{Kind: k, At: now, Actor: audit.User(u), Target: audit.OnUser(u)}
}

func (w *world) count(table string) (n int) {
	w.t.Helper()
	if err := w.database.Admin(w.t).QueryRow(ctx, "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func TestEventReadsBackAsItWasRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := event(audit.FactorRemoved)
	e.Origin = audit.Origin{RequestID: "r-1", Address: netip.MustParseAddr("2001:db8::1")}
	e.Detail = map[string]any{"factor": "f-1", "n": 2}
	if err := w.record(e); err != nil {
		t.Fatal(err)
	}
	rows, err := w.store.Tenant(w.tenant).ListEvents(ctx, db.ListEventsParams{TenantID: w.tenant, Limit: 10})
	if err != nil || len(rows) != 1 {
		t.Fatalf("%v, %v", rows, err)
	}
	var detail map[string]any
	if err := json.Unmarshal(rows[0].Detail, &detail); err != nil || detail["factor"] != "f-1" || detail["n"] != 2.0 {
		t.Errorf("detail %s, %v", rows[0].Detail, err)
	}
	r := rows[0]
	if r.Kind != "factor.removed" || r.ActorKind != "user" || r.ActorID != e.Actor.ID || r.TargetID != e.Target.ID || r.Address != "2001:db8::1" || r.RequestID != "r-1" || !r.At.Equal(now) {
		t.Errorf("event %+v", r)
	}
}

func TestOnlyTheFannedKindsMakeAJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, k := range append(slices.Clone(quiet), "unheard.of") {
		if err := w.record(event(k)); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.count("river_job"); n != 0 {
		t.Errorf("%d jobs for what nobody must hear of", n)
	}
	for i, k := range fanned {
		if err := w.record(event(k)); err != nil {
			t.Fatal(err)
		}
		if n := w.count("river_job"); n != i+1 {
			t.Errorf("%s: %d jobs, want %d", k, n, i+1)
		}
	}
	if n := w.count("audit_events"); n != len(quiet)+1+len(fanned) {
		t.Errorf("%d events", n)
	}
}

func TestEventAndJobVanishWithTheTransaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	broken := errors.New("broken")
	for name, fail := range map[string]func(tx *storage.Tx) error{
		"before anything was sent": func(*storage.Tx) error { return broken },
		"after an answer": func(tx *storage.Tx) error {
			_, err := tx.Now().ListEvents(ctx, db.ListEventsParams{TenantID: w.tenant, Limit: 1})
			return errors.Join(broken, err)
		},
		"at the commit": func(tx *storage.Tx) error {
			return tx.Later().SetUserDisabled(ctx, db.SetUserDisabledParams{TenantID: w.tenant, ID: id.NewUser(), Disabled: true})
		},
	} {
		err := w.store.InTenant(ctx, w.tenant, func(tx *storage.Tx) error {
			if err := audit.Record(ctx, tx, w.tenant, event(audit.FactorRemoved)); err != nil {
				return err
			}
			return fail(tx)
		})
		if err == nil || w.count("audit_events")+w.count("river_job") != 0 {
			t.Errorf("%s: error %v, %d events, %d jobs", name, err, w.count("audit_events"), w.count("river_job"))
		}
	}
}

func TestJobCarriesIdentifiersOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := event(audit.PasswordSet)
	e.Detail = map[string]any{"canary": "canary"}
	if err := w.record(e); err != nil {
		t.Fatal(err)
	}
	var args map[string]string
	var b []byte
	if err := w.database.Admin(t).QueryRow(ctx, "SELECT args FROM river_job").Scan(&b); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &args); err != nil || len(args) != 2 || args["tenant"] != w.tenant.String() {
		t.Errorf("arguments %s, %v", b, err)
	}
}

// The worker runs in the fenced role, hears of the event once it is committed, and tries again when a consumer fails.
func TestWorkerHandsTheEventToEveryConsumer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	heard := make(chan string, 10)
	consume := func(name string) audit.Consumer {
		return func(_ context.Context, e db.AuditEvent) error {
			heard <- name + " " + e.Kind + " " + e.TenantID.String()
			return nil
		}
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &audit.FanOutWorker{Store: w.store, Consumers: []audit.Consumer{consume("mail"), consume("export")}})
	working, stop := context.WithCancel(ctx)
	stopped := make(chan error, 1)
	go func() { stopped <- w.store.Work(working, slog.New(slog.NewTextHandler(io.Discard, nil)), workers, nil) }()
	if err := w.record(event(audit.SignInDone), event(audit.FactorRemoved)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"mail", "export"} {
		select {
		case got := <-heard:
			if want := name + " factor.removed " + w.tenant.String(); got != want {
				t.Errorf("heard %q, want %q", got, want)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("no consumer heard of the event")
		}
	}
	stop()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestConsumerThatFailsHasTheJobTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.record(event(audit.FactorRemoved)); err != nil {
		t.Fatal(err)
	}
	rows, err := w.store.Tenant(w.tenant).ListEvents(ctx, db.ListEventsParams{TenantID: w.tenant, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	worker := audit.FanOutWorker{Store: w.store, Consumers: []audit.Consumer{func(context.Context, db.AuditEvent) error { return broken }}}
	job := func(tenant id.Tenant) *river.Job[audit.FanOut] {
		return &river.Job[audit.FanOut]{Args: audit.FanOut{Tenant: tenant, Event: rows[0].ID}}
	}
	if err := worker.Work(ctx, job(w.tenant)); !errors.Is(err, broken) {
		t.Errorf("error %v, want the consumer's", err)
	}
	if err := worker.Work(ctx, job(id.NewTenant())); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("another tenant's event: %v, want ErrNotFound", err)
	}
}
