package federation_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/provider/federation/oidcrp"
	"sallyport/provider/tenant"
	"sallyport/provider/user"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/id"
	"sallyport/storage/seal"
	"sallyport/storage/storagetest"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

const (
	home    = "11111111-2222-4333-8444-555555555555" // a directory of Entra
	foreign = "99999999-2222-4333-8444-555555555555"
	object  = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
	idp     = "https://idp.acme.test"
)

// world is a tenant, acme, and a domain of its own, acme.test.
type world struct {
	t        *testing.T
	database storagetest.Database
	store    *storage.Store
	seal     *seal.Sealer
	acme     id.Tenant
}

func newWorld(t *testing.T) *world {
	t.Helper()
	d := storagetest.NewDatabase(t)
	w := &world{t: t, database: d, store: d.OpenWith(t, storage.Options{MaxConnections: 1})}
	var err error
	w.seal, err = seal.Generate()
	w.must(err)
	w.acme, err = tenant.Create(ctx, w.store, "acme", "Acme", policy.Default(), audit.Operator, start)
	w.must(err)
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// draft is a connection of the kind that has everything it needs.
func draft(t id.Tenant, k federation.Kind) federation.Connection {
	s := k.Defaults()
	s.ClientID = "sallyport"
	switch k {
	case federation.Entra:
		s.Issuer = "https://login.microsoftonline.com/" + home + "/v2.0"
	case federation.Google:
		s.Directories = []string{"acme.test"}
	default:
		s.Issuer = idp
	}
	return federation.Connection{Tenant: t, Kind: k, Name: string(k), Settings: s}
}

// connect makes a connection that links and creates, unless change says otherwise.
func (w *world) connect(k federation.Kind, change func(*federation.Settings)) federation.Connection {
	w.t.Helper()
	c := draft(w.acme, k)
	c.Settings.Addresses, c.Settings.Create, c.Settings.LinkByAddress = federation.Verified, true, true
	if change != nil {
		change(&c.Settings)
	}
	var err error
	c.ID, err = federation.Create(ctx, w.store, w.seal, c, "s3cret", audit.Operator, audit.Origin{}, start)
	w.must(err)
	c.Version = 1
	return c
}

func (w *world) user(email, role string, confirmed bool) id.User {
	w.t.Helper()
	u, err := user.Create(ctx, w.store, w.acme, user.New{Email: email, Name: "Local", Role: role, PasswordHash: "hash", Confirmed: confirmed}, audit.Operator, start)
	w.must(err)
	return u
}

// proven: acme.test alone is acme's.
func proven(domain string) (bool, error) { return domain == "acme.test", nil }

func (w *world) arrive(c federation.Connection, p federation.Person) (federation.Arrival, error) {
	return federation.Arrive(ctx, w.store, c, p, proven, start)
}

func (w *world) write(a federation.Arrival) error {
	return w.store.InTenant(ctx, w.acme, func(tx *storage.Tx) error { return a.Write(ctx, tx, audit.User(a.User), audit.Origin{}, start) })
}

// arrived is somebody who came all the way.
func (w *world) arrived(c federation.Connection, p federation.Person) federation.Arrival {
	w.t.Helper()
	a, err := w.arrive(c, p)
	w.must(err)
	w.must(w.write(a))
	return a
}

func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	w.must(w.database.Admin(w.t).QueryRow(ctx, query, args...).Scan(&n))
	return n
}

func (w *world) text(query string, args ...any) (s string) {
	w.t.Helper()
	w.must(w.database.Admin(w.t).QueryRow(ctx, query, args...).Scan(&s))
	return s
}

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	tag, err := w.database.Admin(w.t).Exec(ctx, query, args...)
	w.must(err)
	if tag.RowsAffected() == 0 {
		w.t.Fatalf("nothing changed: %s", query)
	}
}

// told is a token as oidcrp hands it over.
func told(t testing.TB, issuer, subject, document string) oidcrp.Token {
	t.Helper()
	token := oidcrp.Token{Issuer: issuer, Subject: subject}
	if err := json.Unmarshal([]byte(document), &token.Claims); err != nil {
		t.Fatal(err)
	}
	return token
}

func kari() federation.Person {
	return federation.Person{Issuer: idp, Subject: "kari", Label: "kari@acme.test", Email: "kari@acme.test", EmailTrusted: true, Name: "Kari", GroupsKnown: true}
}
