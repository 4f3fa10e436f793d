// Package recovery is the help that gets somebody past a second factor that they have lost: an access code, or the end
// of all their factors (R1, R2).
//
// It owns the transactions of both and whose word they need: the operator's, or that of an administrator whom
// mfa/recovery lets do it to that person, which takes a domain that provider/domain knows to be proven (R17). The codes themselves are mfa/recovery's; judging one is a step of
// provider/signin; links in mails are provider/user's. It tells nobody: the events it records are what provider/notify
// hears. Callers are the command line and, for administrators, the console.
//
// It depends on nothing outside the house.
package recovery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sallyport/mfa/policy"
	"sallyport/mfa/recovery"
	"sallyport/provider/domain"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/seal"
)

// Pepper is the key under which access codes are hashed, the same for who issues and who judges them.
func Pepper(s *seal.Sealer) ([]byte, error) {
	pepper, err := s.Derive("access codes", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the pepper of access codes: %w", err)
	}
	return pepper, nil
}

// Help is who helps whom, from where and when.
type Help struct {
	Tenant id.Tenant
	Target id.User
	// Helper is the administrator; nil is the operator, whom no rule of roles or domains binds.
	Helper *id.User
	From   audit.Origin
	Now    time.Time
}

func (h Help) actor() audit.Actor {
	if h.Helper == nil {
		return audit.Operator
	}
	return audit.User(*h.Helper)
}

func (h Help) record(ctx context.Context, tx *storage.Tx, k audit.Kind, detail map[string]any) error {
	return audit.Record(ctx, tx, h.Tenant, audit.Event{Kind: k, At: h.Now, Actor: h.actor(), Target: audit.OnUser(h.Target), Origin: h.From, Detail: detail})
}

func (h Help) end(ctx context.Context, tx *storage.Tx, kinds ...string) error {
	var failed error
	for _, k := range kinds {
		failed = errors.Join(failed, tx.Later().EndPersonal(ctx, db.EndPersonalParams{TenantID: h.Tenant, Owner: h.Target.UUID, Kind: k}))
	}
	return failed
}

// hold reads the target under its lock, frozen or not: help is what a frozen account waits for. Errors:
// storage.ErrNotFound, as for everything that is not in the tenant (gauntlet H01).
func (h Help) hold(ctx context.Context, tx *storage.Tx) (recovery.Person, error) {
	if err := tx.Later().HoldPerson(ctx, db.HoldPersonParams{TenantID: h.Tenant, ID: h.Target}); err != nil {
		return recovery.Person{}, err
	}
	row, err := tx.Now().UserByID(ctx, db.UserByIDParams{TenantID: h.Tenant, ID: h.Target})
	if errors.Is(err, storage.ErrConflict) {
		err = storage.ErrNotFound
	}
	if err != nil {
		return recovery.Person{}, fmt.Errorf("look up who is helped: %w", err)
	}
	target := person(row)
	target.Domain, err = h.reaches(ctx, tx, row.Email)
	return target, err
}

func person(row db.User) recovery.Person {
	return recovery.Person{ID: row.ID, Role: row.Role, Disabled: row.Disabled, Service: row.Service}
}

// reaches asks for no confirmed address. Whoever owns the domain has every mailbox in it, and could confirm the address and
// set a new password by mail: what an address that nobody confirmed adds to that is only a person who cannot be helped.
func (h Help) reaches(ctx context.Context, tx *storage.Tx, email string) (bool, error) {
	if h.Helper == nil {
		return false, nil // nobody asks
	}
	return domain.Proven(ctx, tx.Now(), h.Tenant, email)
}

// policy is the tenant's, as it is now.
func (h Help) policy(ctx context.Context, tx *storage.Tx) (policy.Policy, error) {
	row, err := tx.Now().CurrentPolicy(ctx, h.Tenant)
	if err != nil {
		return policy.Policy{}, fmt.Errorf("read policy: %w", err)
	}
	return policy.Parse(int(row.Version), row.Document)
}

func rules(p policy.Policy) recovery.Rules {
	return recovery.Rules{Enabled: p.AccessCode.Enabled, Issuers: p.AccessCode.Issuers, Outside: p.ResetOutside}
}

// allow asks the rule about the helper as they are now, not as they were when their page was made (gauntlet H05).
func (h Help) allow(ctx context.Context, tx *storage.Tx, rule func(helper recovery.Person) error) error {
	if h.Helper == nil {
		return nil
	}
	row, err := tx.Now().UserByID(ctx, db.UserByIDParams{TenantID: h.Tenant, ID: *h.Helper})
	if err != nil {
		return fmt.Errorf("look up who helps: %w", err)
	}
	return rule(person(row))
}
