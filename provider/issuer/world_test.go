package issuer_test

import (
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"sallyport/mfa/policy"
	"sallyport/provider/client"
	"sallyport/provider/federation"
	"sallyport/provider/federation/oidcrp"
	"sallyport/provider/gate"
	"sallyport/provider/issuer"
	"sallyport/provider/outbound"
	"sallyport/provider/tenant"
	"sallyport/provider/user"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/seal"
	"sallyport/storage/storagetest"
)

func TestMain(m *testing.M) { storagetest.Main(m) }

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

// world is one deployment with the tenants acme and globex; each instance has its own store and issuer.
type world struct {
	t         testing.TB
	clock     *clock
	database  storagetest.Database
	seal      *seal.Sealer
	public    *url.URL
	edge      *web.Edge
	instances []*instance
	acme      id.Tenant
	globex    id.Tenant
	secrets   map[string]string
}

type instance struct {
	store  *storage.Store
	issuer *issuer.Issuer
	server *httptest.Server
}

// keys are made once for all worlds: RSA takes its time. Their place is the lobby of any database.
var keys struct {
	once sync.Once
	seal *seal.Sealer
	rows []db.SigningKey
}

func newWorld(t testing.TB, instances int) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}, database: storagetest.NewDatabase(t), secrets: map[string]string{}}
	w.shareKeys()
	for range instances {
		w.serve(4)
	}
	w.acme, w.globex = w.tenant("acme", policy.Optional), w.tenant("globex", policy.Optional)
	w.register(client.New{ID: "web", AuthMethod: client.SecretBasic, FirstParty: true})
	w.register(client.New{ID: "web2", AuthMethod: client.SecretPost, FirstParty: true})
	w.register(client.New{ID: "spa", ApplicationType: client.UserAgent, AuthMethod: client.None, FirstParty: true})
	return w
}

func (w *world) shareKeys() {
	w.t.Helper()
	store := w.database.Open(w.t)
	ctx := context.Background()
	keys.once.Do(func() {
		var err error
		if keys.seal, err = seal.Generate(); err != nil {
			w.t.Fatal(err)
		}
		w.seal, w.public = keys.seal, must(url.Parse("http://127.0.0.1:1"))
		w.open(w.database.Open(w.t))
		if keys.rows, err = store.AllTenants().ListSigningKeys(ctx); err != nil {
			w.t.Fatal(err)
		}
	})
	w.seal, w.public = keys.seal, nil
	for _, k := range keys.rows {
		// The world that made them has them already.
		_ = store.AllTenants().CreateSigningKey(ctx, db.CreateSigningKeyParams{ID: k.ID, Alg: k.Alg, State: k.State, PrivateKey: k.PrivateKey, CreatedAt: k.CreatedAt})
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (w *world) open(store *storage.Store) (*issuer.Issuer, *web.Edge) {
	w.t.Helper()
	hash, block := must(w.seal.Derive("a", 64)), must(w.seal.Derive("b", 32))
	edge := web.New(web.Config{PublicURL: w.public, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: w.clock.Now, CookieKeys: [][]byte{hash, block}})
	g := &gate.Gate{Store: store, Now: w.clock.Now, Lives: gate.Lives{Code: time.Minute, Access: 10 * time.Minute, RefreshIdle: 24 * time.Hour, RefreshAbsolute: 72 * time.Hour}}
	i, err := issuer.New(context.Background(), issuer.Config{PublicURL: w.public, Store: store, Seal: w.seal, Gate: g, Clients: &client.Registry{Store: store},
		Tenants: &tenant.Directory{Store: store}, Connections: &federation.Directory{Store: store, Seal: w.seal},
		Upstreams: oidcrp.New(outbound.New(outbound.Config{}), w.clock.Now), Edge: edge, Now: w.clock.Now, IDTokenLife: 10 * time.Minute, AttemptLife: 30 * time.Minute})
	if err != nil {
		w.t.Fatal(err)
	}
	return i, edge
}

// serve starts one more instance; all of them answer for the address of the first.
func (w *world) serve(connections int) *instance {
	w.t.Helper()
	store, err := storage.Open(context.Background(), w.database.URL, storage.Options{MaxConnections: connections})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(store.Close)
	server := httptest.NewUnstartedServer(nil)
	if w.public == nil {
		w.public = &url.URL{Scheme: "http", Host: server.Listener.Addr().String()}
	}
	i, edge := w.open(store)
	router := mux.NewRouter()
	edge.Mount(router, i.Routes())
	server.Config.Handler = edge.Handler(router)
	server.Start()
	w.t.Cleanup(server.Close)
	one := &instance{store, i, server}
	w.edge, w.instances = edge, append(w.instances, one)
	return one
}

func (w *world) store() *storage.Store { return w.instances[0].store }

func (w *world) tenant(slug string, mode policy.Mode) id.Tenant {
	w.t.Helper()
	p := policy.Default()
	p.SecondFactor = mode
	t, err := tenant.Create(context.Background(), w.store(), slug, slug, p, audit.Operator, w.clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}

// register fills in what tests do not care about.
func (w *world) register(n client.New) {
	w.t.Helper()
	n.Name, n.RequirePKCE = "App "+n.ID, n.RequirePKCE || n.AuthMethod == client.None
	if n.ApplicationType == "" {
		n.ApplicationType = client.Web
	}
	if n.GrantTypes == nil {
		n.GrantTypes = []string{client.AuthorizationCode, client.RefreshToken}
	}
	if n.RedirectURIs == nil && n.ApplicationType != client.Service {
		n.RedirectURIs, n.PostLogoutRedirectURIs = []string{redirectOf(n.ID)}, []string{redirectOf(n.ID) + "/out"}
	}
	if n.Scopes == nil {
		n.Scopes = []string{"openid", "profile", "email", "offline_access", "api"}
	}
	secret, err := client.Create(context.Background(), w.store(), n, audit.Operator, w.clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	w.secrets[n.ID] = secret
}

func redirectOf(client string) string { return "https://" + client + ".test/cb" }

// person is somebody with an account and perhaps an authenticator app.
type person struct {
	tenant id.Tenant
	id     id.User
	email  string
	factor id.Factor
}

func (w *world) person(t id.Tenant, email string) *person {
	w.t.Helper()
	u, err := user.Create(context.Background(), w.store(), t, user.New{Email: email, Name: "Name of " + email, Role: "user", Confirmed: true}, audit.Operator, w.clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return &person{tenant: t, id: u, email: email}
}

func (w *world) enrolled(t id.Tenant, email string) *person {
	w.t.Helper()
	p := w.person(t, email)
	p.factor = id.NewFactor()
	if err := w.store().Tenant(t).CreateFactor(context.Background(), db.CreateFactorParams{TenantID: t, ID: p.factor, UserID: p.id, Kind: "totp",
		Name: "phone", Secret: []byte("sealed"), CreatedAt: w.clock.Now()}); err != nil {
		w.t.Fatal(err)
	}
	return p
}

// count reads a number as a superuser, outside the fence.
func (w *world) count(sql string, args ...any) int {
	w.t.Helper()
	var n int
	if err := w.database.Admin(w.t).QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}
