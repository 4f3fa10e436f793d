package domain_test

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"sallyport/provider/domain"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/storagetest"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

// world is a tenant, a name server and a clock.
type world struct {
	t        *testing.T
	database storagetest.Database
	store    *storage.Store
	zone     *zone
	tenant   id.Tenant
	checker  domain.Checker

	mu  sync.Mutex
	now time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, database: storagetest.NewDatabase(t), zone: newZone(t), now: start}
	w.store = w.database.Open(t)
	w.tenant = w.another("acme")
	w.checker = domain.Checker{Store: w.store, Resolver: domain.Resolver(w.zone.address), Now: w.clock}
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) another(slug string) id.Tenant {
	w.t.Helper()
	t := id.NewTenant()
	w.must(w.store.Tenant(t).CreateTenant(ctx, db.CreateTenantParams{TenantID: t, Slug: slug, Name: slug, CreatedAt: start}))
	return t
}

func (w *world) connection(t id.Tenant) id.Connection {
	w.t.Helper()
	c := id.NewConnection()
	w.must(w.store.Tenant(t).CreateConnection(ctx, db.CreateConnectionParams{TenantID: t, ID: c, Kind: "oidc", Name: "Office", Settings: []byte("{}"), CreatedAt: start}))
	return c
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) add(t id.Tenant, name string) domain.Domain {
	w.t.Helper()
	d, err := domain.Add(ctx, w.store, t, name, audit.Operator, audit.Origin{}, w.clock())
	w.must(err)
	return d
}

func (w *world) check(t id.Tenant, name string) (domain.Domain, error) {
	return w.checker.Check(ctx, t, name, audit.Operator, audit.Origin{})
}

// publish puts the record of d into the DNS.
func (w *world) publish(d domain.Domain) {
	host, value := domain.Record(d.Name, d.Challenge)
	w.zone.publish(host, []string{value})
}

// proven is a domain that the tenant has proven.
func (w *world) proven(t id.Tenant, name string) domain.Domain {
	w.t.Helper()
	d := w.add(t, name)
	w.publish(d)
	d, err := w.check(t, name)
	w.must(err)
	return d
}

// holds reports whether the tenant has a right to the addresses of name.
func (w *world) holds(t id.Tenant, name string) bool {
	w.t.Helper()
	ok, err := domain.Proven(ctx, w.store.Tenant(t), t, "kari@"+name)
	w.must(err)
	return ok
}

func (w *world) stored(t id.Tenant, name string) domain.Domain {
	w.t.Helper()
	all, err := domain.List(ctx, w.store, t)
	w.must(err)
	for _, d := range all {
		if d.Name == name {
			return d
		}
	}
	w.t.Fatalf("no domain %s", name)
	return domain.Domain{}
}

// daily does what the job does.
func (w *world) daily() {
	w.t.Helper()
	worker := &domain.Worker{Checker: w.checker, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	w.must(worker.Work(ctx, nil))
}

// events counts what is on record about a domain.
func (w *world) events(k audit.Kind, name, actor string) (n int) {
	w.t.Helper()
	w.must(w.database.Admin(w.t).QueryRow(ctx, "SELECT count(*) FROM audit_events WHERE kind = $1 AND target_kind = 'domain' AND target_id = $2 AND actor_kind = $3",
		string(k), name, actor).Scan(&n))
	return n
}
