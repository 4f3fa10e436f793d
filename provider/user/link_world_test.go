package user_test

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"sallyport/provider/notify"
	"sallyport/provider/token"
	"sallyport/provider/user"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/seal"
	"sallyport/storage/storagetest"
)

// desk is a tenant whose people are sent links.
type desk struct {
	t        *testing.T
	database storagetest.Database
	store    *storage.Store
	links    user.Links
	tenant   id.Tenant
	now      time.Time
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	sealer, err := seal.Generate()
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, database: storagetest.NewDatabase(t), now: now}
	d.store = d.database.Open(t)
	d.links = user.Links{Store: d.store, Outbox: notify.Outbox{Seal: sealer, PublicURL: &url.URL{Scheme: "https", Host: "id.test"}}}
	d.tenant = acme(t, d.store)
	return d
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) cause(by audit.Actor) user.Cause {
	return user.Cause{By: by, From: audit.Origin{RequestID: "r", Address: netip.MustParseAddr("192.0.2.7")}, Locale: "nb", Now: d.now}
}

// person has a password, a session with a grant, a trusted device, and no confirmed address.
func (d *desk) person(email string) id.User {
	d.t.Helper()
	u, err := user.Create(ctx, d.store, d.tenant, user.New{Email: email, Role: "user", PasswordHash: "old"}, audit.Operator, d.now)
	d.must(err)
	d.signedIn(u)
	return u
}

func (d *desk) signedIn(u id.User) id.Session {
	d.t.Helper()
	q, s := d.store.Tenant(d.tenant), id.NewSession()
	d.must(q.CreateSession(ctx, db.CreateSessionParams{TenantID: d.tenant, ID: s, UserID: u, SecretHash: token.Hash(s.String()), Proofs: []byte("[]"), Now: d.now}))
	d.must(q.CreateGrant(ctx, db.CreateGrantParams{TenantID: d.tenant, ID: id.NewGrant(), UserID: u, ClientID: "app", SessionID: s, Scopes: []string{},
		Acr: "a", Amr: []string{}, AuthTime: d.now, Proofs: []byte("[]"), CreatedAt: d.now, ExpiresAt: d.now.Add(time.Hour)}))
	d.must(q.CreateDevice(ctx, db.CreateDeviceParams{TenantID: d.tenant, ID: id.NewDevice(), UserID: u, PolicyVersion: 1, CreatedAt: d.now, ExpiresAt: d.now.Add(time.Hour)}))
	return s
}

func (d *desk) enrol(u id.User, kind string) id.Factor {
	d.t.Helper()
	f := id.NewFactor()
	d.must(d.store.Tenant(d.tenant).CreateFactor(ctx, db.CreateFactorParams{TenantID: d.tenant, ID: f, UserID: u, Kind: kind, Name: kind, Secret: []byte("s"), CreatedAt: d.now}))
	return f
}

// pending is a sign-in of the person that is not over, with what it has shown.
func (d *desk) pending(u id.User, facts string) id.Attempt {
	d.t.Helper()
	a := id.NewAttempt()
	d.must(d.store.Tenant(d.tenant).CreateAttempt(ctx, db.CreateAttemptParams{TenantID: d.tenant, ID: a, Binding: []byte("b"), Purpose: "fresh",
		Request: []byte("{}"), UserID: &u, Facts: []byte(facts), CreatedAt: d.now, ExpiresAt: d.now.Add(time.Hour)}))
	return a
}

func (d *desk) count(query string, args ...any) (n int) {
	d.t.Helper()
	d.must(d.database.Admin(d.t).QueryRow(ctx, query, args...).Scan(&n))
	return n
}

func (d *desk) exec(query string, args ...any) {
	d.t.Helper()
	_, err := d.database.Admin(d.t).Exec(ctx, query, args...)
	d.must(err)
}

// live counts what lets a browser in: sessions, grants and trusted devices.
func (d *desk) live(u id.User) int {
	d.t.Helper()
	return d.count(`SELECT (SELECT count(*) FROM sessions WHERE user_id = $1 AND ended_at IS NULL) + (SELECT count(*) FROM grants WHERE user_id = $1 AND ended_at IS NULL)
		+ (SELECT count(*) FROM trusted_devices WHERE user_id = $1 AND ended_at IS NULL)`, u.UUID)
}

func (d *desk) user(u id.User) db.User {
	d.t.Helper()
	row, err := d.store.Tenant(d.tenant).UserByID(ctx, db.UserByIDParams{TenantID: d.tenant, ID: u})
	d.must(err)
	return row
}

// mails are all of a kind, oldest first.
func (d *desk) mails(kind notify.Kind) (all []db.Message) {
	d.t.Helper()
	rows, err := d.database.Admin(d.t).Query(ctx, "SELECT tenant_id, id, recipient, locale, secret, expires_at, data FROM messages WHERE kind = $1 ORDER BY id", string(kind))
	d.must(err)
	defer rows.Close()
	for rows.Next() {
		var m db.Message
		d.must(rows.Scan(&m.TenantID, &m.ID, &m.Recipient, &m.Locale, &m.Secret, &m.ExpiresAt, &m.Data))
		all = append(all, m)
	}
	d.must(rows.Err())
	return all
}

// link is the secret in the newest mail of the kind.
func (d *desk) link(kind notify.Kind, path string) string {
	d.t.Helper()
	all := d.mails(kind)
	if len(all) == 0 {
		d.t.Fatalf("no mail %s", kind)
	}
	secret, err := notify.Open(d.links.Outbox.Seal, all[len(all)-1])
	d.must(err)
	text, ours := strings.CutPrefix(secret.Link, "https://id.test/"+path+"/")
	if !ours {
		d.t.Fatalf("link %q", secret.Link)
	}
	return text
}

func (d *desk) askReset(key string) string {
	d.t.Helper()
	d.must(d.links.AskReset(ctx, d.tenant, key, d.cause(audit.Anyone)))
	return d.link(notify.PasswordReset, "password")
}

func (d *desk) reset(text string) error {
	return user.ResetPassword(ctx, d.store, text, "new", d.cause(audit.Anyone))
}

func (d *desk) confirm(text string) error {
	return user.Confirm(ctx, d.store, text, d.cause(audit.Anyone))
}

func (d *desk) askChange(u id.User, to string) string {
	d.t.Helper()
	d.must(d.links.AskChange(ctx, d.tenant, u, to, d.cause(audit.User(u))))
	return d.link(notify.EmailChange, "email")
}

func (d *desk) askConfirmation(u id.User) string {
	d.t.Helper()
	if sent, err := d.links.AskConfirmation(ctx, d.tenant, u, d.cause(audit.User(u))); err != nil || !sent {
		d.t.Fatalf("sent %v, %v", sent, err)
	}
	return d.link(notify.EmailConfirm, "email")
}

// objection is a link as notices carry it.
func (d *desk) objection(u id.User) string {
	d.t.Helper()
	s := token.New(token.Objection, d.tenant)
	d.must(d.store.Tenant(d.tenant).IssuePersonal(ctx, db.IssuePersonalParams{TenantID: d.tenant, Kind: "objection", Owner: u.UUID, Data: []byte("{}"),
		Now: d.now, Expires: d.now.Add(time.Hour), Hashes: [][]byte{s.Hash}}))
	return s.Text
}

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}
