package provider_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sallyport/mfa/policy"
	"sallyport/mfa/totp"
	"sallyport/provider"
	"sallyport/provider/client"
	"sallyport/provider/domain"
	"sallyport/provider/gate"
	"sallyport/provider/outbound"
	"sallyport/provider/tenant"
	"sallyport/provider/user"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/seal"
	"sallyport/storage/storagetest"
)

const password = "correct horse battery"

// clock is the time of a whole world; tests move it by hand.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// world is one deployment: two instances of the server on one database, the tenants T1 (acme) and T2 (globex)
// of the gauntlet's fixture, their people and clients.
type world struct {
	t        testing.TB
	clock    *clock
	database storagetest.Database
	store    *storage.Store
	seal     *seal.Sealer
	issuer   *url.URL
	servers  []*httptest.Server
	stores   []*storage.Store
	provider *provider.Provider
	logs     *logbook
	acme     id.Tenant
	globex   id.Tenant
	web      app
	web2     app
	spa      app
	up       *upstream // where the people of the tenant initech can sign in, in a generous world

	// looking guards the one connection of a superuser: a test looks hundreds of times, and there are not as many.
	looking sync.Mutex
	admin   *pgx.Conn
}

// super reads a row as a superuser, outside the fence, or just does something where there is nowhere to put it.
func (w *world) super(into any, sql string, args ...any) {
	w.t.Helper()
	w.looking.Lock()
	defer w.looking.Unlock()
	if w.admin == nil {
		w.admin = w.database.Admin(w.t)
	}
	var err error
	if into == nil {
		_, err = w.admin.Exec(context.Background(), sql, args...)
	} else {
		err = w.admin.QueryRow(context.Background(), sql, args...).Scan(into)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

type app struct{ id, secret, redirect string }

// person is somebody with a password and perhaps an authenticator app.
type person struct {
	tenant id.Tenant
	id     id.User
	email  string
	factor id.Factor
	seed   []byte
}

func newWorld(t testing.TB, instances int) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}, database: storagetest.NewDatabase(t), logs: &logbook{}}
	w.store = w.database.Open(t)
	var err error
	if w.seal, err = seal.Generate(); err != nil {
		t.Fatal(err)
	}
	for range instances {
		w.serve()
	}
	w.acme = w.tenant("acme", policy.Required)
	w.globex = w.tenant("globex", policy.Optional)
	w.web = w.client("web", "web", "client_secret_basic", "https://web.test/cb")
	w.web2 = w.client("web2", "web", "client_secret_post", "https://web2.test/cb")
	w.spa = w.client("spa", "user_agent", "none", "https://spa.test/cb")
	return w
}

// loopback is where the providers of tests are.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// serve starts one more instance; all of them answer for the address of the first.
func (w *world) serve() { w.serveWithin(loopback) }

// serveWithin is serve with an instance whose operator permits those private networks to tenants.
func (w *world) serveWithin(allow []netip.Prefix) {
	w.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	if w.issuer == nil {
		_, port, _ := net.SplitHostPort(listener.Addr().String())
		w.issuer = &url.URL{Scheme: "http", Host: "localhost:" + port} // a name, as keys want it
	}
	store := w.database.Open(w.t)
	p, err := provider.New(context.Background(), provider.Config{PublicURL: w.issuer, Store: store, Seal: w.seal,
		Log: slog.New(slog.NewJSONHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug})), Now: w.clock.Now,
		Hasher:      user.NewHasher(user.Cost{MemoryKiB: 64, Iterations: 1, Parallelism: 1}, 4, 1000),
		Lives:       gate.Lives{Code: time.Minute, Access: 10 * time.Minute, RefreshIdle: 24 * time.Hour, RefreshAbsolute: 72 * time.Hour},
		IDTokenLife: 10 * time.Minute, AttemptLife: 30 * time.Minute, Texts: true,
		Outbound: outbound.New(outbound.Config{Allow: allow, Timeout: 5 * time.Second}), Domains: domain.Checker{Store: store, Now: w.clock.Now}})
	if err != nil {
		w.t.Fatal(err)
	}
	s := &httptest.Server{Listener: listener, Config: &http.Server{Handler: p}}
	s.Start()
	w.t.Cleanup(s.Close)
	w.servers, w.stores, w.provider = append(w.servers, s), append(w.stores, store), p
}

func (w *world) tenant(slug string, mode policy.Mode) id.Tenant {
	w.t.Helper()
	p := policy.Default()
	p.SecondFactor = mode
	t, err := tenant.Create(context.Background(), w.store, slug, slug, p, audit.Operator, w.clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}

// setPolicy changes the tenant's policy to a new version.
func (w *world) setPolicy(t id.Tenant, change func(*policy.Policy)) {
	w.t.Helper()
	p, err := tenant.CurrentPolicy(context.Background(), w.store, t)
	if err != nil {
		w.t.Fatal(err)
	}
	change(&p)
	if err := tenant.SetPolicy(context.Background(), w.store, t, p, audit.Operator, nil, audit.Origin{}, w.clock.Now()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) client(name, kind, method, redirect string) app {
	w.t.Helper()
	secret, err := client.Create(context.Background(), w.store, client.New{Tenant: id.Lobby, ID: name, Name: "App " + name, ApplicationType: kind, AuthMethod: method,
		RedirectURIs: []string{redirect}, PostLogoutRedirectURIs: []string{redirect + "/out"}, GrantTypes: []string{"authorization_code", "refresh_token"},
		Scopes: []string{"openid", "profile", "email", "offline_access"}, RequirePKCE: true}, audit.Operator, w.clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return app{name, secret, redirect}
}

func (w *world) person(t id.Tenant, email string) *person {
	w.t.Helper()
	hash, err := user.NewHasher(user.Cost{MemoryKiB: 64, Iterations: 1, Parallelism: 1}, 1, 10).Hash(context.Background(), password)
	if err != nil {
		w.t.Fatal(err)
	}
	u, err := user.Create(context.Background(), w.store, t, user.New{Email: email, Name: email, PasswordHash: hash, Role: "user", Confirmed: true}, audit.Operator, w.clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return &person{tenant: t, id: u, email: email}
}

// enrolled is a person who has an authenticator app already.
func (w *world) enrolled(t id.Tenant, email string) *person {
	w.t.Helper()
	p := w.person(t, email)
	w.enrol(p)
	return p
}

func (w *world) enrol(p *person) {
	w.t.Helper()
	p.factor, p.seed = id.NewFactor(), totp.NewSeed()
	sealed, err := w.seal.Seal(seal.Place{Tenant: p.tenant, Table: "factors", Row: p.factor.String(), Column: "secret"}, p.seed)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.store.Tenant(p.tenant).CreateFactor(context.Background(), db.CreateFactorParams{TenantID: p.tenant, ID: p.factor, UserID: p.id, Kind: "totp",
		Name: "phone", Secret: sealed, CreatedAt: w.clock.Now()}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) disable(p *person) {
	w.t.Helper()
	if err := user.SetDisabled(context.Background(), w.store, p.tenant, p.id, true, audit.Operator, w.clock.Now()); err != nil {
		w.t.Fatal(err)
	}
}

// events counts the audit events of a kind.
func (w *world) events(t id.Tenant, kind audit.Kind) int {
	w.t.Helper()
	rows, err := w.store.Tenant(t).ListEvents(context.Background(), db.ListEventsParams{TenantID: t, Limit: 10000})
	if err != nil {
		w.t.Fatal(err)
	}
	n := 0
	for _, r := range rows {
		if r.Kind == string(kind) {
			n++
		}
	}
	return n
}

// count reads a number as a superuser, outside the fence.
func (w *world) count(sql string, args ...any) int {
	w.t.Helper()
	var n int
	w.super(&n, sql, args...)
	return n
}

// logbook keeps everything that was logged.
type logbook struct {
	mu sync.Mutex
	b  []byte
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b = append(l.b, p...)
	return len(p), nil
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.b)
}

var _ io.Writer = (*logbook)(nil)
