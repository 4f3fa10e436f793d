package tenant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"sallyport/mfa/policy"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// CurrentPolicy is the version in force. Errors wrap policy.ErrInvalid or are of storage.
func CurrentPolicy(ctx context.Context, s *storage.Store, t id.Tenant) (policy.Policy, error) {
	row, err := s.Tenant(t).CurrentPolicy(ctx, t)
	if err != nil {
		return policy.Policy{}, fmt.Errorf("read policy: %w", err)
	}
	return policy.Parse(int(row.Version), row.Document)
}

// SetPolicy stores p as the version after p.Version, which the caller has seen.
// Errors: policy.ErrInvalid, storage.ErrConflict when somebody else changed the policy meanwhile.
func SetPolicy(ctx context.Context, s *storage.Store, t id.Tenant, p policy.Policy, by audit.Actor, author *id.User, from audit.Origin, now time.Time) error {
	err := s.InTenant(ctx, t, func(tx *storage.Tx) error { return WritePolicy(ctx, tx, t, p, by, author, from, now) })
	if err != nil {
		return fmt.Errorf("set policy: %w", err)
	}
	return nil
}

// WritePolicy is SetPolicy in the caller's transaction, which fails as a whole where it conflicts.
// Errors: policy.ErrInvalid; storage.ErrConflict comes with the commit.
func WritePolicy(ctx context.Context, tx *storage.Tx, t id.Tenant, p policy.Policy, by audit.Actor, author *id.User, from audit.Origin, now time.Time) error {
	if err := p.Validate(); err != nil {
		return err
	}
	version := int32(p.Version + 1)
	return errors.Join(
		tx.Later().CreatePolicyVersion(ctx, db.CreatePolicyVersionParams{TenantID: t, Version: version, Document: p.Encode(), CreatedAt: now, CreatedBy: author}),
		audit.Record(ctx, tx, t, audit.Event{Kind: audit.PolicyChanged, At: now, Actor: by, Target: audit.Target{Kind: "tenant", ID: t.String()},
			Origin: from, Detail: map[string]any{"version": version, "policy": json.RawMessage(p.Encode())}}),
	)
}
