package gate_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/attempt"
	"sallyport/provider/gate"
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
	lives = gate.Lives{Code: time.Minute, Access: 5 * time.Minute, RefreshIdle: time.Hour, RefreshAbsolute: 3 * time.Hour}
)

const redirect, verifier = "https://rp.test/cb", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// world is one tenant with one person and two clients, and a clock that the test turns.
type world struct {
	*storage.Store
	*gate.Gate
	t        testing.TB
	database storagetest.Database
	now      time.Time
	acme     id.Tenant
	alice    id.User
	phone    id.Factor // zero until enrolled
}

func newWorld(t testing.TB) *world {
	t.Helper()
	d := storagetest.NewDatabase(t)
	return worldOn(t, d, d.Open(t))
}

func worldOn(t testing.TB, d storagetest.Database, s *storage.Store) *world {
	t.Helper()
	w := &world{Store: s, t: t, database: d, now: start}
	w.Gate = w.instance(s)
	var err error
	w.acme, err = tenant.Create(ctx, s, "acme", "Acme", policy.Default(), audit.Operator, start)
	w.must(err)
	w.alice, err = user.Create(ctx, s, w.acme, user.New{Email: "alice@acme.test", Role: "user"}, audit.Operator, start)
	w.must(err)
	for _, client := range []string{"web", "web2"} {
		w.must(s.Tenant(w.acme).CreateClient(ctx, db.CreateClientParams{TenantID: w.acme, ID: client, Name: client, ApplicationType: "web", AuthMethod: "none",
			RequirePkce: true, RedirectUris: []string{redirect}, PostLogoutRedirectUris: []string{}, GrantTypes: []string{"authorization_code", "refresh_token"},
			Scopes: []string{"openid", "email", "offline_access"}, Audience: []string{}, AccessTokenFormat: "opaque", IDTokenAlg: "ES256", CreatedAt: start}))
	}
	return w
}

// instance is one more server on the same database.
func (w *world) instance(s *storage.Store) *gate.Gate {
	return &gate.Gate{Store: s, Now: func() time.Time { return w.now }, Lives: lives}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) enrol() {
	w.t.Helper()
	w.phone = id.NewFactor()
	w.must(w.Store.Tenant(w.acme).CreateFactor(ctx, db.CreateFactorParams{TenantID: w.acme, ID: w.phone, UserID: w.alice, Kind: "totp", Name: "phone", Secret: []byte{1}, CreatedAt: w.now}))
}

func (w *world) setPolicy(change func(*policy.Policy)) {
	w.t.Helper()
	p, err := tenant.CurrentPolicy(ctx, w.Store, w.acme)
	w.must(err)
	change(&p)
	w.must(tenant.SetPolicy(ctx, w.Store, w.acme, p, audit.Operator, nil, audit.Origin{}, w.now))
}

// admin changes what no query of ours may.
func (w *world) admin(sql string, args ...any) {
	w.t.Helper()
	tag, err := w.database.Admin(w.t).Exec(ctx, sql, args...)
	w.must(err)
	if tag.RowsAffected() == 0 {
		w.t.Fatalf("nothing changed: %s", sql)
	}
}

func (w *world) count(sql string, args ...any) (n int) {
	w.t.Helper()
	w.must(w.database.Admin(w.t).QueryRow(ctx, sql, args...).Scan(&n))
	return n
}

// open is an attempt with the secret that the browser holds.
type open struct {
	id      id.Attempt
	binding string
}

// begin starts an attempt; complete adds all that Finish asks for.
func (w *world) begin(change ...func(*attempt.Start)) open {
	w.t.Helper()
	s := attempt.Start{Tenant: w.acme, Purpose: attempt.Authorize, ClientID: "web", Life: time.Hour, Request: attempt.Request{RedirectURI: redirect,
		Challenge: challenge(verifier), Nonce: "n-1", Scopes: []string{"openid", "email", "offline_access"}}}
	for _, c := range change {
		c(&s)
	}
	i, binding, err := attempt.Begin(ctx, w.Store, s, w.now)
	w.must(err)
	return open{i, binding}
}

func (w *world) advance(o open, change func(*attempt.Attempt)) open {
	w.t.Helper()
	a, err := attempt.Load(ctx, w.Store.Tenant(w.acme), w.acme, o.id, attempt.Presented{Binding: o.binding})
	w.must(err)
	change(a)
	binding, err := attempt.Advance(ctx, w.Store, a, w.now, func(*storage.Tx) error { return nil })
	w.must(err)
	if binding != "" {
		o.binding = binding
	}
	return o
}

func (w *world) complete(o open) open {
	w.t.Helper()
	return w.advance(o, func(a *attempt.Attempt) {
		a.User = &w.alice
		a.Prove(mfa.Proof{Kind: mfa.Password, At: w.now})
		if !w.phone.IsZero() {
			a.Prove(mfa.Proof{Kind: mfa.TOTP, At: w.now, Factor: w.phone})
		}
		if a.Purpose == attempt.Authorize {
			a.Facts.Consent = a.Request.Scopes
		}
	})
}

func (w *world) finish(o open) (gate.Passed, error) {
	return w.Finish(ctx, w.acme, o.id, o.binding, gate.Browser{Agent: "test"})
}

// signIn is a whole sign-in.
func (w *world) signIn() gate.Passed {
	w.t.Helper()
	p, err := w.finish(w.complete(w.begin()))
	w.must(err)
	return p
}

func (w *world) redeem(code string, change ...func(*gate.CodeRequest)) (gate.Tokens, error) {
	r := gate.CodeRequest{Code: code, ClientID: "web", RedirectURI: redirect, Verifier: verifier, Refreshes: true}
	for _, c := range change {
		c(&r)
	}
	return w.RedeemCode(ctx, r)
}

// tokens is a whole sign-in with its code redeemed.
func (w *world) tokens() gate.Tokens {
	w.t.Helper()
	out, err := w.redeem(w.signIn().Code)
	w.must(err)
	return out
}

func (w *world) refresh(s token.Secret, scopes ...string) (gate.Tokens, error) {
	return w.Refresh(ctx, gate.RefreshRequest{Token: s.Text, ClientID: "web", Scopes: scopes})
}

func (w *world) live(access token.Secret) bool {
	w.t.Helper()
	_, err := w.Store.Tenant(w.acme).LiveAccessToken(ctx, db.LiveAccessTokenParams{TenantID: w.acme, Hash: access.Hash, Now: w.now})
	return err == nil
}

func (w *world) session(r session.Reference) error {
	_, err := session.Load(ctx, w.Store, r, w.now)
	return err
}

func (w *world) endSession(i id.Session) {
	w.t.Helper()
	w.must(w.InTenant(ctx, w.acme, func(tx *storage.Tx) error {
		return session.End(ctx, tx, w.acme, w.alice, i, "test", audit.User(w.alice), audit.Origin{}, w.now)
	}))
}

func (w *world) events(k audit.Kind) (out []db.AuditEvent) {
	w.t.Helper()
	rows, err := w.Store.Tenant(w.acme).ListEvents(ctx, db.ListEventsParams{TenantID: w.acme, Limit: 1000})
	w.must(err)
	for _, r := range rows {
		if audit.Kind(r.Kind) == k {
			out = append(out, r)
		}
	}
	return out
}

// disabling is what may be switched off while somebody is on the way (A09).
func (w *world) disabling() map[string]string {
	return map[string]string{
		"user":   "UPDATE users SET disabled = true",
		"tenant": "UPDATE tenants SET disabled = true",
		"client": "UPDATE clients SET disabled = true WHERE id = 'web'",
	}
}

func long(s string, n int) string { return strings.Repeat(s, n) }
