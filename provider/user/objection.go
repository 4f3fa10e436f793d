package user

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// Objection is a link by which a person says that a change was not theirs, and that can still be used.
type Objection struct {
	Tenant id.Tenant
	User   id.User
	Name   string // of the tenant
}

// FindObjection looks at a link without using it. Errors: ErrLink.
func FindObjection(ctx context.Context, s *storage.Store, text string, now time.Time) (Objection, error) {
	l, err := open(ctx, s, objecting, text, now)
	return Objection{Tenant: l.secret.Tenant, User: l.person.ID, Name: l.person.Tenant}, err
}

// Object freezes the account with a link, once, and ends whatever somebody could be in or come in with without
// signing in anew: sessions, grants, trusted devices, access codes, links that were sent. Signing in stays possible with what
// there is; changing it does not. The administrators hear of it by the event. Errors: ErrLink.
func Object(ctx context.Context, s *storage.Store, text string, c Cause) error {
	l, err := open(ctx, s, objecting, text, c.Now)
	if err != nil {
		return err
	}
	t, u := l.secret.Tenant, l.person.ID
	c.By = audit.User(u)
	err = s.InTenant(ctx, t, func(tx *storage.Tx) error {
		return errors.Join(
			tx.Later().HoldPerson(ctx, db.HoldPersonParams{TenantID: t, ID: u}),
			l.take(ctx, tx, c.Now),
			tx.Later().FreezeUser(ctx, db.FreezeUserParams{TenantID: t, ID: u, At: &c.Now}),
			endAll(ctx, tx, t, u, id.Session{}, "objection", c),
			endLinks(ctx, tx, t, u),
			tx.Later().EndPersonal(ctx, db.EndPersonalParams{TenantID: t, Owner: u.UUID, Kind: "access_code"}),
			c.record(ctx, tx, t, u, audit.Objected, nil),
		)
	})
	if err != nil {
		return fmt.Errorf("object: %w", spent(err, objecting))
	}
	return nil
}

// Unfreeze lets the person change things again, at the word of an administrator who has looked. Errors:
// storage.ErrConflict when there is no such user.
func Unfreeze(ctx context.Context, s *storage.Store, t id.Tenant, u id.User, c Cause) error {
	err := s.InTenant(ctx, t, func(tx *storage.Tx) error {
		return errors.Join(
			tx.Later().HoldPerson(ctx, db.HoldPersonParams{TenantID: t, ID: u}),
			tx.Later().FreezeUser(ctx, db.FreezeUserParams{TenantID: t, ID: u}),
			c.record(ctx, tx, t, u, audit.Unfrozen, nil),
		)
	})
	if err != nil {
		return fmt.Errorf("unfreeze: %w", err)
	}
	return nil
}
