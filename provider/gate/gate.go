// Package gate is the one door to what Sallyport issues: sessions, authorization codes and tokens.
//
// Every path ends here, and here the facts on record are read again and judged again by attempt.Next
// and policy.Decide, inside the transaction that issues. No other code writes sessions, grants,
// codes, refresh or access tokens. Callers are provider/issuer (callback, token endpoint) and
// provider/signin (the end of an attempt for a page of ours).
//
// It stands apart from provider/issuer so that the rule "who may have what" has no HTTP, no JSON and no
// protocol library around it.
package gate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/attempt"
	"sallyport/provider/session"
	"sallyport/provider/token"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// Gate issues.
type Gate struct {
	Store *storage.Store
	Now   func() time.Time
	Lives Lives
}

// Lives is how long what is issued lives.
type Lives struct {
	Code, Access, RefreshIdle, RefreshAbsolute time.Duration
}

// ErrNotDone says that the attempt is not at its end: something is unproven, or it was finished before.
var ErrNotDone = errors.New("attempt is not done")

// Browser is where the person is.
type Browser struct {
	Origin audit.Origin
	Agent  string
}

// Passed is what a finished attempt gives.
type Passed struct {
	Attempt *attempt.Attempt
	// Session is for the browser's cookie; its secret is empty when the old one stays valid.
	Session session.Reference
	// Code is for the client; empty for an attempt that was not for one.
	Code string
	// Device is for the browser's cookie when it is trusted from now on, for DeviceLife.
	Device     token.Secret
	DeviceLife time.Duration
}

// CodeData is what the token endpoint must find unchanged.
type CodeData struct {
	RedirectURI string `json:"redirect_uri,omitempty"`
	Challenge   string `json:"code_challenge,omitempty"`
	Nonce       string `json:"nonce,omitempty"`
}

// Finish judges the attempt a last time and issues its session and code, once.
// Errors: ErrNotDone, attempt.ErrOtherBrowser, or of storage. Two round trips.
func (g *Gate) Finish(ctx context.Context, t id.Tenant, a id.Attempt, binding string, from Browser) (Passed, error) {
	var p Passed
	now := g.Now()
	err := g.Store.InTenant(ctx, t, func(tx *storage.Tx) error {
		loaded, err := attempt.Load(ctx, tx.Now(), t, a, attempt.Presented{Binding: binding, Address: from.Origin.Address})
		if err != nil {
			return err
		}
		step, decision := loaded.Next(now)
		if step != attempt.StepDone || !decision.Satisfied() {
			return fmt.Errorf("%w: %s", ErrNotDone, step)
		}
		p.Attempt = loaded
		return g.pass(ctx, tx, &p, decision, from, now)
	})
	if errors.Is(err, storage.ErrConflict) {
		// Another request finished it, or user, tenant or client were disabled in between (A09, E11).
		return Passed{}, fmt.Errorf("%w: %w", ErrNotDone, err)
	}
	if err != nil {
		return Passed{}, fmt.Errorf("finish attempt: %w", err)
	}
	return p, nil
}

func (g *Gate) pass(ctx context.Context, tx *storage.Tx, p *Passed, d policy.Decision, from Browser, now time.Time) error {
	a := p.Attempt
	if err := a.Finish(ctx, tx, now); err != nil {
		return err
	}
	if err := g.openSession(ctx, tx, p, d, from, now); err != nil {
		return err
	}
	if err := g.keepConsent(ctx, tx, a, from, now); err != nil {
		return err
	}
	if a.Purpose == attempt.Authorize {
		if err := g.issueCode(ctx, tx, p, d, now); err != nil {
			return err
		}
	}
	if err := errors.Join(trust(ctx, tx, p, d, from, now), own(ctx, tx, a, d), g.breakGlass(ctx, tx, a, d, from, now)); err != nil {
		return err
	}
	told := attempt.Tell(a, d, now)
	told.Session = p.Session.ID
	return audit.Record(ctx, tx, a.Tenant, audit.Event{Kind: audit.SignInDone, At: now, Actor: audit.User(*a.User),
		Target: audit.OnUser(*a.User), Origin: from.Origin, Detail: told})
}

// own: what was shown beside a password that came by mail, and does not itself hang on the mailbox, makes it the
// person's own.
func own(ctx context.Context, tx *storage.Tx, a *attempt.Attempt, d policy.Decision) error {
	independent := slices.ContainsFunc(d.Counted, func(p mfa.Proof) bool { return p.Kind.Second() && p.Kind != mfa.Email })
	if !a.Person.PasswordByMail || !independent {
		return nil
	}
	return tx.Later().PasswordIsOwn(ctx, db.PasswordIsOwnParams{TenantID: a.Tenant, ID: *a.User})
}

// breakGlass: whoever is bound by no rule is watched.
func (g *Gate) breakGlass(ctx context.Context, tx *storage.Tx, a *attempt.Attempt, d policy.Decision, from Browser, now time.Time) error {
	if !d.BreakGlass {
		return nil
	}
	return audit.Record(ctx, tx, a.Tenant, audit.Event{Kind: audit.BreakGlass, At: now, Actor: audit.User(*a.User), Target: audit.OnUser(*a.User),
		Origin: from.Origin, Detail: map[string]any{"attempt": a.ID, "acr": d.Reached.ACR()}})
}

// openSession renews the session that was brought, with a new secret when something was proven
// (gauntlet D02), or opens one.
func (g *Gate) openSession(ctx context.Context, tx *storage.Tx, p *Passed, d policy.Decision, from Browser, now time.Time) error {
	a := p.Attempt
	renew, upstream := a.Session != nil && a.Brought != nil && a.Brought.Live(*a.Policy, now), upstreamOf(d.Counted)
	if renew && len(a.Facts.Proofs) == 0 {
		p.Session = session.Reference{ID: *a.Session}
		// Single sign-on is use: whoever works in applications all day is not idle.
		return tx.Later().TouchSession(ctx, db.TouchSessionParams{TenantID: a.Tenant, ID: *a.Session, Now: now})
	}
	secret := token.New(token.Session, a.Tenant)
	proofs := d.Counted
	if renew {
		proofs = a.Policy.Weighed(merge(a.Brought.Proofs, a.Facts.Proofs))
	}
	encoded, err := json.Marshal(proofs)
	if err != nil {
		return fmt.Errorf("encode proofs: %w", err)
	}
	if renew {
		p.Session = session.Reference{ID: *a.Session, Secret: secret}
		return tx.Later().RenewSession(ctx, db.RenewSessionParams{TenantID: a.Tenant, ID: *a.Session, UserID: *a.User,
			SecretHash: secret.Hash, Proofs: encoded, Upstream: upstream, Now: now})
	}
	p.Session = session.Reference{ID: id.NewSession(), Secret: secret}
	return tx.Later().CreateSession(ctx, db.CreateSessionParams{TenantID: a.Tenant, ID: p.Session.ID, UserID: *a.User, SecretHash: secret.Hash,
		Proofs: encoded, Now: now, Address: from.address(), Agent: cut(from.Agent, 200), Upstream: upstream})
}

// merge keeps the newest proof of each authenticator.
func merge(old, fresh []mfa.Proof) []mfa.Proof {
	out := slices.Clone(fresh)
	for _, o := range old {
		same := func(f mfa.Proof) bool {
			return f.Kind == o.Kind && f.Factor == o.Factor && f.Upstream.Connection == o.Upstream.Connection
		}
		if !slices.ContainsFunc(fresh, same) {
			out = append(out, o)
		}
	}
	return out
}

func (b Browser) address() string {
	if !b.Origin.Address.IsValid() {
		return ""
	}
	return b.Origin.Address.String()
}

// cut keeps what Postgres can store: the name of a browser is whatever it sent.
func cut(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
}

func (g *Gate) keepConsent(ctx context.Context, tx *storage.Tx, a *attempt.Attempt, from Browser, now time.Time) error {
	if a.Facts.Consent == nil {
		return nil
	}
	if err := tx.Later().GiveConsent(ctx, db.GiveConsentParams{TenantID: a.Tenant, UserID: *a.User, ClientID: a.ClientID,
		Scopes: a.Facts.Consent, AttemptID: a.ID, GrantedAt: now}); err != nil {
		return err
	}
	return audit.Record(ctx, tx, a.Tenant, audit.Event{Kind: audit.ConsentGiven, At: now, Actor: audit.User(*a.User), Target: audit.OnUser(*a.User),
		Origin: from.Origin, Detail: map[string]any{"client": a.ClientID, "scopes": a.Facts.Consent}})
}

func (g *Gate) issueCode(ctx context.Context, tx *storage.Tx, p *Passed, d policy.Decision, now time.Time) error {
	a := p.Attempt
	proofs, err := json.Marshal(d.Counted)
	if err != nil {
		return fmt.Errorf("encode proofs: %w", err)
	}
	grant := id.NewGrant()
	if err := tx.Later().CreateGrant(ctx, db.CreateGrantParams{TenantID: a.Tenant, ID: grant, UserID: *a.User, ClientID: a.ClientID,
		SessionID: p.Session.ID, Scopes: a.Request.Scopes, Acr: d.Reached.ACR(), Amr: mfa.AMR(d.Counted), AuthTime: d.AuthTime, Proofs: proofs,
		CreatedAt: now, ExpiresAt: now.Add(g.Lives.RefreshAbsolute)}); err != nil {
		return err
	}
	code := token.New(token.Code, a.Tenant)
	p.Code = code.Text
	return g.issueOnce(ctx, tx, "code", code, grant, CodeData{a.Request.RedirectURI, a.Request.Challenge, a.Request.Nonce}, now, now.Add(g.Lives.Code))
}

func (g *Gate) issueOnce(ctx context.Context, tx *storage.Tx, kind string, s token.Secret, grant id.Grant, d CodeData, now, expires time.Time) error {
	data, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("encode %s: %w", kind, err)
	}
	return tx.Later().IssueSingleUse(ctx, db.IssueSingleUseParams{TenantID: s.Tenant, Kind: kind, Hash: s.Hash, GrantID: &grant, Data: data,
		CreatedAt: now, ExpiresAt: expires})
}

// upstreamOf names the session at the provider, where it has a name.
func upstreamOf(proofs []mfa.Proof) string {
	for _, p := range proofs {
		if p.Kind == mfa.Federated && p.Upstream.SID != "" {
			return p.Upstream.Connection.String() + ":" + p.Upstream.SID
		}
	}
	return ""
}
