package domain

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

var (
	// ErrAbsent says that the DNS answered and the record is not there.
	ErrAbsent = errors.New("the record is not in the DNS")
	// ErrUnreachable says that the DNS gave no answer that says anything; it wraps why.
	ErrUnreachable = errors.New("the DNS could not be asked")
	// ErrTaken says that another tenant has proven the domain.
	ErrTaken = errors.New("another organisation has proven this domain")
)

const (
	// patience bounds one look at the DNS.
	patience = 5 * time.Second
	// grace is how long a record may be missed: a domain that moves to another provider is without it for a while.
	grace = 72 * time.Hour
)

// Checker looks at the DNS. A nil Resolver is the system's.
type Checker struct {
	Store    *storage.Store
	Resolver *net.Resolver
	Now      func() time.Time
}

// Resolver asks the server at address (host:port), or the system's where that is empty. It is Go's own, which tells a name
// that does not exist from a server that fails.
func Resolver(address string) *net.Resolver {
	r := &net.Resolver{PreferGo: true}
	if address != "" {
		r.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		}
	}
	return r
}

// Check looks for the record now and notes what it has found; the domain is as it is afterwards. Errors: ErrName,
// storage.ErrNotFound; ErrAbsent, with which a domain that was proven stays so for 72 hours; ErrUnreachable and ErrTaken,
// with which nothing has changed.
func (c Checker) Check(ctx context.Context, t id.Tenant, name string, by audit.Actor, from audit.Origin) (Domain, error) {
	name, err := Canonical(name)
	if err != nil {
		return Domain{}, err
	}
	row, err := c.Store.Tenant(t).Domain(ctx, db.DomainParams{TenantID: t, Name: name})
	if err != nil {
		return Domain{}, fmt.Errorf("look up domain: %w", err)
	}
	return c.check(ctx, row, by, from)
}

// check has no transaction open while it waits for servers of others.
func (c Checker) check(ctx context.Context, row db.Domain, by audit.Actor, from audit.Origin) (Domain, error) {
	found, err := c.look(ctx, row.Name, row.Challenge)
	if err != nil {
		return of(row), err
	}
	d, err := c.note(ctx, row, found, by, from)
	switch conflict := (*storage.Conflict)(nil); {
	// Whoever comes first has it: two who look at a time are told apart by the index alone.
	case errors.As(err, &conflict) && conflict.What == "domains_proven":
		return of(row), ErrTaken
	case err != nil:
		return of(row), fmt.Errorf("note domain: %w", err)
	case !found:
		return d, ErrAbsent
	}
	return d, nil
}

// look reports whether the record is there, among whatever else stands beside it. The error is ErrUnreachable.
func (c Checker) look(ctx context.Context, name, challenge string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	host, value := Record(name, challenge)
	// The dot: a name without one may be looked for below the search domains of the machine, which are not the tenant's.
	texts, err := c.Resolver.LookupTXT(ctx, host+".")
	if failed := (*net.DNSError)(nil); errors.As(err, &failed) && failed.IsNotFound {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return slices.ContainsFunc(texts, func(text string) bool { return strings.TrimSpace(text) == value }), nil
}

// note writes down a look at the domain as it is now: somebody else may have looked, or removed it, meanwhile.
func (c Checker) note(ctx context.Context, row db.Domain, found bool, by audit.Actor, from audit.Origin) (d Domain, err error) {
	now, t := c.Now(), row.TenantID
	err = c.Store.InTenant(ctx, t, func(tx *storage.Tx) error {
		row, err := tx.Now().HoldDomain(ctx, db.HoldDomainParams{TenantID: t, Name: row.Name, Challenge: row.Challenge})
		if err != nil {
			return err
		}
		d = of(row).seen(found, now)
		err = tx.Later().NoteDomain(ctx, db.NoteDomainParams{TenantID: t, Name: d.Name, Challenge: d.Challenge,
			ProvenAt: d.Proven, Now: now, AbsentSince: d.Absent})
		if d.Proven != nil && row.ProvenAt == nil {
			err = errors.Join(err, record(ctx, tx, t, audit.DomainProven, d.Name, by, from, now, nil))
		}
		if d.Proven == nil && row.ProvenAt != nil {
			err = errors.Join(err, record(ctx, tx, t, audit.DomainLost, d.Name, by, from, now, map[string]any{"absent_since": d.Absent}))
		}
		return err
	})
	return d, err
}

// seen is the domain after the DNS has given an answer.
func (d Domain) seen(found bool, now time.Time) Domain {
	d.Checked = &now
	switch {
	case found && d.Proven == nil:
		d.Proven, d.Absent = &now, nil
	case found:
		d.Absent = nil
	case d.Proven == nil: // there is nothing to lose
	case d.Absent == nil:
		d.Absent = &now
	case now.Sub(*d.Absent) >= grace:
		d.Proven = nil
	}
	return d
}
