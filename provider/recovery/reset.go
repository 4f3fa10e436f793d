package recovery

import (
	"context"
	"errors"
	"fmt"

	"sallyport/mfa"
	"sallyport/mfa/recovery"
	"sallyport/provider/session"
	"sallyport/provider/throttle"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// ResetFactors ends every second factor of the person and all that stands in for one or rests on one: backup codes,
// access codes, codes on their way, trusted devices, sessions and grants. Afterwards the password suffices, or a factor has to be
// enrolled, as the policy says (R2). Errors: those of mfa/recovery.MayReset, storage.ErrNotFound.
func ResetFactors(ctx context.Context, s *storage.Store, h Help) error {
	err := s.InTenant(ctx, h.Tenant, func(tx *storage.Tx) error {
		target, err := h.hold(ctx, tx)
		if err != nil {
			return err
		}
		if err := h.mayReset(ctx, tx, target); err != nil {
			return err
		}
		return errors.Join(h.endFactors(ctx, tx), h.record(ctx, tx, audit.FactorsReset, nil))
	})
	if err != nil {
		return fmt.Errorf("reset factors: %w", err)
	}
	return nil
}

// mayReset reads no policy for the operator, who is the last resort of a tenant whatever its policy has become.
func (h Help) mayReset(ctx context.Context, tx *storage.Tx, target recovery.Person) error {
	return h.allow(ctx, tx, func(helper recovery.Person) error {
		p, err := h.policy(ctx, tx)
		if err != nil {
			return err
		}
		return recovery.MayReset(rules(p), helper, target)
	})
}

func (h Help) endFactors(ctx context.Context, tx *storage.Tx) error {
	const reason = "factors reset by an administrator"
	q := tx.Later()
	return errors.Join(
		q.EndFactors(ctx, db.EndFactorsParams{TenantID: h.Tenant, UserID: h.Target, Now: h.Now, Reason: reason}),
		h.end(ctx, tx, string(mfa.BackupCode), accessCode, "email_code", "sms_code"),
		q.EndDevices(ctx, db.EndDevicesParams{TenantID: h.Tenant, UserID: h.Target, Now: h.Now, Reason: reason}),
		session.EndOthers(ctx, tx, h.Tenant, h.Target, id.Session{}, reason, h.Now),
		q.EndProvenAttempts(ctx, db.EndProvenAttemptsParams{TenantID: h.Tenant, Owner: h.Target.UUID, Now: h.Now}),
		// Factors that are enrolled later have counters of their own; codes share one for good.
		throttle.Forget(ctx, tx, h.Tenant, throttle.Recovery(mfa.BackupCode, h.Target)),
		throttle.Forget(ctx, tx, h.Tenant, throttle.Recovery(mfa.AccessCode, h.Target)),
	)
}
