package explain_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/text/language"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/explain"
	"sallyport/provider/tenant"
	"sallyport/provider/user"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/storagetest"
	"sallyport/templates"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

// world is one tenant with an administrator, a person who can be changed at will, and one connection.
type world struct {
	*storage.Store
	t           testing.TB
	admin       *pgx.Conn // stands outside the fence
	acme        id.Tenant
	boss, alice id.User
	entra       id.Connection
}

func newWorld(t testing.TB) *world {
	t.Helper()
	d := storagetest.NewDatabase(t)
	w := &world{Store: d.Open(t), t: t, admin: d.Admin(t)}
	var err error
	w.acme, err = tenant.Create(ctx, w.Store, "acme", "Acme", policy.Default(), audit.Operator, now)
	w.must(err)
	w.boss, w.alice = w.person("boss@acme.test", "owner"), w.person("alice@acme.test", "user")
	w.entra = w.connect("Entra")
	w.must(w.Tenant(w.acme).CreateClient(ctx, db.CreateClientParams{TenantID: w.acme, ID: "web", Name: "Web", ApplicationType: "web", AuthMethod: "none",
		RequirePkce: true, RedirectUris: []string{"https://rp.test/cb"}, PostLogoutRedirectUris: []string{}, GrantTypes: []string{"authorization_code"},
		Scopes: []string{"openid"}, Audience: []string{}, AccessTokenFormat: "opaque", IDTokenAlg: "ES256", CreatedAt: now}))
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) person(email, role string) id.User {
	w.t.Helper()
	u, err := user.Create(ctx, w.Store, w.acme, user.New{Email: email, Role: role, PasswordHash: "x", Confirmed: true}, audit.Operator, now)
	w.must(err)
	return u
}

func (w *world) connect(name string) id.Connection {
	w.t.Helper()
	c := id.NewConnection()
	w.must(w.Tenant(w.acme).CreateConnection(ctx, db.CreateConnectionParams{TenantID: w.acme, ID: c, Kind: "oidc", Name: name, Settings: []byte("{}"), CreatedAt: now}))
	return c
}

func (w *world) link(u id.User, c id.Connection) id.Identity {
	w.t.Helper()
	i := id.NewIdentity()
	w.must(w.Tenant(w.acme).CreateIdentity(ctx, db.CreateIdentityParams{TenantID: w.acme, ID: i, UserID: u, ConnectionID: c, Issuer: "https://idp.test",
		Subject: i.String(), CreatedAt: now}))
	return i
}

func (w *world) factor(u id.User, k mfa.Kind) id.Factor {
	w.t.Helper()
	f := id.NewFactor()
	w.must(w.Tenant(w.acme).CreateFactor(ctx, db.CreateFactorParams{TenantID: w.acme, ID: f, UserID: u, Kind: string(k), Name: "n", Secret: []byte{1}, CreatedAt: now}))
	return f
}

// codes gives the person n unused codes of a kind.
func (w *world) codes(u id.User, kind mfa.Kind, n int, expires time.Time) {
	w.t.Helper()
	var hashes [][]byte
	for range n {
		f := id.NewFactor()
		hashes = append(hashes, f.UUID[:])
	}
	w.must(w.Tenant(w.acme).IssuePersonal(ctx, db.IssuePersonalParams{TenantID: w.acme, Kind: string(kind), Owner: u.UUID, Data: []byte("{}"), Now: now,
		Expires: expires, Hashes: hashes}))
}

func (w *world) setPolicy(change func(*policy.Policy), author ...id.User) policy.Policy {
	w.t.Helper()
	p, err := tenant.CurrentPolicy(ctx, w.Store, w.acme)
	w.must(err)
	change(&p)
	var by *id.User
	if len(author) > 0 {
		by = &author[0]
	}
	w.must(tenant.SetPolicy(ctx, w.Store, w.acme, p, audit.Operator, by, audit.Origin{}, now))
	p.Version++
	return p
}

// exec changes what no query of ours may.
func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	tag, err := w.admin.Exec(ctx, sql, args...)
	w.must(err)
	if tag.RowsAffected() == 0 {
		w.t.Fatalf("nothing changed: %s", sql)
	}
}

// record writes a sign-in as the gate does and returns its event.
func (w *world) record(kind audit.Kind, u id.User, at time.Time, detail any) id.Event {
	w.t.Helper()
	w.must(w.InTenant(ctx, w.acme, func(tx *storage.Tx) error {
		return audit.Record(ctx, tx, w.acme, audit.Event{Kind: kind, At: at, Actor: audit.User(u), Target: audit.OnUser(u), Origin: audit.Origin{RequestID: "r-1"}, Detail: detail})
	}))
	rows, err := explain.List(ctx, w.Store, w.acme, &u)
	w.must(err)
	return rows[0].Event
}

func (w *world) explain(e id.Event) explain.Explained {
	w.t.Helper()
	x, err := explain.SignIn(ctx, w.Store, w.acme, e)
	w.must(err)
	return x
}

func (w *world) whatIf(q explain.Question) explain.Verdict {
	w.t.Helper()
	v, err := explain.WhatIf(ctx, w.Store, w.acme, q, now)
	w.must(err)
	return v
}

// english is what people read; a sentence without words fails.
func english(t testing.TB, sentences []explain.Sentence) string {
	t.Helper()
	var out []string
	for _, s := range sentences {
		text := templates.Say(language.English, s.Key, s.Data)
		if text == s.Key {
			t.Errorf("%s has no words for %v", s.Key, s.Data)
		}
		out = append(out, text)
	}
	return strings.Join(out, "\n")
}

func golden(t testing.TB, sentences []explain.Sentence, want string) {
	t.Helper()
	if got := english(t, sentences); got != strings.TrimSpace(want) {
		t.Errorf("got:\n%s\n\nwant:\n%s", got, strings.TrimSpace(want))
	}
}

// evidence accepts amr mfa of the last quarter of an hour as two factors.
func (w *world) evidence(mode policy.Exempt) func(*policy.Policy) {
	return func(p *policy.Policy) {
		e := policy.Exemption{Connection: w.entra, Mode: mode}
		if mode == policy.ByEvidence {
			e.Accept = mfa.GradeGood
			e.Evidence = []policy.Evidence{{AMR: []string{"mfa"}, MaxAge: 900, Grade: mfa.GradeGood, Level: "aal2"}, {AMR: []string{"mfa"}, Grade: mfa.GradeMedium, Level: "2sv"}}
		}
		p.SecondFactor, p.Exemptions = policy.Required, []policy.Exemption{e}
	}
}
