// Package session is single sign-on in one browser for one user.
//
// It reads, lists and ends sessions. It does not make them: only provider/gate does, with the proofs it
// has judged. Callers are provider/issuer, provider/signin and provider/account.
package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/token"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// Cookie is the name of the cookie that holds the browser's sessions.
const Cookie = "session"

// kept is how many tenants one browser stays signed in to: a cookie has 4 KiB.
const kept = 5

// Session is a live session with its user as they are now.
type Session struct {
	ID     id.Session
	Tenant id.Tenant
	User   id.User
	Email  string
	// EmailConfirmed says that the person has shown to read the mailbox.
	EmailConfirmed bool
	Name           string
	Role           string
	// Frozen says that factors, password and address cannot be changed now.
	Frozen     bool
	Skips      int
	EnrolUntil *time.Time
	Slug       string
	TenantName string
	Factors    []mfa.Authenticator
	Identities []policy.Identity
	// BackupCodes is how many are unused.
	BackupCodes int
	Policy      policy.Policy
	Proofs      []mfa.Proof
	Started     time.Time
	Seen        time.Time
}

// Reference is what the cookie holds of one session.
type Reference struct {
	ID     id.Session
	Secret token.Secret
}

// Text is the reference as it stands in the cookie.
func (r Reference) Text() string { return r.ID.String() + "~" + r.Secret.Text }

// References reads the cookie's value, newest first; what is malformed is left out.
func References(cookie string) []Reference {
	var out []Reference
	for _, text := range strings.Split(cookie, "|") {
		sid, secret, _ := strings.Cut(text, "~")
		var r Reference
		var ok bool
		if r.Secret, ok = token.Parse(token.Session, secret); ok && r.ID.Parse(sid) == nil && len(out) < kept {
			out = append(out, r)
		}
	}
	return out
}

// Put is the cookie's value with r first, in the place of an older session of the same tenant.
func Put(cookie string, r Reference) string {
	return join(append([]Reference{r}, without(References(cookie), r.Secret.Tenant)...))
}

// Remove is the cookie's value without the tenant's session.
func Remove(cookie string, t id.Tenant) string { return join(without(References(cookie), t)) }

func without(all []Reference, t id.Tenant) []Reference {
	var out []Reference
	for _, r := range all {
		if r.Secret.Tenant != t {
			out = append(out, r)
		}
	}
	return out
}

func join(all []Reference) string {
	var texts []string
	for i, r := range all {
		if i < kept {
			texts = append(texts, r.Text())
		}
	}
	return strings.Join(texts, "|")
}

// Load reads the session behind a reference: alive, of an enabled user of an enabled tenant, within its
// ages by the policy of today. Anything else is storage.ErrNotFound.
func Load(ctx context.Context, s *storage.Store, r Reference, now time.Time) (*Session, error) {
	row, err := s.Tenant(r.Secret.Tenant).SessionBySecret(ctx, db.SessionBySecretParams{
		TenantID: r.Secret.Tenant, SecretHash: r.Secret.Hash, ID: r.ID})
	if err != nil {
		return nil, fmt.Errorf("load session: %w", err)
	}
	p, err := policy.Parse(int(row.PolicyVersion), row.Policy)
	if err != nil {
		return nil, fmt.Errorf("load session: %w: %w", storage.ErrNotFound, err) // fails closed
	}
	out := &Session{ID: row.Session.ID, Tenant: row.Session.TenantID, User: row.User.ID, Email: row.User.Email, Name: row.User.Name,
		Role: row.User.Role, Slug: row.Tenant.Slug, TenantName: row.Tenant.Name, Policy: p, Started: row.Session.CreatedAt, Seen: row.Session.SeenAt,
		BackupCodes: int(row.BackupCodes), EmailConfirmed: row.User.EmailConfirmedAt != nil, Frozen: row.User.FrozenAt != nil,
		Skips: int(row.User.EnrolSkips), EnrolUntil: row.User.EnrolUntil}
	if err := errors.Join(json.Unmarshal(row.Session.Proofs, &out.Proofs), json.Unmarshal(row.Factors, &out.Factors), json.Unmarshal(row.Identities, &out.Identities)); err != nil {
		return nil, fmt.Errorf("decode session: %w", err)
	}
	if !out.Brought().Live(p, now) {
		return nil, fmt.Errorf("load session: %w", storage.ErrNotFound)
	}
	return out, nil
}

// Brought is the session as the policy sees it.
func (s *Session) Brought() policy.Session {
	return policy.Session{Started: s.Started, Seen: s.Seen, Proofs: s.Proofs}
}

// Judge asks the policy whether the session still suffices by itself, and with fresh set, whether it
// may change factors, passwords or policies. The address is where the browser is now.
func (s *Session) Judge(fresh bool, from netip.Addr, now time.Time) policy.Decision {
	brought := s.Brought()
	return policy.Decide(policy.Facts{Now: now, Policy: &s.Policy, TenantLive: true, Session: &brought, Address: from,
		User: s.Person(), Demand: policy.Demand{Fresh: fresh}})
}

// Person is the user as the policy sees them.
func (s *Session) Person() policy.User {
	return policy.User{Known: true, ID: s.User, Role: s.Role, Email: s.Email, EmailConfirmed: s.EmailConfirmed, Factors: s.Factors,
		Identities: s.Identities, BackupCodes: s.BackupCodes, Skips: s.Skips, EnrolUntil: s.EnrolUntil}
}

// Touch notes that the session is in use. It costs nothing more often than once a minute.
func (s *Session) Touch(ctx context.Context, store *storage.Store, now time.Time) error {
	if now.Sub(s.Seen) < time.Minute {
		return nil
	}
	return store.Tenant(s.Tenant).TouchSession(ctx, db.TouchSessionParams{TenantID: s.Tenant, ID: s.ID, Now: now})
}

// End ends a session of the user and every grant made from it: refresh and access tokens die with it
// (gauntlet E16). Errors: storage.ErrConflict when it is not theirs or ended already.
func End(ctx context.Context, tx *storage.Tx, t id.Tenant, u id.User, s id.Session, reason string, by audit.Actor, from audit.Origin, now time.Time) error {
	q := tx.Later()
	if err := q.EndSession(ctx, db.EndSessionParams{TenantID: t, UserID: u, ID: s, Now: now, Reason: reason}); err != nil {
		return err
	}
	if err := q.EndGrantsOfSession(ctx, db.EndGrantsOfSessionParams{TenantID: t, SessionID: s, Now: now, Reason: reason}); err != nil {
		return err
	}
	return audit.Record(ctx, tx, t, audit.Event{Kind: audit.SessionEnded, At: now, Actor: by, Target: audit.OnUser(u), Origin: from,
		Detail: map[string]any{"session": s, "reason": reason}})
}

// EndOthers ends all other sessions and grants of the user: they rest on what has just changed (gauntlet D03).
func EndOthers(ctx context.Context, tx *storage.Tx, t id.Tenant, u id.User, keep id.Session, reason string, now time.Time) error {
	q := tx.Later()
	if err := q.EndOtherSessions(ctx, db.EndOtherSessionsParams{TenantID: t, UserID: u, Keep: keep, Now: now, Reason: reason}); err != nil {
		return err
	}
	return q.EndOtherGrants(ctx, db.EndOtherGrantsParams{TenantID: t, UserID: u, Keep: keep.UUID, Now: now, Reason: reason})
}
