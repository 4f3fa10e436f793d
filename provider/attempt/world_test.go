package attempt_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/attempt"
	"sallyport/provider/tenant"
	"sallyport/provider/user"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/storagetest"
)

var ctx = context.Background()

func passwordProof(at time.Time) mfa.Proof { return mfa.Proof{Kind: mfa.Password, At: at} }

// world is one tenant with one person, one client and another tenant beside it.
type world struct {
	*storage.Store
	t           testing.TB
	acme, other id.Tenant
	alice       id.User
}

func newWorld(t testing.TB, mode policy.Mode) *world {
	t.Helper()
	w := &world{Store: storagetest.New(t), t: t}
	w.acme, w.other = w.tenant("acme", mode), w.tenant("globex", mode)
	w.alice = w.user(w.acme, "alice@acme.test")
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

func (w *world) tenant(slug string, mode policy.Mode) id.Tenant {
	w.t.Helper()
	p := policy.Default()
	p.SecondFactor = mode
	t, err := tenant.Create(ctx, w.Store, slug, slug, p, audit.Operator, now)
	w.must(err)
	return t
}

func (w *world) user(t id.Tenant, email string) id.User {
	w.t.Helper()
	u, err := user.Create(ctx, w.Store, t, user.New{Email: email, Role: "user"}, audit.Operator, now)
	w.must(err)
	return u
}

func (w *world) factor(t id.Tenant, u id.User) id.Factor {
	w.t.Helper()
	f := id.NewFactor()
	w.must(w.Tenant(t).CreateFactor(ctx, db.CreateFactorParams{TenantID: t, ID: f, UserID: u, Kind: "totp", Name: "phone", Secret: []byte{1}, CreatedAt: now}))
	return f
}

// open is an attempt with the secret that the browser holds.
type open struct {
	tenant  id.Tenant
	id      id.Attempt
	binding string
}

func (w *world) begin(t id.Tenant, change ...func(*attempt.Start)) open {
	w.t.Helper()
	start := attempt.Start{Tenant: t, Purpose: attempt.Authorize, ClientID: "web", Life: time.Hour,
		Request: attempt.Request{RedirectURI: "https://rp.test/cb", Scopes: []string{"openid"}}}
	for _, c := range change {
		c(&start)
	}
	i, binding, err := attempt.Begin(ctx, w.Store, start, now)
	w.must(err)
	return open{t, i, binding}
}

func (w *world) load(o open) *attempt.Attempt {
	w.t.Helper()
	a, err := attempt.Load(ctx, w.Tenant(o.tenant), o.tenant, o.id, attempt.Presented{Binding: o.binding})
	w.must(err)
	return a
}

func nothing(*storage.Tx) error { return nil }

// advance changes the facts and follows the new secret.
func (w *world) advance(o open, change func(*attempt.Attempt)) open {
	w.t.Helper()
	a := w.load(o)
	change(a)
	binding, err := attempt.Advance(ctx, w.Store, a, now, nothing)
	w.must(err)
	o.tenant = a.Tenant
	if binding != "" {
		o.binding = binding
	}
	return o
}

func (w *world) wantOtherBrowser(what string, t id.Tenant, i id.Attempt, binding string) {
	w.t.Helper()
	if _, err := attempt.Load(ctx, w.Tenant(t), t, i, attempt.Presented{Binding: binding}); !errors.Is(err, attempt.ErrOtherBrowser) {
		w.t.Errorf("%s: %v, want ErrOtherBrowser", what, err)
	}
}

func (w *world) events() []audit.Kind {
	w.t.Helper()
	rows, err := w.Tenant(w.acme).ListEvents(ctx, db.ListEventsParams{TenantID: w.acme, Limit: 1000})
	w.must(err)
	var out []audit.Kind
	for _, r := range rows {
		out = append(out, audit.Kind(r.Kind))
	}
	return out
}
