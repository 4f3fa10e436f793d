package account_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"time"

	"sallyport/mfa"
	"sallyport/provider/attempt"
	"sallyport/provider/gate"
	"sallyport/provider/session"
	"sallyport/provider/user"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// person is a user with what their sign-ins have brought.
type person struct {
	w      *world
	tenant id.Tenant
	id     id.User
	email  string
	factor id.Factor
}

func (w *world) person(t id.Tenant, email, role string) *person {
	w.t.Helper()
	u, err := user.Create(context.Background(), w.store, t, user.New{Email: email, Name: "Name of " + email, Role: role}, audit.Operator, w.clock.Now())
	w.must(err)
	return &person{w: w, tenant: t, id: u, email: email}
}

// enrol gives the person a factor of that name, on record since now.
func (p *person) enrol(name string) id.Factor {
	p.w.t.Helper()
	f, now := id.NewFactor(), p.w.clock.Now()
	p.w.must(p.w.store.Tenant(p.tenant).CreateFactor(context.Background(), db.CreateFactorParams{TenantID: p.tenant, ID: f, UserID: p.id,
		Kind: string(mfa.TOTP), Name: name, Secret: []byte("sealed"), CreatedAt: now, LastUsedAt: &now}))
	p.factor = f
	return f
}

// browser is one browser of the person, signed in.
type browser struct {
	p      *person
	id     id.Session
	cookie string
	access string // an access token that a client got from this browser's sign-in
}

// signIn walks a whole attempt: password, and the factor where the person has one; for the client when it is named.
func (p *person) signIn(agent, client string) *browser {
	p.w.t.Helper()
	ctx, now := context.Background(), p.w.clock.Now()
	start := attempt.Start{Tenant: p.tenant, TenantBy: attempt.ByRequest, Purpose: attempt.Fresh, Life: time.Minute}
	if client != "" {
		start.Purpose, start.ClientID, start.Request.Scopes = attempt.Authorize, client, []string{"openid", "email"}
	}
	a, binding, err := attempt.Begin(ctx, p.w.store, start, now)
	p.w.must(err)
	loaded, err := attempt.Load(ctx, p.w.store.Tenant(p.tenant), p.tenant, a, attempt.Presented{Binding: binding})
	p.w.must(err)
	p.prove(loaded, client)
	binding, err = attempt.Advance(ctx, p.w.store, loaded, now, func(*storage.Tx) error { return nil })
	p.w.must(err)
	passed, err := p.w.gate.Finish(ctx, p.tenant, a, binding, gate.Browser{Agent: agent})
	p.w.must(err)
	b := &browser{p: p, id: passed.Session.ID, cookie: passed.Session.Text()}
	if client != "" {
		tokens, err := p.w.gate.RedeemCode(ctx, gate.CodeRequest{Code: passed.Code, ClientID: client})
		p.w.must(err)
		b.access = tokens.Access.Text
	}
	return b
}

func (p *person) prove(a *attempt.Attempt, client string) {
	a.User, a.Facts.Identifier = &p.id, p.email
	a.Prove(mfa.Proof{Kind: mfa.Password, At: p.w.clock.Now()})
	if !p.factor.IsZero() {
		a.Prove(mfa.Proof{Kind: mfa.TOTP, At: p.w.clock.Now(), Factor: p.factor})
	}
	if client != "" {
		a.Facts.Consent = []string{"openid", "email"}
	}
}

func (w *world) client(t id.Tenant, name string) {
	w.t.Helper()
	w.must(w.store.Tenant(t).CreateClient(context.Background(), db.CreateClientParams{TenantID: t, ID: name, Name: "App " + name, ApplicationType: "native",
		AuthMethod: "none", RedirectUris: []string{}, PostLogoutRedirectUris: []string{}, GrantTypes: []string{"authorization_code"}, Scopes: []string{"openid", "email"},
		Audience: []string{}, RequirePkce: true, AccessTokenFormat: "opaque", IDTokenAlg: "ES256", CreatedAt: w.clock.Now()}))
}

func (b *browser) get(target string) *httptest.ResponseRecorder {
	b.p.w.t.Helper()
	return b.p.w.do(b, http.MethodGet, target, "")
}

func (b *browser) post(target string) *httptest.ResponseRecorder {
	b.p.w.t.Helper()
	return b.p.w.do(b, http.MethodPost, target, "")
}

func (b *browser) alive() bool {
	b.p.w.t.Helper()
	_, err := session.Load(context.Background(), b.p.w.store, session.References(b.cookie)[0], b.p.w.clock.Now())
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		b.p.w.t.Fatal(err)
	}
	return err == nil
}
