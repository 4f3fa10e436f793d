package user

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"sallyport/provider/notify"
	"sallyport/provider/throttle"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// proposal is what a link to confirm is about: the address that the account has, or the one it shall have.
type proposal struct {
	Email  string `json:"email"`
	Key    string `json:"key"`
	Change bool   `json:"change,omitempty"`
}

// AskConfirmation sends a link to the address of the account, to show that its person reads it, and kills the link
// before it. sent is false when there is nothing to do: the address is confirmed. Errors: *throttle.Refused when the mailbox
// has had its share of mails, ErrFrozen, storage.ErrNotFound for an account that is locked out or no person's.
func (l Links) AskConfirmation(ctx context.Context, t id.Tenant, u id.User, c Cause) (sent bool, err error) {
	person, err := l.Store.Tenant(t).Person(ctx, db.PersonParams{TenantID: t, ID: u})
	if err != nil || person.EmailConfirmedAt != nil {
		return false, err
	}
	p := proposal{Email: person.Email, Key: person.EmailKey}
	if err := l.propose(ctx, letter{kind: notify.EmailConfirm, tenant: t, name: person.Tenant, user: u}, p, c); err != nil {
		return false, fmt.Errorf("send activation mail: %w", err)
	}
	return true, nil
}

// AskChange sends a link to the address that the account shall have; the account keeps the one it has until somebody
// has used the link there. The link before it is dead, and the address on record is told. It does not tell whether the address
// is free. Callers have asked for a fresh proof. Errors: ErrEmail, *throttle.Refused, ErrFrozen, storage.ErrNotFound.
func (l Links) AskChange(ctx context.Context, t id.Tenant, u id.User, email string, c Cause) error {
	key, err := Key(email)
	if err != nil {
		return err
	}
	person, err := l.Store.Tenant(t).Person(ctx, db.PersonParams{TenantID: t, ID: u})
	if err != nil {
		return fmt.Errorf("ask for a change of address: %w", err)
	}
	p := proposal{Email: strings.TrimSpace(email), Key: key, Change: true}
	if err := l.propose(ctx, letter{kind: notify.EmailChange, tenant: t, name: person.Tenant, user: u}, p, c); err != nil {
		return fmt.Errorf("ask for a change of address: %w", err)
	}
	return nil
}

func (l Links) propose(ctx context.Context, m letter, p proposal, c Cause) error {
	// People are told that they wait: unlike a reset, nobody asks for this without being known.
	if err := throttle.Send(ctx, l.Store, m.tenant, c.Now, throttle.Mail(p.Key)); err != nil {
		return err
	}
	var err error
	m.purpose, m.to = confirming, p.Email
	if m.data, err = json.Marshal(p); err != nil {
		return fmt.Errorf("encode proposal: %w", err)
	}
	return Held(l.Store.InTenant(ctx, m.tenant, func(tx *storage.Tx) error {
		failed := errors.Join(tx.Later().HoldUser(ctx, db.HoldUserParams{TenantID: m.tenant, ID: m.user}), l.send(ctx, tx, m, c))
		if p.Change {
			failed = errors.Join(failed, c.record(ctx, tx, m.tenant, m.user, audit.EmailChangeAsked, map[string]any{"new": p.Email}))
		}
		return failed
	}))
}
