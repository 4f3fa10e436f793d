package federation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sallyport/provider/user"
	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// The errors of arriving.
var (
	// ErrDisabled says that the connection lets nobody in (any more).
	ErrDisabled = errors.New("the connection is disabled")
	// ErrUnknown says that nobody has the identity and none may be made or linked.
	ErrUnknown = errors.New("nobody is known by this identity")
)

// Arrival is somebody who came back from a connection, and the account that is theirs or will be with Write.
type Arrival struct {
	User     id.User
	Identity id.Identity
	// Created and Linked say that Write makes the account, or gives an existing one the identity.
	Created, Linked bool

	connection Connection
	person     Person
	account    account
	// emptied: the account was never its owner's to begin with, so nothing that was put into it stays (gauntlet G12).
	emptied bool
	// taken: whoever has the address is somebody at the connection.
	taken bool
}

// account is what is known of an account before the arrival.
type account struct {
	key, name, role string
}

// Arrive finds the account of a person in at most two round trips, not counting proven, which tells whether the tenant has
// proven a domain (of an address in its canonical form); a third only before it refuses somebody whose address is taken. An
// identity decides alone, whatever address comes with it; a disabled user is found, for policy to refuse. Without one an
// account is linked by its address only by the strict rule, or made. It changes nothing. Errors: ErrDisabled, ErrUnknown,
// storage.ErrConflict when somebody changed the connection since c was read.
func Arrive(ctx context.Context, s *storage.Store, c Connection, p Person, proven func(domain string) (bool, error), _ time.Time) (Arrival, error) {
	a, err := seek(ctx, s, c, p)
	if err != nil || !a.Identity.IsZero() {
		return a, err
	}
	a.Identity = id.NewIdentity()
	switch err := a.settle(ctx, s, proven); {
	case err == nil:
		return a, nil
	case !errors.Is(err, ErrUnknown) || !a.taken:
		return Arrival{}, err
	}
	// Whoever has the address may be this person, who came in another tab between the two looks.
	if a, err = seek(ctx, s, c, p); err == nil && a.Identity.IsZero() {
		return Arrival{}, ErrUnknown
	}
	return a, err
}

// seek looks for the identity; a zero one says that nobody has it.
func seek(ctx context.Context, s *storage.Store, c Connection, p Person) (Arrival, error) {
	row, err := s.Tenant(c.Tenant).ArriveAt(ctx, db.ArriveAtParams{TenantID: c.Tenant, ID: c.ID, Issuer: p.Issuer, Subject: p.Subject})
	switch {
	case errors.Is(err, storage.ErrNotFound) || err == nil && row.Disabled:
		return Arrival{}, ErrDisabled
	case err != nil:
		return Arrival{}, fmt.Errorf("look up identity: %w", err)
	case int(row.Version) != c.Version:
		return Arrival{}, fmt.Errorf("look up identity: %w", &storage.Conflict{What: "connection version"})
	case row.Service:
		return Arrival{}, ErrUnknown
	}
	return Arrival{Identity: id.Identity{UUID: row.IdentityID}, User: row.UserID, connection: c, person: p, account: account{name: row.Name, role: row.Role}}, nil
}

// settle finds whose account it becomes: that of the address, or a new one. An address that somebody has is never given to a
// second account.
func (a *Arrival) settle(ctx context.Context, s *storage.Store, proven func(string) (bool, error)) error {
	c := a.connection
	if !c.Settings.Create && !c.Settings.LinkByAddress {
		return ErrUnknown
	}
	if a.person.Email == "" {
		return a.create()
	}
	key, err := user.Key(a.person.Email)
	if err != nil {
		return ErrUnknown
	}
	a.account.key = key
	row, err := s.Tenant(c.Tenant).AccountByAddress(ctx, db.AccountByAddressParams{TenantID: c.Tenant, EmailKey: key, Connection: c.ID.UUID})
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return a.create()
	case err != nil:
		return fmt.Errorf("look up address: %w", err)
	}
	a.taken = row.Connected
	return a.link(row, proven)
}

func (a *Arrival) create() error {
	if !a.connection.Settings.Create {
		return ErrUnknown
	}
	a.User, a.Created = id.NewUser(), true
	a.account = account{key: cmp.Or(a.account.key, a.placeholder())}
	return nil
}

// placeholder is the address of somebody who has none: no mail ever leaves for it (RFC 2606, 2).
func (a *Arrival) placeholder() string { return a.User.String() + "@users.invalid" }

// link is the strict rule (gauntlet G03): the administrator wants it, the address counts as the person's, its domain is the
// tenant's, and the account is a usual person's who may change it. Who is at this connection somebody else already is not this person:
// addresses are given to successors.
func (a *Arrival) link(row db.AccountByAddressRow, proven func(string) (bool, error)) error {
	confirmed := row.EmailConfirmedAt != nil
	// Administrators connect with a proof of their own: whoever sets up a connection must not become one by it (H05).
	if !a.connection.Settings.LinkByAddress || !a.person.EmailTrusted || row.Role != "user" || row.Service || row.Disabled || row.FrozenAt != nil || confirmed && row.Connected {
		return ErrUnknown
	}
	_, domain, _ := strings.Cut(a.account.key, "@")
	ok, err := proven(domain)
	if err != nil {
		return fmt.Errorf("look up domain: %w", err)
	}
	if !ok {
		return ErrUnknown
	}
	a.User, a.Linked, a.emptied = row.ID, true, !confirmed
	a.account.name, a.account.role = row.Name, row.Role
	return nil
}
