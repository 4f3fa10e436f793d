package recovery

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/mfa/recovery"
	"sallyport/provider/throttle"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
)

var (
	// ErrOff says that the tenant's policy knows no access codes, for operators as for everybody (gauntlet A12).
	ErrOff = errors.New("access codes are turned off in this organisation")
	// ErrBounds says that a code was to live longer or be used more often than the policy lets it.
	ErrBounds = errors.New("more than the policy of the organisation allows")
)

const accessCode = "access_code"

// Issue is an access code to be made.
type Issue struct {
	Help
	// Uses and Life are at most the policy's; 0 takes the policy's.
	Uses int
	Life time.Duration
}

// Code is an access code as it is shown, once, to whoever issued it.
type Code struct {
	Text    string
	Expires time.Time
	Uses    int
}

// IssueAccessCode makes a code that stands in for the person's second factor, and ends the code before it (gauntlet
// C11). Errors: ErrOff, ErrBounds, those of mfa/recovery.MayIssue, storage.ErrNotFound.
func IssueAccessCode(ctx context.Context, s *storage.Store, pepper []byte, i Issue) (Code, error) {
	var out Code
	err := s.InTenant(ctx, i.Tenant, func(tx *storage.Tx) error {
		bounds, err := i.bounds(ctx, tx)
		if err != nil {
			return err
		}
		out = Code{Text: recovery.Generate(bounds.Length), Expires: i.Now.Add(bounds.Life.Duration()), Uses: bounds.Uses}
		return i.store(ctx, tx, pepper, out)
	})
	if err != nil {
		return Code{}, fmt.Errorf("issue access code: %w", err)
	}
	return out, nil
}

// bounds are those of the tenant, narrowed to what was asked for, once everybody concerned may.
func (i Issue) bounds(ctx context.Context, tx *storage.Tx) (policy.AccessCodes, error) {
	target, err := i.hold(ctx, tx)
	if err != nil {
		return policy.AccessCodes{}, err
	}
	p, err := i.policy(ctx, tx)
	if err != nil {
		return policy.AccessCodes{}, err
	}
	bounds, err := i.narrow(p.AccessCode)
	if err != nil {
		return bounds, err
	}
	if target.Disabled || target.Service {
		return bounds, recovery.ErrTarget
	}
	return bounds, i.allow(ctx, tx, func(helper recovery.Person) error { return recovery.MayIssue(rules(p), helper, target) })
}

func (i Issue) narrow(bounds policy.AccessCodes) (policy.AccessCodes, error) {
	if !bounds.Enabled {
		return bounds, ErrOff
	}
	uses, life := cmp.Or(i.Uses, bounds.Uses), cmp.Or(policy.Seconds(i.Life/time.Second), bounds.Life)
	if uses < 1 || uses > min(bounds.Uses, recovery.MostUses) || life < 1 || life > bounds.Life {
		return bounds, ErrBounds
	}
	bounds.Uses, bounds.Life = uses, life
	return bounds, nil
}

func (i Issue) store(ctx context.Context, tx *storage.Tx, pepper []byte, c Code) error {
	clean, ok := recovery.Clean(c.Text)
	if !ok {
		return errors.New("made a code that nobody could type")
	}
	data, err := json.Marshal(map[string]string{"issuer": i.actor().Kind + ":" + i.actor().ID})
	return errors.Join(err,
		i.end(ctx, tx, accessCode),
		tx.Later().IssuePersonal(ctx, db.IssuePersonalParams{TenantID: i.Tenant, Kind: accessCode, Owner: i.Target.UUID, Data: data,
			Now: i.Now, Expires: c.Expires, Hashes: recovery.Hashes(pepper, i.Tenant, i.Target, clean, c.Uses)}),
		// The failures were at another authenticator (NIST SP 800-63B-4 3.2.2).
		throttle.Forget(ctx, tx, i.Tenant, throttle.Recovery(mfa.AccessCode, i.Target)),
		i.record(ctx, tx, audit.AccessCodeIssued, map[string]any{"expires": c.Expires, "uses": c.Uses}),
	)
}

// RevokeAccessCodes ends what the person has of codes; having none is no error.
// Errors: those of mfa/recovery.MayRevoke, storage.ErrNotFound.
func RevokeAccessCodes(ctx context.Context, s *storage.Store, h Help) error {
	err := s.InTenant(ctx, h.Tenant, func(tx *storage.Tx) error {
		target, err := h.hold(ctx, tx)
		if err != nil {
			return err
		}
		if err := h.allow(ctx, tx, func(helper recovery.Person) error { return recovery.MayRevoke(helper, target) }); err != nil {
			return err
		}
		return errors.Join(h.end(ctx, tx, accessCode), h.record(ctx, tx, audit.AccessCodeRevoked, nil))
	})
	if err != nil {
		return fmt.Errorf("revoke access codes: %w", err)
	}
	return nil
}
