package console_test

import (
	"bytes"
	"context"
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

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/admin/console"
	"sallyport/provider/attempt"
	"sallyport/provider/domain"
	"sallyport/provider/federation"
	"sallyport/provider/gate"
	"sallyport/provider/session"
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

// world is one server of its own with the real edge, and a guard in the place of provider's.
type world struct {
	t       *testing.T
	store   *storage.Store
	now     time.Time
	edge    *web.Edge
	handler http.Handler

	public    *url.URL
	directory *federation.Directory
	records   sync.Map // what the DNS answers: TXT by host
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, store: storagetest.New(t), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	w.edge = web.New(web.Config{PublicURL: &url.URL{Scheme: "https", Host: "id.example.com"}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Now: w.clock, CookieKeys: [][]byte{bytes.Repeat([]byte{1}, 64), bytes.Repeat([]byte{2}, 32)}})
	w.public = &url.URL{Scheme: "https", Host: "id.example.com"}
	sealer, err := seal.Generate()
	w.must(err)
	w.directory = &federation.Directory{Store: w.store, Seal: sealer}
	routes := console.New(console.Config{Store: w.store, Now: w.clock, Edge: w.edge, Seal: sealer, PublicURL: w.public, Connections: w.directory,
		Domains: domain.Checker{Store: w.store, Resolver: w.resolver(), Now: w.clock}, Pepper: bytes.Repeat([]byte{3}, 32), AttemptLife: time.Minute}).Routes()
	for i, rt := range routes {
		if rt.Access != web.FreshSession {
			t.Fatalf("%v %s is open", rt.Methods, rt.Path)
		}
		routes[i].Handler = w.guard(rt.Handler)
	}
	router := mux.NewRouter()
	w.edge.Mount(router, routes)
	w.handler = w.edge.Handler(router)
	return w
}

func (w *world) clock() time.Time { return w.now }

func (w *world) guard(next web.HandlerFunc) web.HandlerFunc {
	return func(out http.ResponseWriter, r *http.Request) error {
		refs := session.References(w.edge.Cookies.Get(r, session.Cookie))
		s, err := session.Load(r.Context(), w.store, refs[0], w.now)
		if err != nil {
			return err
		}
		return next(out, r.WithContext(session.With(r.Context(), s)))
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) tenant(slug string) id.Tenant {
	w.t.Helper()
	t, err := tenant.Create(context.Background(), w.store, slug, "Tenant "+slug, policy.Default(), audit.Operator, w.now)
	w.must(err)
	return t
}

// signIn makes a person of that role and returns their cookie.
func (w *world) signIn(t id.Tenant, email, role string) string {
	w.t.Helper()
	ctx := context.Background()
	u, err := user.Create(ctx, w.store, t, user.New{Email: email, Role: role}, audit.Operator, w.now)
	w.must(err)
	a, binding, err := attempt.Begin(ctx, w.store, attempt.Start{Tenant: t, TenantBy: attempt.ByRequest, Purpose: attempt.Fresh, Life: time.Minute}, w.now)
	w.must(err)
	loaded, err := attempt.Load(ctx, w.store.Tenant(t), t, a, attempt.Presented{Binding: binding})
	w.must(err)
	loaded.User, loaded.Facts.Identifier = &u, email
	loaded.Prove(mfa.Proof{Kind: mfa.Password, At: w.now})
	binding, err = attempt.Advance(ctx, w.store, loaded, w.now, func(*storage.Tx) error { return nil })
	w.must(err)
	passed, err := (&gate.Gate{Store: w.store, Now: w.clock}).Finish(ctx, t, a, binding, gate.Browser{})
	w.must(err)
	return passed.Session.Text()
}

func (w *world) do(cookie, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = "id.example.com"
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	sealed := httptest.NewRecorder()
	w.must(w.edge.Cookies.Set(sealed, r, session.Cookie, cookie, 0))
	r.AddCookie(sealed.Result().Cookies()[0])
	out := httptest.NewRecorder()
	w.handler.ServeHTTP(out, r)
	return out
}

func (w *world) current(t id.Tenant) policy.Policy {
	w.t.Helper()
	p, err := tenant.CurrentPolicy(context.Background(), w.store, t)
	w.must(err)
	return p
}

func wantStatus(t *testing.T, got *httptest.ResponseRecorder, status int) {
	t.Helper()
	if got.Code != status {
		t.Fatalf("status %d, want %d: %.600s", got.Code, status, got.Body)
	}
}

func wantText(t *testing.T, got *httptest.ResponseRecorder, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(got.Body.String(), text) {
			t.Errorf("page lacks %q:\n%s", text, got.Body)
		}
	}
}

// old stores a document as an earlier version of the program wrote it.
func (w *world) old(t id.Tenant, version int32, document string) {
	w.t.Helper()
	w.must(w.store.InTenant(context.Background(), t, func(tx *storage.Tx) error {
		return tx.Later().CreatePolicyVersion(context.Background(), db.CreatePolicyVersionParams{TenantID: t, Version: version, Document: []byte(document), CreatedAt: w.now})
	}))
}
