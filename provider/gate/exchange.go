package gate

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/token"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// The refusals of the token endpoint.
var (
	// ErrGrant covers all of RFC 6749 5.2 invalid_grant; which one it was is for the audit record only.
	ErrGrant = errors.New("grant is not valid")
	// ErrPolicy says that the policy of today asks for more than was proven.
	ErrPolicy = errors.New("policy asks for more than was proven")
	// ErrScope says that more was asked for than was granted (RFC 6749 6).
	ErrScope = errors.New("scope was not granted")
)

// Tokens is what an exchange gives.
type Tokens struct {
	Access  token.Secret
	Expires time.Time
	// Refresh is empty unless offline_access was granted.
	Refresh token.Secret
	Scopes  []string
	Grant   db.Grant
	User    db.User
	Slug    string
	Nonce   string
}

// CodeRequest is what the client presents with a code.
type CodeRequest struct {
	Code, ClientID, RedirectURI, Verifier string
	// Refreshes says that the client may use refresh tokens.
	Refreshes bool
	Origin    audit.Origin
}

// RedeemCode exchanges an authorization code. Whatever is wrong with the request, the code is
// spent; a code presented again ends everything that came of it (RFC 6749 4.1.2, gauntlet E01, E02).
// Errors: ErrGrant, ErrPolicy, or of storage. Two round trips.
func (g *Gate) RedeemCode(ctx context.Context, r CodeRequest) (Tokens, error) {
	return g.exchange(ctx, exchange{kind: token.Code, purpose: "code", secret: r.Code, reused: audit.CodeReused, client: r.ClientID, refreshes: r.Refreshes,
		origin: r.Origin, check: func(d CodeData, _ db.Grant) error {
			if d.RedirectURI != r.RedirectURI || !verifies(d.Challenge, r.Verifier) {
				return ErrGrant
			}
			return nil
		}})
}

// verifies is RFC 7636 4.6 for S256. A verifier without a challenge is refused as well: it
// means that somebody took the challenge away (RFC 9700 4.8.2, gauntlet E03).
func verifies(challenge, verifier string) bool {
	if challenge == "" || verifier == "" {
		return challenge == verifier
	}
	if len(verifier) < 43 || len(verifier) > 128 {
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}

// RefreshRequest is what the client presents with a refresh token.
type RefreshRequest struct {
	Token, ClientID string
	// Scopes narrows the access token; nil keeps what was granted.
	Scopes []string
	Origin audit.Origin
}

// Refresh exchanges a refresh token for new tokens and a new refresh token. A refresh token presented
// again ends the family (RFC 9700 4.14.2, gauntlet E06). Errors: ErrGrant, ErrPolicy, ErrScope, or of
// storage. Two round trips.
func (g *Gate) Refresh(ctx context.Context, r RefreshRequest) (Tokens, error) {
	return g.exchange(ctx, exchange{kind: token.Refresh, purpose: "refresh", secret: r.Token, reused: audit.RefreshReused, client: r.ClientID,
		refreshes: true, origin: r.Origin, scopes: r.Scopes, check: func(_ CodeData, granted db.Grant) error {
			if slices.ContainsFunc(r.Scopes, func(s string) bool { return !slices.Contains(granted.Scopes, s) }) {
				return ErrScope
			}
			return nil
		}})
}

type exchange struct {
	kind      token.Kind
	purpose   string
	secret    string
	reused    audit.Kind
	client    string
	refreshes bool
	scopes    []string
	origin    audit.Origin
	check     func(CodeData, db.Grant) error
}

func (g *Gate) exchange(ctx context.Context, e exchange) (Tokens, error) {
	secret, ok := token.Parse(e.kind, e.secret)
	if !ok {
		return Tokens{}, ErrGrant
	}
	now := g.Now()
	var out Tokens
	var burned error // a refusal that is committed, not rolled back
	err := g.Store.InTenant(ctx, secret.Tenant, func(tx *storage.Tx) error {
		row, err := tx.Now().ConsumeForGrant(ctx, db.ConsumeForGrantParams{TenantID: secret.Tenant.UUID, Kind: e.purpose, Hash: secret.Hash, Now: now})
		if errors.Is(err, storage.ErrNotFound) {
			return ErrGrant
		}
		if err != nil {
			return err
		}
		if burned = e.burns(row); burned != nil {
			return e.end(ctx, tx, row, now)
		}
		out, err = g.issue(ctx, tx, e, row, now)
		return err
	})
	if err = errors.Join(err, burned); err != nil {
		return Tokens{}, fmt.Errorf("exchange %s: %w", e.purpose, err)
	}
	return out, nil
}

// burns reports what ends the whole family: a second use, another client, a broken binding.
func (e exchange) burns(row db.ConsumeForGrantRow) error {
	if !row.Fresh || row.Grant.EndedAt != nil || row.Grant.ClientID != e.client {
		return ErrGrant
	}
	var d CodeData
	if err := json.Unmarshal(row.Data, &d); err != nil {
		return ErrGrant
	}
	if err := e.check(d, row.Grant); errors.Is(err, ErrGrant) {
		return err
	}
	return nil
}

func (e exchange) end(ctx context.Context, tx *storage.Tx, row db.ConsumeForGrantRow, now time.Time) error {
	if row.Grant.EndedAt != nil || (!row.Fresh && !row.Reused) {
		// It ended before or only expired: an app that comes back after a sign-out is no alarm, and
		// repeating a replay must not fill the record.
		return nil
	}
	if err := tx.Later().EndGrant(ctx, db.EndGrantParams{TenantID: row.Grant.TenantID, ID: row.Grant.ID, Now: now, Reason: string(e.reused)}); err != nil {
		return err
	}
	return audit.Record(ctx, tx, row.Grant.TenantID, audit.Event{Kind: e.reused, At: now, Actor: audit.Client(e.client),
		Target: audit.OnUser(row.Grant.UserID), Origin: e.origin, Detail: map[string]any{"grant": row.Grant.ID, "reused": row.Reused}})
}

// issue judges the grant by the state and the policy of now, then writes the tokens. An error rolls
// back, so that a token refused by policy is not spent.
func (g *Gate) issue(ctx context.Context, tx *storage.Tx, e exchange, row db.ConsumeForGrantRow, now time.Time) (Tokens, error) {
	var d CodeData
	if err := json.Unmarshal(row.Data, &d); err != nil {
		return Tokens{}, fmt.Errorf("decode %s: %w", e.purpose, err)
	}
	if err := errors.Join(e.check(d, row.Grant), judge(row, now)); err != nil {
		return Tokens{}, err
	}
	out := Tokens{Access: token.New(token.Access, row.Grant.TenantID), Expires: now.Add(g.Lives.Access), Scopes: row.Grant.Scopes,
		Grant: row.Grant, User: row.User, Slug: row.TenantSlug, Nonce: d.Nonce}
	if e.scopes != nil {
		out.Scopes = e.scopes
	}
	if err := createAccess(ctx, tx.Later(), out, now); err != nil {
		return Tokens{}, err
	}
	if !e.refreshes || !slices.Contains(row.Grant.Scopes, "offline_access") {
		return out, nil
	}
	out.Refresh = token.New(token.Refresh, row.Grant.TenantID)
	expires := now.Add(g.Lives.RefreshIdle)
	if row.Grant.ExpiresAt.Before(expires) {
		expires = row.Grant.ExpiresAt // the absolute end holds under sliding use
	}
	return out, g.issueOnce(ctx, tx, "refresh", out.Refresh, row.Grant.ID, CodeData{Nonce: d.Nonce}, now, expires)
}

func judge(row db.ConsumeForGrantRow, now time.Time) error {
	if !row.ClientEnabled || row.SessionEndedAt != nil || !now.Before(row.Grant.ExpiresAt) {
		return ErrGrant
	}
	f := policy.Facts{Now: now, TenantLive: !row.TenantDisabled, Offline: true, Client: row.Grant.ClientID,
		User: policy.User{Known: true, ID: row.User.ID, Disabled: row.User.Disabled, Service: row.User.Service, Role: row.User.Role, Email: row.User.Email,
			EmailConfirmed: row.User.EmailConfirmedAt != nil, Skips: int(row.User.EnrolSkips), EnrolUntil: row.User.EnrolUntil}}
	// Nobody knows where the person is now; where they signed in decides. An address that was not kept is none.
	if at, err := netip.ParseAddr(value(row.SessionAddress)); err == nil {
		f.Address = at
	}
	if err := errors.Join(json.Unmarshal(row.Grant.Proofs, &f.Proofs), json.Unmarshal(row.Factors, &f.User.Factors), json.Unmarshal(row.Identities, &f.User.Identities)); err != nil {
		return fmt.Errorf("decode grant: %w", err)
	}
	if p, err := policy.Parse(int(row.PolicyVersion), row.Policy); err == nil {
		f.Policy = &p
	}
	d := policy.Decide(f)
	switch {
	case d.Why == policy.WhyUser || d.Why == policy.WhyTenant || d.Why == policy.WhyService:
		return ErrGrant
	case !d.Satisfied():
		return fmt.Errorf("%w: %s", ErrPolicy, d.Why)
	}
	return nil
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func createAccess(ctx context.Context, q *db.Queries, t Tokens, now time.Time) error {
	grant := t.Grant.ID
	return q.CreateAccessToken(ctx, db.CreateAccessTokenParams{TenantID: t.Grant.TenantID, Hash: t.Access.Hash, GrantID: &grant,
		ClientID: t.Grant.ClientID, Scopes: t.Scopes, CreatedAt: now, ExpiresAt: t.Expires})
}

// IssueToClient gives a client an access token of its own (RFC 6749 4.4). One round trip.
func (g *Gate) IssueToClient(ctx context.Context, owner id.Tenant, client string, scopes []string) (token.Secret, time.Time, error) {
	now := g.Now()
	access, expires := token.New(token.Access, owner), now.Add(g.Lives.Access)
	if scopes == nil {
		scopes = []string{} // NULL would say that nobody knows
	}
	err := g.Store.Tenant(owner).CreateAccessToken(ctx, db.CreateAccessTokenParams{TenantID: owner, Hash: access.Hash, ClientID: client,
		Scopes: scopes, CreatedAt: now, ExpiresAt: expires})
	if err != nil {
		return token.Secret{}, time.Time{}, fmt.Errorf("issue client token: %w", err)
	}
	return access, expires, nil
}
