package client

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

// SetDisabled switches an application off or on again. It ends nothing by itself: every look-up of a token
// reads it. Errors: storage.ErrConflict when the tenant owns no such client.
func SetDisabled(ctx context.Context, s *storage.Store, owner id.Tenant, client string, disabled bool, by audit.Actor, now time.Time) error {
	kind := audit.ClientEnabled
	if disabled {
		kind = audit.ClientDisabled
	}
	err := s.InTenant(ctx, owner, func(tx *storage.Tx) error {
		return errors.Join(
			tx.Later().SetClientDisabled(ctx, db.SetClientDisabledParams{TenantID: owner, ID: client, Disabled: disabled}),
			audit.Record(ctx, tx, owner, audit.Event{Kind: kind, At: now, Actor: by, Target: audit.Target{Kind: "client", ID: client}}),
		)
	})
	if err != nil {
		return fmt.Errorf("set client disabled: %w", err)
	}
	return nil
}
