package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"testing"
	"time"

	"sallyport/provider/notify"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/seal"
	"sallyport/storage/storagetest"
)

func TestMain(m *testing.M) { storagetest.Main(m) }

var (
	ctx = context.Background()
	now = time.Date(2026, 3, 12, 14, 5, 0, 0, time.UTC)
)

type world struct {
	t        *testing.T
	database storagetest.Database
	store    *storage.Store
	tenant   id.Tenant
	user     id.User
	outbox   notify.Outbox
	consumer *notify.Consumer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	d := storagetest.NewDatabase(t)
	sealer, err := seal.Generate()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, database: d, store: d.Open(t), tenant: id.NewTenant(), user: id.NewUser(),
		outbox: notify.Outbox{Seal: sealer, PublicURL: &url.URL{Scheme: "https", Host: "id.example.com"}}}
	w.consumer = &notify.Consumer{Store: w.store, Outbox: w.outbox, Now: func() time.Time { return now.Add(time.Second) }}
	err = w.store.InTenant(ctx, w.tenant, func(tx *storage.Tx) error {
		return errors.Join(tx.Later().CreateTenant(ctx, db.CreateTenantParams{TenantID: w.tenant, Slug: "acme", Name: "Acme", CreatedAt: now}),
			tx.Later().CreateUser(ctx, db.CreateUserParams{TenantID: w.tenant, ID: w.user, Email: "Kari@acme.test", EmailKey: "kari@acme.test", Role: "user", CreatedAt: now}))
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) event(k audit.Kind) db.AuditEvent {
	return db.AuditEvent{TenantID: w.tenant, ID: id.NewEvent(), At: now, Kind: string(k), TargetKind: "user", TargetID: w.user.String(),
		Address: "192.0.2.7", Detail: []byte(`{"kind": "totp", "locale": "nb"}`)}
}

func (w *world) count(sql string) (n int) {
	w.t.Helper()
	if err := w.database.Admin(w.t).QueryRow(ctx, sql).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) hear(e db.AuditEvent) {
	w.t.Helper()
	if err := w.consumer.Hear(ctx, e); err != nil {
		w.t.Fatal(err)
	}
}

func TestEventBecomesAMessageToItsPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.hear(w.event(audit.FactorEnrolled))
	var m db.Message
	if err := w.database.Admin(t).QueryRow(ctx, "SELECT tenant_id, user_id, kind, recipient, locale, data, created_at FROM messages").
		Scan(&m.TenantID, &m.UserID, &m.Kind, &m.Recipient, &m.Locale, &m.Data, &m.CreatedAt); err != nil {
		t.Fatal(err)
	}
	if m.TenantID != w.tenant || *m.UserID != w.user || m.Kind != "factor.enrolled" || m.Recipient != "Kari@acme.test" || m.Locale != "nb" || !m.CreatedAt.Equal(now.Add(time.Second)) {
		t.Errorf("%+v", m)
	}
	var n notify.Notice
	if err := json.Unmarshal(m.Data, &n); err != nil || n != (notify.Notice{Tenant: "Acme", At: now, Address: "192.0.2.7", Method: "totp"}) {
		t.Errorf("%s, %v", m.Data, err)
	}
}

func TestEventHeardTwiceIsToldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.event(audit.FactorRemoved)
	for range 3 {
		w.hear(e)
	}
	w.hear(w.event(audit.FactorRemoved))
	rows, jobs := w.count("SELECT count(*) FROM messages"), w.count("SELECT count(*) FROM river_job")
	links, counted := w.count("SELECT count(*) FROM single_use WHERE kind = 'objection'"), w.count("SELECT failures FROM throttle_counters WHERE name LIKE 'notice:%'")
	if rows != 2 || jobs != 2 || links != 2 || counted != 2 {
		t.Errorf("two events made %d messages, %d jobs, %d links, and counted for %d", rows, jobs, links, counted)
	}
}

func TestWhatConcernsNobodyIsToldToNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, change := range map[string]func(*db.AuditEvent){
		"another kind":                 func(e *db.AuditEvent) { e.Kind = string(audit.PolicyChanged) },
		"no target":                    func(e *db.AuditEvent) { e.TargetKind, e.TargetID = "", "" },
		"other target":                 func(e *db.AuditEvent) { e.TargetKind = "client" },
		"unknown person":               func(e *db.AuditEvent) { e.TargetID = id.NewUser().String() },
		"H01: another tenant's person": func(e *db.AuditEvent) { e.TenantID = id.NewTenant() },
	} {
		e := w.event(audit.FactorEnrolled)
		change(&e)
		w.hear(e)
		if n := w.count("SELECT count(*) FROM messages") + w.count("SELECT count(*) FROM river_job"); n != 0 {
			t.Fatalf("%s: %d rows", name, n)
		}
	}
}

func TestDetailOfAnyShapeIsBorne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, detail := range []string{`{}`, `null`, `[]`, `{"kind": 7, "locale": {}}`, `{"locale": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}`} {
		e := w.event(audit.PasswordSet)
		e.Detail = []byte(detail)
		w.hear(e)
		if n := w.count("SELECT count(*) FROM messages WHERE locale = ''"); n != i+1 {
			t.Errorf("%s: %d messages", detail, n)
		}
	}
}
