package user

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"sallyport/mfa"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// ErrTaken says that another account of the tenant has the address. Only who reads that mailbox is told.
var ErrTaken = errors.New("another account has this address")

// Confirmation is a link to confirm an address that can still be used.
type Confirmation struct {
	Tenant id.Tenant
	User   id.User
	Email  string // the address to be confirmed
	Change bool   // it shall replace the one on record
	Name   string // of the tenant
}

// FindConfirmation looks at a link without using it: mail scanners open links too (R8). Errors: ErrLink.
func FindConfirmation(ctx context.Context, s *storage.Store, text string, now time.Time) (Confirmation, error) {
	l, p, err := openProposal(ctx, s, text, now)
	return Confirmation{Tenant: l.secret.Tenant, User: l.person.ID, Email: p.Email, Change: p.Change, Name: l.person.Tenant}, err
}

// openProposal: a link to confirm an address that the account has no more is dead, should it have survived.
func openProposal(ctx context.Context, s *storage.Store, text string, now time.Time) (link, proposal, error) {
	l, err := open(ctx, s, confirming, text, now)
	if err != nil {
		return link{}, proposal{}, err
	}
	var p proposal
	if err := json.Unmarshal(l.person.Data, &p); err != nil {
		return link{}, proposal{}, fmt.Errorf("decode proposal: %w", err)
	}
	if !p.Change && p.Key != l.person.EmailKey {
		return link{}, proposal{}, ErrLink
	}
	return l, p, nil
}

// Confirm uses a link: the address counts as confirmed, or replaces the one on record. With a change end the factors
// that rested on the old mailbox, and links that were sent to it. Errors: ErrLink, ErrFrozen, ErrTaken.
func Confirm(ctx context.Context, s *storage.Store, text string, c Cause) error {
	l, p, err := openProposal(ctx, s, text, c.Now)
	if err != nil {
		return err
	}
	t, u := l.secret.Tenant, l.person.ID
	c.By = audit.User(u)
	err = s.InTenant(ctx, t, func(tx *storage.Tx) error {
		taken := errors.Join(tx.Later().HoldUser(ctx, db.HoldUserParams{TenantID: t, ID: u}), l.take(ctx, tx, c.Now))
		if p.Change {
			return errors.Join(taken, changeEmail(ctx, tx, l, p, c))
		}
		return errors.Join(taken,
			tx.Later().ConfirmEmail(ctx, db.ConfirmEmailParams{TenantID: t, ID: u, EmailKey: p.Key, Now: c.Now}),
			c.record(ctx, tx, t, u, audit.EmailConfirmed, nil))
	})
	if conflict := (*storage.Conflict)(nil); errors.As(err, &conflict) && conflict.What == "users_tenant_id_email_key_key" {
		return ErrTaken
	}
	if err != nil {
		return fmt.Errorf("confirm address: %w", spent(err, confirming))
	}
	return nil
}

func changeEmail(ctx context.Context, tx *storage.Tx, l link, p proposal, c Cause) error {
	t, u := l.secret.Tenant, l.person.ID
	// Under the lock of HoldUser: no factor comes or goes beside us.
	factors, err := tx.Now().ListFactors(ctx, db.ListFactorsParams{TenantID: t, UserID: u})
	if err != nil {
		return err
	}
	const reason = "address changed"
	return errors.Join(
		tx.Later().ChangeEmail(ctx, db.ChangeEmailParams{TenantID: t, ID: u, Email: p.Email, EmailKey: p.Key, Now: c.Now}),
		tx.Later().EndFactors(ctx, db.EndFactorsParams{TenantID: t, UserID: u, Now: c.Now, Reason: reason, Kind: string(mfa.Email)}),
		tx.Later().EndBackupCodesOfUnenrolled(ctx, db.EndBackupCodesOfUnenrolledParams{TenantID: t, Owner: u.UUID}),
		endLinks(ctx, tx, t, u),
		endResting(ctx, tx, t, u, factors, reason, c),
		c.record(ctx, tx, t, u, audit.EmailChanged, map[string]any{"old": l.person.Email}),
	)
}

// endResting: with a factor goes what may rest on it (gauntlet D03); without one, nothing does.
func endResting(ctx context.Context, tx *storage.Tx, t id.Tenant, u id.User, factors []db.Factor, reason string, c Cause) error {
	for _, f := range factors {
		if f.Kind == string(mfa.Email) {
			return endAll(ctx, tx, t, u, id.Session{}, reason, c)
		}
	}
	return nil
}
