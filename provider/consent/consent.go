// Package consent is what people allowed applications to have.
//
// It revokes; that a consent is given is a fact of an attempt and written by provider/gate. Whether
// one is needed is decided in provider/attempt. Callers are provider/account.
package consent

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

// Revoke withdraws the consent and ends what the client holds of the user, so that the withdrawal is
// felt at once. Errors: storage.ErrConflict when there is none.
func Revoke(ctx context.Context, s *storage.Store, t id.Tenant, u id.User, client string, from audit.Origin, now time.Time) error {
	err := s.InTenant(ctx, t, func(tx *storage.Tx) error {
		q := tx.Later()
		return errors.Join(
			q.RevokeConsent(ctx, db.RevokeConsentParams{TenantID: t, UserID: u, ClientID: client}),
			q.EndGrantsOfClient(ctx, db.EndGrantsOfClientParams{TenantID: t, UserID: u, ClientID: client, Now: now, Reason: "consent revoked"}),
			audit.Record(ctx, tx, t, audit.Event{Kind: audit.ConsentRevoked, At: now, Actor: audit.User(u), Target: audit.OnUser(u), Origin: from,
				Detail: map[string]any{"client": client}}),
		)
	})
	if err != nil {
		return fmt.Errorf("revoke consent: %w", err)
	}
	return nil
}
