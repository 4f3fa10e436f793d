// Package id gives each kind of row its own identifier type, so that the compiler refuses a
// user where a tenant is meant (gauntlet H01 begins with such a mix-up).
//
// It owns the types and nothing else; everybody may import it. google/uuid is the widely
// used implementation of RFC 9562, without dependencies of its own.
package id

import (
	"errors"

	"github.com/google/uuid"
)

// ID is a UUID that names a row of the kind K.
type ID[K any] struct{ uuid.UUID }

type (
	tenant     struct{}
	user       struct{}
	factor     struct{}
	session    struct{}
	attempt    struct{}
	grant      struct{}
	event      struct{}
	message    struct{}
	device     struct{}
	connection struct{}
	identity   struct{}
	report     struct{}
)

// The identifiers of the rows that code passes around.
type (
	Tenant     = ID[tenant]
	User       = ID[user]
	Factor     = ID[factor]
	Session    = ID[session]
	Attempt    = ID[attempt]
	Grant      = ID[grant]
	Event      = ID[event]
	Message    = ID[message]
	Device     = ID[device]
	Connection = ID[connection]
	Identity   = ID[identity]
	Report     = ID[report]
)

// Lobby is the tenant of what has no tenant yet or belongs to all of them:
// attempts whose tenant is open, shared clients.
var Lobby Tenant

// fresh is a random (version 7) identifier: its order in time keeps indexes dense.
func fresh[K any]() ID[K] { return ID[K]{uuid.Must(uuid.NewV7())} }

// The constructors of identifiers that nobody else has.
func NewTenant() Tenant         { return fresh[tenant]() }
func NewUser() User             { return fresh[user]() }
func NewFactor() Factor         { return fresh[factor]() }
func NewSession() Session       { return fresh[session]() }
func NewAttempt() Attempt       { return fresh[attempt]() }
func NewGrant() Grant           { return fresh[grant]() }
func NewEvent() Event           { return fresh[event]() }
func NewMessage() Message       { return fresh[message]() }
func NewDevice() Device         { return fresh[device]() }
func NewConnection() Connection { return fresh[connection]() }
func NewIdentity() Identity     { return fresh[identity]() }
func NewReport() Report         { return fresh[report]() }

// Parse reads the canonical form of RFC 9562 into i; other spellings of the same UUID are
// refused, so that one row has one name. The error is ErrMalformed.
func (i *ID[K]) Parse(s string) error {
	u, err := uuid.Parse(s)
	if err != nil || u.String() != s {
		return ErrMalformed
	}
	i.UUID = u
	return nil
}

// ErrMalformed says that a string is not an identifier in its canonical form.
var ErrMalformed = errors.New("malformed identifier")

// IsZero reports whether the identifier names nothing (or, for a tenant, the lobby).
func (i ID[K]) IsZero() bool { return i.UUID == uuid.Nil }
