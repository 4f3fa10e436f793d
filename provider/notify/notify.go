// Package notify tells people outside the pages what they need to know: codes and links that they wait for, and what
// happened to their account.
//
// It owns what is worth telling, whom it is told, and the queue: a row of messages and one job, written in the
// caller's transaction; what nobody else may read is sealed in the row. It does not own texts (templates) or
// transport (notify/delivery, which wipes the secret once it is sent). Nouns and edges call Outbox.Queue, after
// throttle.Send has let the message through; the instance hangs Consumer on the record of events, so that a
// change notifies whoever made it and by whatever way.
//
// Dependencies: riverqueue/river, for the order and number of tries of a delivery; google/uuid, for identifiers that
// follow from that of an event.
package notify

import "time"

// Channel is the way a message goes.
type Channel string

// The channels.
const (
	ByEmail Channel = "email"
	BySMS   Channel = "sms"
)

// Kind says which text a message has. It is stored; values never change meaning.
type Kind string

// The kinds that somebody waits for: they carry a Secret and expire.
const (
	CodeSent      Kind = "code.sent" // by mail or text
	PasswordReset Kind = "password.reset"
	EmailConfirm  Kind = "email.confirm"
	EmailChange   Kind = "email.change" // to the new address
)

// The kinds that tell a person of a change.
const (
	FactorEnrolled      Kind = "factor.enrolled"
	FactorRemoved       Kind = "factor.removed"
	FactorsReset        Kind = "factor.reset"
	BackupCodesReplaced Kind = "factor.backup_codes_replaced"
	BackupCodeUsed      Kind = "factor.backup_code_used"
	PasswordSet         Kind = "user.password_set"
	EmailChangeAsked    Kind = "email.change_asked" // to the address on record
	EmailChanged        Kind = "email.changed"      // to the old address
	EmailInUse          Kind = "email.in_use"       // to the new one
	TriesExhausted      Kind = "signin.tries_exhausted"
	AccessCodeIssued    Kind = "access_code.issued"
	AccessCodeUsed      Kind = "access_code.used"
	DeviceStolen        Kind = "device.stolen"
	BreakGlass          Kind = "signin.break_glass"
	IdentityLinked      Kind = "identity.linked"
	IdentityUnlinked    Kind = "identity.unlinked"
)

// The kinds that tell administrators of one of their people.
const (
	ObjectedReport         Kind = "user.objected.report"
	BreakGlassReport       Kind = "signin.break_glass.report"
	AccessCodeIssuedReport Kind = "access_code.issued.report"
	AccessCodeUsedReport   Kind = "access_code.used.report"
	FactorsResetReport     Kind = "factor.reset.report"
)

// The kinds that tell administrators of a setting that lets people in.
const (
	ConnectionCreatedReport  Kind = "connection.created.report"
	ConnectionChangedReport  Kind = "connection.changed.report"
	ConnectionDisabledReport Kind = "connection.disabled.report"
	ConnectionEnabledReport  Kind = "connection.enabled.report"
	DomainConnectedReport    Kind = "domain.connected.report" // where the people of a domain sign in
	DomainLostReport         Kind = "domain.lost.report"
)

// Notice is the data of a message of any kind, stored in the clear.
type Notice struct {
	Tenant  string    `json:"tenant"`
	At      time.Time `json:"at"`
	Address string    `json:"address,omitempty"` // where the request came from
	Method  string    `json:"method,omitempty"`  // the kind of factor
	User    string    `json:"user,omitempty"`    // whom a report is about: their address
	Email   string    `json:"email,omitempty"`   // the address that was asked for, masked
	Left    int       `json:"left,omitempty"`    // how many backup codes there still are

	Connection string `json:"connection,omitempty"` // the name of one
	Domain     string `json:"domain,omitempty"`
}
