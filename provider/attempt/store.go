package attempt

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/token"
	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// ErrOtherBrowser says that no attempt by that handle was begun in this browser: it never was,
// was purged, or somebody sent a link to their own (gauntlet D02, E11).
var ErrOtherBrowser = errors.New("no such attempt in this browser")

// Handle names an attempt in an address. It is not a secret: the binding cookie is.
func (a *Attempt) Handle() string {
	return base64.RawURLEncoding.EncodeToString(append(a.Tenant.UUID[:], a.ID.UUID[:]...))
}

// ParseHandle reads a handle; ok is false for anything that Handle did not make.
func ParseHandle(s string) (t id.Tenant, a id.Attempt, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	// Encoded again it must be the same: one attempt has one address, without line breaks or stray bits.
	if err != nil || len(b) != 32 || base64.RawURLEncoding.EncodeToString(b) != s {
		return t, a, false
	}
	copy(t.UUID[:], b[:16])
	copy(a.UUID[:], b[16:])
	return t, a, true
}

// Start is what an attempt begins with.
type Start struct {
	Tenant   id.Tenant
	TenantBy string
	// Identifier is the address that was typed, where one was.
	Identifier string
	Purpose    Purpose
	ClientID   string
	Request    Request
	// User and Session bring the proofs of a session in this browser; both or neither.
	User    *id.User
	Session *id.Session
	Life    time.Duration
}

// Begin stores a new attempt and returns its identity and the secret that binds it to the browser.
func Begin(ctx context.Context, s *storage.Store, start Start, now time.Time) (id.Attempt, string, error) {
	request, err := json.Marshal(start.Request)
	if err != nil {
		return id.Attempt{}, "", fmt.Errorf("encode request: %w", err)
	}
	facts, err := json.Marshal(Facts{TenantBy: start.TenantBy, Identifier: start.Identifier})
	if err != nil {
		return id.Attempt{}, "", fmt.Errorf("encode facts: %w", err)
	}
	binding := token.New(token.Attempt, start.Tenant)
	row := db.CreateAttemptParams{TenantID: start.Tenant, ID: id.NewAttempt(), Binding: binding.Hash, Purpose: string(start.Purpose),
		Request: request, UserID: start.User, SessionID: start.Session, Facts: facts, CreatedAt: now, ExpiresAt: now.Add(start.Life)}
	if start.ClientID != "" {
		row.ClientID = &start.ClientID
	}
	if err := s.Tenant(start.Tenant).CreateAttempt(ctx, row); err != nil {
		return id.Attempt{}, "", fmt.Errorf("begin attempt: %w", err)
	}
	return row.ID, binding.Text, nil
}

// Presented is what the browser brought with the request.
type Presented struct {
	// Binding is the secret from the cookie of the attempt.
	Binding string
	// Devices are the hashes of the secrets of trusted devices.
	Devices [][]byte
	Address netip.Addr
}

// Load reads the attempt that was begun in the browser which holds the binding.
// Errors: ErrOtherBrowser, or of storage.
func Load(ctx context.Context, q *db.Queries, t id.Tenant, a id.Attempt, p Presented) (*Attempt, error) {
	row, err := q.LoadAttempt(ctx, db.LoadAttemptParams{TenantID: t, ID: a, Binding: token.Hash(p.Binding), Devices: p.Devices})
	if errors.Is(err, storage.ErrNotFound) {
		return nil, ErrOtherBrowser
	}
	if err != nil {
		return nil, fmt.Errorf("load attempt: %w", err)
	}
	return fromRow(row, p.Address)
}

func fromRow(row db.LoadAttemptRow, from netip.Addr) (*Attempt, error) {
	r := row.SigninAttempt
	a := &Attempt{ID: r.ID, Tenant: r.TenantID, from: r.TenantID, Purpose: Purpose(r.Purpose), User: r.UserID, Session: r.SessionID,
		Created: r.CreatedAt, Expires: r.ExpiresAt, Done: r.DoneAt != nil, version: r.Version, binding: r.Binding,
		TenantName: value(row.TenantName), TenantSlug: value(row.TenantSlug), TenantLive: row.TenantDisabled != nil && !*row.TenantDisabled,
		ClientID: value(r.ClientID), ClientName: row.ClientName, FirstParty: row.FirstParty, Consented: row.Consented,
		Address: from, Delivery: deliveryOf(row), Policy: policyOf(row), Report: row.ReportID, Watched: watchedOf(row)}
	err := errors.Join(json.Unmarshal(r.Request, &a.Request), json.Unmarshal(r.Facts, &a.Facts))
	if r.UserID != nil && row.Email != nil {
		person, broken := personOf(row)
		a.Person, a.Device, err = person, deviceOf(row), errors.Join(err, broken)
	}
	if row.SessionProofs != nil {
		a.Brought = &policy.Session{Started: value(row.SessionCreatedAt), Seen: value(row.SessionSeenAt)}
		err = errors.Join(err, json.Unmarshal(row.SessionProofs, &a.Brought.Proofs))
	}
	if err != nil {
		return nil, fmt.Errorf("decode attempt: %w", err)
	}
	return a, nil
}

func personOf(row db.LoadAttemptRow) (Person, error) {
	p := Person{Known: true, Disabled: value(row.UserDisabled), Service: value(row.Service), Email: *row.Email, EmailConfirmed: row.EmailConfirmedAt != nil,
		Name: value(row.Name), Role: value(row.Role), PasswordHash: value(row.PasswordHash), PasswordByMail: value(row.PasswordByMail),
		Frozen: row.FrozenAt != nil, Skips: int(value(row.EnrolSkips)), EnrolUntil: row.EnrolUntil}
	return p, errors.Join(json.Unmarshal(row.Factors, &p.Factors), json.Unmarshal(row.Identities, &p.Identities), json.Unmarshal(row.BackupCodes, &p.BackupCodes),
		json.Unmarshal(row.AccessCodes, &p.AccessCodes))
}

// deviceOf is nil when the browser has no secret of this person.
func deviceOf(row db.LoadAttemptRow) *Device {
	if row.DeviceHash == nil || row.DeviceID.IsZero() {
		return nil
	}
	return &Device{ID: row.DeviceID, Hash: row.DeviceHash, Used: row.DeviceUsedAt, Policy: int(value(row.DevicePolicy)),
		Expires: value(row.DeviceExpiresAt), Ended: row.DeviceEndedAt != nil}
}

// deliveryOf calls a delivery failing from its first failure on: the person waits, the queue goes on trying.
func deliveryOf(row db.LoadAttemptRow) Delivery {
	sent := row.MessageSentAt != nil
	return Delivery{Sent: sent, Failing: !sent && (row.MessageFailedAt != nil || row.MessageTried)}
}

// policyOf is nil for a missing or unreadable policy: Decide then refuses.
func policyOf(row db.LoadAttemptRow) *policy.Policy {
	p, err := policy.Parse(int(row.PolicyVersion), row.Policy)
	if err != nil {
		return nil
	}
	return &p
}

// watchedOf takes a policy that cannot be read for none: it decides nothing.
func watchedOf(row db.LoadAttemptRow) *policy.Policy {
	if len(row.Report) == 0 {
		return nil
	}
	p, err := policy.Parse(int(row.PolicyVersion), row.Report)
	if err != nil {
		return nil
	}
	return &p
}

func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// Advance writes the facts as the caller changed them, with whatever also writes, in one round
// trip. Whoever loaded before somebody else advanced gets storage.ErrConflict and changes nothing. It
// returns the binding secret for the cookie, or "" when that stays as it is.
func Advance(ctx context.Context, s *storage.Store, a *Attempt, now time.Time, also func(*storage.Tx) error) (string, error) {
	return advance(ctx, s, a, now, nothing, also)
}

// AdvanceAfter is Advance with what must be written first: an account that is emptied for its owner loses every attempt in
// which something was proven, but not the owner's (gauntlet G12).
func AdvanceAfter(ctx context.Context, s *storage.Store, a *Attempt, now time.Time, before func(*storage.Tx) error) (string, error) {
	return advance(ctx, s, a, now, before, nothing)
}

func nothing(*storage.Tx) error { return nil }

func advance(ctx context.Context, s *storage.Store, a *Attempt, now time.Time, before, also func(*storage.Tx) error) (string, error) {
	facts, err := json.Marshal(a.Facts)
	if err != nil {
		return "", fmt.Errorf("encode facts: %w", err)
	}
	binding := token.Secret{Hash: a.binding}
	if a.proven {
		binding = token.New(token.Attempt, a.Tenant)
	}
	err = s.InTenant(ctx, a.Tenant, func(tx *storage.Tx) error {
		if err := before(tx); err != nil {
			return err
		}
		if err := tx.Later().AdvanceAttempt(ctx, db.AdvanceAttemptParams{TenantID: a.from, ID: a.ID, ToTenant: a.Tenant.UUID,
			Version: a.version, Binding: binding.Hash, UserID: a.User, SessionID: a.Session, Facts: facts, Now: now}); err != nil {
			return err
		}
		return also(tx)
	})
	if err != nil {
		return "", fmt.Errorf("advance attempt: %w", err)
	}
	return binding.Text, nil
}

// Finish marks the attempt done in the transaction that issues what it was for. It holds only if nothing
// changed since it was loaded and user, tenant and client are still enabled (storage.ErrConflict
// otherwise). Only provider/gate calls it.
func (a *Attempt) Finish(ctx context.Context, tx *storage.Tx, now time.Time) error {
	return tx.Later().FinishAttempt(ctx, db.FinishAttemptParams{TenantID: a.Tenant, ID: a.ID, Version: a.version, Now: now})
}

// Cookie names the cookie that binds the attempt to its browser: one each, so that two tabs do not
// overwrite each other.
func Cookie(a id.Attempt) string {
	return "attempt-" + base64.RawURLEncoding.EncodeToString(a.UUID[:])
}
