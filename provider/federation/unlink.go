package federation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/session"
	"sallyport/provider/user"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// ErrLast says that without the identity the person could not sign in any more.
var ErrLast = errors.New("the last way to sign in")

// Unlink takes an identity from its person and ends the sessions, but for keep, that began with it. Errors: ErrLast,
// user.ErrFrozen, storage.ErrConflict when the identity is not theirs or ended already.
func Unlink(ctx context.Context, s *storage.Store, t id.Tenant, u id.User, i id.Identity, keep id.Session, by audit.Actor, from audit.Origin, now time.Time) error {
	const reason = "identity unlinked"
	err := s.InTenant(ctx, t, func(tx *storage.Tx) error {
		if err := mayGo(ctx, tx, t, u, i); err != nil {
			return err
		}
		resting, err := tx.Now().SessionsOfIdentity(ctx, db.SessionsOfIdentityParams{TenantID: t, UserID: u, Identity: i.UUID})
		if err != nil {
			return err
		}
		failed := errors.Join(tx.Later().EndIdentity(ctx, db.EndIdentityParams{TenantID: t, UserID: u, ID: i, Now: now, Reason: reason}),
			audit.Record(ctx, tx, t, audit.Event{Kind: audit.IdentityUnlinked, At: now, Actor: by, Target: audit.OnUser(u), Origin: from, Detail: map[string]any{"identity": i}}))
		for _, row := range resting {
			if row.ID != keep {
				failed = errors.Join(failed, session.End(ctx, tx, t, u, row.ID, reason, by, from, now))
			}
		}
		return failed
	})
	if err != nil {
		return fmt.Errorf("unlink identity: %w", user.Held(err))
	}
	return nil
}

// mayGo reads under the lock of HoldUser what else the person could begin a sign-in with.
func mayGo(ctx context.Context, tx *storage.Tx, t id.Tenant, u id.User, i id.Identity) error {
	if err := tx.Later().HoldUser(ctx, db.HoldUserParams{TenantID: t, ID: u}); err != nil {
		return err
	}
	ways, err := tx.Now().WaysIn(ctx, db.WaysInParams{TenantID: t, ID: u, Identity: i.UUID})
	if err != nil {
		return err
	}
	p, err := policy.Parse(int(ways.PolicyVersion), ways.Policy)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLast, err) // fails closed
	}
	password := ways.Password && (!p.NoPasswords || slices.Contains(p.BreakGlass, u))
	// A key counts as a beginning only where the tenant has keys ask for PIN or biometrics.
	if !password && !ways.Others && (!ways.Passkey || !p.WebAuthn.UserVerification) {
		return ErrLast
	}
	return nil
}
