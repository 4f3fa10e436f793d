// Package audit keeps the append-only record of what happened to whom, by whom.
//
// It owns the catalogue of events and their writing. Record runs in the caller's transaction, so
// that nothing happens without its event and no event tells of what was rolled back. The record is the
// outbox as well: an event of a kind that somebody must hear of enqueues one fan-out job in the same
// transaction. The runtime role may insert and read events, never change them.
package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// Kind names an event. It is stored; values never change meaning.
type Kind string

// The catalogue.
const (
	SignInDone          Kind = "signin.done"
	SignInDenied        Kind = "signin.consent_denied"
	SignInRefused       Kind = "signin.refused"
	PasswordFailed      Kind = "signin.password_failed"
	FactorFailed        Kind = "signin.factor_failed"
	TriesExhausted      Kind = "signin.tries_exhausted"
	FactorEnrolled      Kind = "factor.enrolled"
	FactorRemoved       Kind = "factor.removed"
	BackupCodesReplaced Kind = "factor.backup_codes_replaced"
	SessionEnded        Kind = "session.ended"
	ConsentGiven        Kind = "consent.given"
	ConsentRevoked      Kind = "consent.revoked"
	CodeReused          Kind = "grant.code_reused"
	RefreshReused       Kind = "grant.refresh_reused"
	RefreshRefused      Kind = "grant.refresh_refused"
	PolicyChanged       Kind = "policy.changed"
	UserCreated         Kind = "user.created"
	UserDisabled        Kind = "user.disabled"
	UserEnabled         Kind = "user.enabled"
	PasswordSet         Kind = "user.password_set"
	TenantCreated       Kind = "tenant.created"
	TenantDisabled      Kind = "tenant.disabled"
	TenantEnabled       Kind = "tenant.enabled"
	ClientCreated       Kind = "client.created"
	ClientDisabled      Kind = "client.disabled"
	ClientEnabled       Kind = "client.enabled"
	SigningKeyRotated   Kind = "key.rotated"
)

// fanned are the kinds that consumers beyond the record hear of.
var fanned = map[Kind]bool{
	TriesExhausted: true, FactorEnrolled: true, FactorRemoved: true, BackupCodesReplaced: true, CodeReused: true, RefreshReused: true,
	PolicyChanged: true, UserDisabled: true, PasswordSet: true,
}

// Actor is who did it.
type Actor struct{ Kind, ID string }

// System is Sallyport itself; Operator is whoever has the command line; Anyone has not proven who they are.
var (
	System   = Actor{Kind: "system"}
	Operator = Actor{Kind: "operator"}
	Anyone   = Actor{Kind: "anyone"}
)

// User is a person who acts on their own behalf or as an administrator.
func User(u id.User) Actor { return Actor{Kind: "user", ID: u.String()} }

// Client is a relying party.
func Client(c string) Actor { return Actor{Kind: "client", ID: c} }

// Origin is where a request came from; zero for the command line.
type Origin struct {
	RequestID string
	Address   netip.Addr
}

// Event is one thing that happened. Detail carries identifiers and reasons, never secrets.
type Event struct {
	Kind   Kind
	At     time.Time
	Actor  Actor
	Target Target
	Origin Origin
	Detail map[string]any
}

// Target is what it happened to.
type Target struct{ Kind, ID string }

// OnUser is the usual target.
func OnUser(u id.User) Target { return Target{Kind: "user", ID: u.String()} }

// Record writes the event with the transaction of the caller.
func Record(ctx context.Context, tx *storage.Tx, t id.Tenant, e Event) error {
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return fmt.Errorf("encode event %s: %w", e.Kind, err)
	}
	if e.Detail == nil {
		detail = []byte("{}")
	}
	event := id.NewEvent()
	if fanned[e.Kind] {
		tx.Enqueue(FanOut{Tenant: t, Event: event})
	}
	return tx.Later().RecordEvent(ctx, db.RecordEventParams{
		TenantID: t, ID: event, At: e.At, Kind: string(e.Kind), ActorKind: e.Actor.Kind, ActorID: e.Actor.ID,
		TargetKind: e.Target.Kind, TargetID: e.Target.ID, RequestID: e.Origin.RequestID, Address: address(e.Origin.Address), Detail: detail,
	})
}

func address(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
