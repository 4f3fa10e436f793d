package domain

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"time"

	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// Add notes that the tenant says a domain is its own, with a challenge that is made for it; it gives no right until a Check
// has found the record. Whether another tenant has proven it is not told before that. Errors: ErrName,
// storage.ErrConflict when the tenant has it already.
func Add(ctx context.Context, s *storage.Store, t id.Tenant, name string, by audit.Actor, from audit.Origin, now time.Time) (Domain, error) {
	name, err := Canonical(name)
	if err != nil {
		return Domain{}, err
	}
	d := Domain{Name: name, Challenge: challenge()}
	err = s.InTenant(ctx, t, func(tx *storage.Tx) error {
		return errors.Join(
			tx.Later().CreateDomain(ctx, db.CreateDomainParams{TenantID: t, Name: name, Challenge: d.Challenge, CreatedAt: now}),
			record(ctx, tx, t, audit.DomainAdded, name, by, from, now, nil))
	})
	if err != nil {
		return Domain{}, fmt.Errorf("add domain: %w", err)
	}
	return d, nil
}

// challenge is 160 random bits: nobody has the record of another tenant's by chance.
func challenge() string {
	b := make([]byte, 20)
	_, _ = rand.Read(b) // never fails: the program ends first
	return strings.ToLower(base32.StdEncoding.EncodeToString(b))
}

// Remove forgets a domain; all that it gave a right to ends at once. Errors: ErrName, storage.ErrNotFound.
func Remove(ctx context.Context, s *storage.Store, t id.Tenant, name string, by audit.Actor, from audit.Origin, now time.Time) error {
	name, err := Canonical(name)
	if err != nil {
		return err
	}
	err = s.InTenant(ctx, t, func(tx *storage.Tx) error {
		return errors.Join(
			tx.Later().RemoveDomain(ctx, db.RemoveDomainParams{TenantID: t, Name: name}),
			record(ctx, tx, t, audit.DomainRemoved, name, by, from, now, nil))
	})
	if err != nil {
		return fmt.Errorf("remove domain: %w", missing(err))
	}
	return nil
}

// Connect has the people of a domain sign in at a connection of the tenant, or here where c is nil. It has no effect while
// the domain is not proven. Errors: ErrName; storage.ErrNotFound when the tenant has no such domain or no such connection.
func Connect(ctx context.Context, s *storage.Store, t id.Tenant, name string, c *id.Connection, by audit.Actor, from audit.Origin, now time.Time) error {
	name, err := Canonical(name)
	if err != nil {
		return err
	}
	err = s.InTenant(ctx, t, func(tx *storage.Tx) error { return connect(ctx, tx, t, name, c, by, from, now) })
	if err != nil {
		return fmt.Errorf("connect domain: %w", missing(err))
	}
	return nil
}

func connect(ctx context.Context, tx *storage.Tx, t id.Tenant, name string, c *id.Connection, by audit.Actor, from audit.Origin, now time.Time) error {
	detail := map[string]any{"connection": nil}
	if c != nil {
		if _, err := tx.Now().Connection(ctx, db.ConnectionParams{TenantID: t, ID: *c}); err != nil {
			return err
		}
		detail["connection"] = c.String()
	}
	return errors.Join(
		tx.Later().ConnectDomain(ctx, db.ConnectDomainParams{TenantID: t, Name: name, ConnectionID: c}),
		record(ctx, tx, t, audit.DomainConnected, name, by, from, now, detail))
}

// missing: no row to change is nothing that changed under anybody's hands.
func missing(err error) error {
	if c := (*storage.Conflict)(nil); errors.As(err, &c) && c.What == "domain" {
		return storage.ErrNotFound
	}
	return err
}

func record(ctx context.Context, tx *storage.Tx, t id.Tenant, k audit.Kind, name string, by audit.Actor, from audit.Origin, now time.Time, detail any) error {
	return audit.Record(ctx, tx, t, audit.Event{Kind: k, At: now, Actor: by, Target: audit.Target{Kind: "domain", ID: name}, Origin: from, Detail: detail})
}
