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

// The catalogue: signing in.
const (
	SignInDone     Kind = "signin.done"
	SignInDenied   Kind = "signin.consent_denied"
	SignInRefused  Kind = "signin.refused"
	UpstreamFailed Kind = "signin.upstream_failed" // what came back from a connection was refused; the detail says why
	PasswordFailed Kind = "signin.password_failed"
	FactorFailed   Kind = "signin.factor_failed"
	TriesExhausted Kind = "signin.tries_exhausted"
	BreakGlass     Kind = "signin.break_glass" // by an account that no rule binds
	SessionEnded   Kind = "session.ended"
	ConsentGiven   Kind = "consent.given"
	ConsentRevoked Kind = "consent.revoked"
	CodeReused     Kind = "grant.code_reused"
	RefreshReused  Kind = "grant.refresh_reused"
	RefreshRefused Kind = "grant.refresh_refused"
)

// The catalogue: second factors and what stands in for them.
const (
	FactorEnrolled      Kind = "factor.enrolled"
	FactorRemoved       Kind = "factor.removed"
	FactorsReset        Kind = "factor.reset_by_administrator"
	BackupCodesReplaced Kind = "factor.backup_codes_replaced"
	BackupCodeUsed      Kind = "factor.backup_code_used"
	CodeSent            Kind = "factor.code_sent"
	CodeNotSent         Kind = "factor.code_refused" // by a cap; the detail says by which
	CounterRegressed    Kind = "factor.counter_regressed"
	EnrolmentSkipped    Kind = "factor.enrolment_skipped"
	AccessCodeIssued    Kind = "access_code.issued"
	AccessCodeUsed      Kind = "access_code.used"
	AccessCodeRevoked   Kind = "access_code.revoked"
	DeviceTrusted       Kind = "device.trusted"
	DeviceStolen        Kind = "device.stolen"
	DevicesEnded        Kind = "device.ended"
)

// The catalogue: accounts and what is configured.
const (
	UserCreated        Kind = "user.created"
	UserDisabled       Kind = "user.disabled"
	UserEnabled        Kind = "user.enabled"
	Objected           Kind = "user.objected" // a person says that a change was not theirs
	Unfrozen           Kind = "user.unfrozen"
	RoleChanged        Kind = "user.role_changed" // by the groups of a connection
	PasswordSet        Kind = "user.password_set"
	PasswordResetAsked Kind = "password.reset_asked"
	EmailConfirmed     Kind = "email.confirmed"
	EmailChangeAsked   Kind = "email.change_asked" // the detail "new" is told, masked
	EmailChanged       Kind = "email.changed"      // the detail "old" is told as well
	PolicyChanged      Kind = "policy.changed"
	TenantCreated      Kind = "tenant.created"
	TenantDisabled     Kind = "tenant.disabled"
	TenantEnabled      Kind = "tenant.enabled"
	ConnectionCreated  Kind = "connection.created"
	ConnectionChanged  Kind = "connection.changed"
	ConnectionDisabled Kind = "connection.disabled"
	ConnectionEnabled  Kind = "connection.enabled"
	IdentityLinked     Kind = "identity.linked" // the detail says by what: the person's own proof, or the address
	IdentityUnlinked   Kind = "identity.unlinked"
	DomainAdded        Kind = "domain.added"
	DomainProven       Kind = "domain.proven"
	DomainLost         Kind = "domain.lost"
	DomainRemoved      Kind = "domain.removed"
	DomainConnected    Kind = "domain.connected" // its people sign in elsewhere from now on; the detail says where
	ReportBegun        Kind = "policy.report_begun"
	ReportEnded        Kind = "policy.report_ended"
	ClientCreated      Kind = "client.created"
	ClientDisabled     Kind = "client.disabled"
	ClientEnabled      Kind = "client.enabled"
	SigningKeyRotated  Kind = "key.rotated"
)

// fanned are the kinds that consumers beyond the record hear of: people, or whoever watches the log.
var fanned = map[Kind]bool{
	TriesExhausted: true, BreakGlass: true, CodeReused: true, RefreshReused: true,
	FactorEnrolled: true, FactorRemoved: true, FactorsReset: true, BackupCodesReplaced: true, BackupCodeUsed: true, CodeNotSent: true, CounterRegressed: true,
	AccessCodeIssued: true, AccessCodeUsed: true, DeviceStolen: true,
	IdentityLinked: true, IdentityUnlinked: true, ConnectionCreated: true, ConnectionChanged: true,
	ConnectionDisabled: true, ConnectionEnabled: true, DomainConnected: true, DomainLost: true,
	UserDisabled: true, Objected: true, PasswordSet: true, EmailChangeAsked: true, EmailChanged: true, PolicyChanged: true,
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
	// Detail is encoded as a JSON object; nil is an empty one.
	Detail any
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
	if string(detail) == "null" {
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
