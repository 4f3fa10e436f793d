package account_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"sallyport/mfa/policy"
	"sallyport/provider/account"
	"sallyport/provider/federation"
	"sallyport/provider/gate"
	"sallyport/provider/notify"
	"sallyport/provider/session"
	"sallyport/provider/tenant"
	"sallyport/provider/user"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/id"
	"sallyport/storage/seal"
	"sallyport/storage/storagetest"
)

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

// clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is one server of its own with the real edge, and a guard in the place of provider's.
type world struct {
	t        *testing.T
	database storagetest.Database
	store    *storage.Store
	clock    *clock
	edge     *web.Edge
	gate     *gate.Gate
	outbox   notify.Outbox
	hasher   *user.Hasher
	pages    *account.Account
	handler  http.Handler
}

func newWorld(t *testing.T) *world {
	t.Helper()
	database := storagetest.NewDatabase(t)
	return newWorldOn(t, database, database.Open(t))
}

func newWorldOn(t *testing.T, database storagetest.Database, store *storage.Store) *world {
	w := &world{t: t, database: database, store: store, clock: &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}}
	w.edge = web.New(web.Config{PublicURL: &url.URL{Scheme: "https", Host: "id.example.com"}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Now: w.clock.Now, CookieKeys: [][]byte{bytes.Repeat([]byte{1}, 64), bytes.Repeat([]byte{2}, 32)}})
	w.gate = &gate.Gate{Store: store, Now: w.clock.Now, Lives: gate.Lives{Code: time.Minute, Access: time.Hour, RefreshIdle: time.Hour, RefreshAbsolute: time.Hour}}
	sealer, err := seal.Generate()
	w.must(err)
	w.outbox = notify.Outbox{Seal: sealer, PublicURL: &url.URL{Scheme: "https", Host: "id.example.com"}}
	w.hasher = user.NewHasher(user.Cost{MemoryKiB: 64, Iterations: 1, Parallelism: 1}, 2, 100)
	w.pages = account.New(account.Config{Store: store, Now: w.clock.Now, Edge: w.edge, AttemptLife: 10 * time.Minute, Hasher: w.hasher, Outbox: w.outbox,
		Connections: &federation.Directory{Store: store, Seal: sealer}})
	router := mux.NewRouter()
	w.edge.Mount(router, w.guarded(w.pages.Routes()))
	w.handler = w.edge.Handler(router)
	return w
}

// guarded does what provider does: no session, no page; no fresh proof, no change.
func (w *world) guarded(routes []web.Route) []web.Route {
	for i, rt := range routes {
		if rt.Access != web.Session && rt.Access != web.FreshSession {
			continue
		}
		routes[i].Handler = func(out http.ResponseWriter, r *http.Request) error {
			refs := session.References(w.edge.Cookies.Get(r, session.Cookie))
			if len(refs) == 0 {
				return web.SeeOther(out, r, "/signin/guarded")
			}
			s, err := session.Load(r.Context(), w.store, refs[0], w.clock.Now())
			if errors.Is(err, storage.ErrNotFound) || err == nil && rt.Access == web.FreshSession && !s.Judge(true, w.edge.ClientAddr(r), w.clock.Now()).Satisfied() {
				return web.SeeOther(out, r, "/signin/guarded")
			}
			if err != nil {
				return err
			}
			return rt.Handler(out, r.WithContext(session.With(r.Context(), s)))
		}
	}
	return routes
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) tenant(slug string, change func(*policy.Policy)) id.Tenant {
	w.t.Helper()
	p := policy.Default()
	if change != nil {
		change(&p)
	}
	t, err := tenant.Create(context.Background(), w.store, slug, "Tenant "+slug, p, audit.Operator, w.clock.Now())
	w.must(err)
	return t
}

// do sends a request with the browser's cookie; a nil browser has none.
func (w *world) do(b *browser, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = "id.example.com"
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if b != nil {
		sealed := httptest.NewRecorder()
		w.must(w.edge.Cookies.Set(sealed, r, session.Cookie, b.cookie, 0))
		r.AddCookie(sealed.Result().Cookies()[0])
	}
	out := httptest.NewRecorder()
	w.handler.ServeHTTP(out, r)
	return out
}
