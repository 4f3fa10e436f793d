package user

import (
	"context"
	"errors"
	"fmt"

	"sallyport/provider/session"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// SetPassword replaces the password as an operator does, frozen or not, and ends what rests on the old one: every
// session and grant (gauntlet D03), trusted device, link that was sent, and sign-in that has shown the old password. Factors
// stay. Errors: storage.ErrConflict when there is no such user.
func SetPassword(ctx context.Context, s *storage.Store, t id.Tenant, u id.User, hash string, c Cause) error {
	err := s.InTenant(ctx, t, func(tx *storage.Tx) error {
		return setPassword(ctx, tx, db.SetPasswordHashParams{TenantID: t, ID: u, PasswordHash: hash}, id.Session{}, c)
	})
	if err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	return nil
}

// ChangePassword is SetPassword by the person, who has just proven themselves in the session keep: that one stays.
// Errors: ErrFrozen.
func ChangePassword(ctx context.Context, s *storage.Store, t id.Tenant, u id.User, keep id.Session, hash string, c Cause) error {
	err := s.InTenant(ctx, t, func(tx *storage.Tx) error {
		return errors.Join(
			tx.Later().HoldUser(ctx, db.HoldUserParams{TenantID: t, ID: u}),
			setPassword(ctx, tx, db.SetPasswordHashParams{TenantID: t, ID: u, PasswordHash: hash}, keep, c),
		)
	})
	if err != nil {
		return fmt.Errorf("change password: %w", Held(err))
	}
	return nil
}

func setPassword(ctx context.Context, tx *storage.Tx, p db.SetPasswordHashParams, keep id.Session, c Cause) error {
	return errors.Join(
		tx.Later().SetPasswordHash(ctx, p),
		endAll(ctx, tx, p.TenantID, p.ID, keep, "password set", c),
		endLinks(ctx, tx, p.TenantID, p.ID),
		c.record(ctx, tx, p.TenantID, p.ID, audit.PasswordSet, map[string]any{"by_mail": p.ByMail}),
	)
}

// endAll ends what lets a browser in without asking for everything again; keep may be zero.
func endAll(ctx context.Context, tx *storage.Tx, t id.Tenant, u id.User, keep id.Session, reason string, c Cause) error {
	return errors.Join(
		session.EndOthers(ctx, tx, t, u, keep, reason, c.Now),
		tx.Later().EndDevices(ctx, db.EndDevicesParams{TenantID: t, UserID: u, Now: c.Now, Reason: reason}),
		tx.Later().EndProvenAttempts(ctx, db.EndProvenAttemptsParams{TenantID: t, Owner: u.UUID, Now: c.Now}),
	)
}

// endLinks: whoever had a hand in the account before must find nothing left to click (gauntlet C10, C13).
func endLinks(ctx context.Context, tx *storage.Tx, t id.Tenant, u id.User) error {
	return errors.Join(
		tx.Later().EndPersonal(ctx, db.EndPersonalParams{TenantID: t, Owner: u.UUID, Kind: resetting.row}),
		tx.Later().EndPersonal(ctx, db.EndPersonalParams{TenantID: t, Owner: u.UUID, Kind: confirming.row}),
	)
}
