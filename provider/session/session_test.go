package session_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/session"
	"sallyport/provider/tenant"
	"sallyport/provider/token"
	"sallyport/provider/user"
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

// world is one tenant with one person; sessions and grants are written as the gate writes them.
type world struct {
	t        testing.TB
	database storagetest.Database
	store    *storage.Store
	acme     id.Tenant
	alice    id.User
}

func newWorld(t testing.TB) *world {
	t.Helper()
	d := storagetest.NewDatabase(t)
	w := &world{t: t, database: d, store: d.Open(t)}
	var err error
	w.acme, err = tenant.Create(ctx, w.store, "acme", "Acme", policy.Default(), audit.Operator, start)
	w.must(err)
	w.alice, err = user.Create(ctx, w.store, w.acme, user.New{Email: "alice@acme.test", Name: "Alice", Role: "admin"}, audit.Operator, start)
	w.must(err)
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) admin(sql string) {
	w.t.Helper()
	tag, err := w.database.Admin(w.t).Exec(ctx, sql)
	w.must(err)
	if tag.RowsAffected() == 0 {
		w.t.Fatalf("nothing changed: %s", sql)
	}
}

func (w *world) open() session.Reference {
	w.t.Helper()
	r := session.Reference{ID: id.NewSession(), Secret: token.New(token.Session, w.acme)}
	proofs, err := json.Marshal([]mfa.Proof{{Kind: mfa.Password, At: start}})
	w.must(err)
	w.must(w.store.Tenant(w.acme).CreateSession(ctx, db.CreateSessionParams{TenantID: w.acme, ID: r.ID, UserID: w.alice, SecretHash: r.Secret.Hash, Proofs: proofs, Now: start}))
	return r
}

func (w *world) grant(s id.Session) {
	w.t.Helper()
	w.must(w.store.Tenant(w.acme).CreateGrant(ctx, db.CreateGrantParams{TenantID: w.acme, ID: id.NewGrant(), UserID: w.alice, ClientID: "web", SessionID: s,
		Scopes: []string{}, Amr: []string{}, AuthTime: start, Proofs: []byte("[]"), CreatedAt: start, ExpiresAt: start.Add(time.Hour)}))
}

func (w *world) liveGrants(s id.Session) (n int) {
	w.t.Helper()
	w.must(w.database.Admin(w.t).QueryRow(ctx, "SELECT count(*) FROM grants WHERE session_id = $1 AND ended_at IS NULL", s.UUID).Scan(&n))
	return n
}

func (w *world) load(r session.Reference, at time.Time) (*session.Session, error) {
	return session.Load(ctx, w.store, r, at)
}

func (w *world) wantGone(what string, r session.Reference, at time.Time) {
	w.t.Helper()
	if s, err := w.load(r, at); !errors.Is(err, storage.ErrNotFound) || s != nil {
		w.t.Errorf("%s: %+v, %v, want ErrNotFound", what, s, err)
	}
}

func (w *world) in(do func(*storage.Tx) error) error { return w.store.InTenant(ctx, w.acme, do) }

func TestSessionIsReadWithItsUserAsTheyAreNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.open()
	s, err := w.load(r, start)
	w.must(err)
	if s.User != w.alice || s.Email != "alice@acme.test" || s.Role != "admin" || s.Slug != "acme" || s.Policy.Version != 1 || len(s.Proofs) != 1 {
		t.Errorf("session %+v", s)
	}
	w.admin("UPDATE users SET role = 'user', name = 'Alicia'")
	if s, err = w.load(r, start); err != nil || s.Role != "user" || s.Name != "Alicia" {
		t.Errorf("session %+v, %v", s, err)
	}
}

func TestSessionEndsByAgeToTheSecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.open()
	if _, err := w.load(r, start.Add(time.Hour)); err != nil {
		t.Errorf("idle to the end: %v", err)
	}
	w.wantGone("idle too long", r, start.Add(time.Hour+time.Second))
	s, err := w.load(r, start.Add(time.Hour))
	w.must(err)
	for at := start.Add(time.Hour); at.Before(start.Add(24 * time.Hour)); at = at.Add(50 * time.Minute) {
		w.must(s.Touch(ctx, w.store, at))
		s, err = w.load(r, at)
		w.must(err)
	}
	w.must(s.Touch(ctx, w.store, start.Add(24*time.Hour)))
	if _, err := w.load(r, start.Add(24*time.Hour)); err != nil {
		t.Errorf("a day old: %v", err)
	}
	w.wantGone("older than a day, though in use", r, start.Add(24*time.Hour+time.Second))
}

func TestTouchWritesAtMostOnceAMinute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.open()
	s, err := w.load(r, start)
	w.must(err)
	before := w.store.RoundTrips()
	w.must(s.Touch(ctx, w.store, start.Add(59*time.Second)))
	if w.store.RoundTrips() != before {
		t.Error("it asked the database")
	}
	w.must(s.Touch(ctx, w.store, start.Add(2*time.Minute)))
	if s, err = w.load(r, start); err != nil || !s.Seen.Equal(start.Add(2*time.Minute)) {
		t.Errorf("seen %v, %v", s.Seen, err)
	}
}

func TestSessionThatMustNotOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.open(), w.open()
	w.wantGone("another session's secret", session.Reference{ID: a.ID, Secret: b.Secret}, start)
	w.wantGone("a guessed secret", session.Reference{ID: a.ID, Secret: token.New(token.Session, w.acme)}, start)
	w.wantGone("an unknown session", session.Reference{ID: id.NewSession(), Secret: a.Secret}, start)
	elsewhere := a
	elsewhere.Secret.Tenant = id.NewTenant()
	w.wantGone("another tenant", elsewhere, start)
	w.wantGone("nothing", session.Reference{}, start)
}

func TestD08SessionEndsWithItsUserItsTenantAndItsPolicy(t *testing.T) {
	t.Parallel()
	for what, sql := range map[string]string{
		"disabled user": "UPDATE users SET disabled = true", "disabled tenant": "UPDATE tenants SET disabled = true",
		"ended": "UPDATE sessions SET ended_at = now()", "unreadable policy": "INSERT INTO policies (tenant_id, version, document, created_at) SELECT tenant_id, 2, '{}', now() FROM tenants",
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r := w.open()
			w.admin(sql)
			w.wantGone(what, r, start)
		})
	}
}
