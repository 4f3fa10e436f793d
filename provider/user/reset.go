package user

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sallyport/provider/notify"
	"sallyport/provider/throttle"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// AskReset sends a link for a new password to the address of the account that has this key (of Key) in the
// tenant, and kills the link before it. It answers the same, after as many round trips, when there is no such account,
// when it is disabled, frozen or no person, and when the mailbox has had its share of mails (gauntlet J01, J06). Errors are
// of storage. Tries from one source are for the caller to count.
func (l Links) AskReset(ctx context.Context, t id.Tenant, key string, c Cause) error {
	err := throttle.Send(ctx, l.Store, t, c.Now, throttle.Mail(key))
	if errors.Is(err, throttle.ErrTooMany) {
		return nil // the links of before still work
	}
	if err != nil {
		return err
	}
	u, err := l.Store.Tenant(t).Reachable(ctx, db.ReachableParams{TenantID: t, EmailKey: key})
	nobody := errors.Is(err, storage.ErrNotFound) || u.FrozenAt != nil
	if err != nil && !nobody {
		return fmt.Errorf("ask for a new password: %w", err)
	}
	err = l.Store.InTenant(ctx, t, func(tx *storage.Tx) error {
		if nobody {
			return l.pretend(ctx, tx, t, c)
		}
		return l.sendReset(ctx, tx, t, u, c)
	})
	if errors.Is(Held(err), ErrFrozen) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("ask for a new password: %w", err)
	}
	return nil
}

func (l Links) sendReset(ctx context.Context, tx *storage.Tx, t id.Tenant, u db.ReachableRow, c Cause) error {
	return errors.Join(
		// Of two that ask at once the slower one must see the link of the other, to kill it.
		tx.Later().HoldUser(ctx, db.HoldUserParams{TenantID: t, ID: u.ID}),
		// The mail goes to the address on record, never to what was typed (gauntlet C04).
		l.send(ctx, tx, letter{purpose: resetting, kind: notify.PasswordReset, tenant: t, name: u.Tenant, user: u.ID, to: u.Email, data: []byte("{}")}, c),
		c.record(ctx, tx, t, u.ID, audit.PasswordResetAsked, nil),
	)
}

// pretend does for nobody what sendReset does for somebody, to no effect: the same round trips and a job that will
// find nothing to deliver. What it leaves is the record that somebody asked.
func (l Links) pretend(ctx context.Context, tx *storage.Tx, t id.Tenant, c Cause) error {
	nobody := id.NewUser()
	tx.Enqueue(notify.Delivery{Tenant: t, Message: id.NewMessage()})
	return errors.Join(
		tx.Later().EndPersonal(ctx, db.EndPersonalParams{TenantID: t, Owner: nobody.UUID, Kind: resetting.row}),
		tx.Later().IssuePersonal(ctx, db.IssuePersonalParams{TenantID: t, Kind: resetting.row, Owner: nobody.UUID, Data: []byte("{}"),
			Now: c.Now, Expires: c.Now, Hashes: [][]byte{}}),
		audit.Record(ctx, tx, t, audit.Event{Kind: audit.PasswordResetAsked, At: c.Now, Actor: c.By, Origin: c.From}),
	)
}

// Reset is a link for a new password that can still be used, and whose it is.
type Reset struct {
	Tenant id.Tenant
	User   id.User
	Email  string
	Name   string // of the tenant
}

// FindReset looks at a link without using it: mail scanners open links too. Errors: ErrLink.
func FindReset(ctx context.Context, s *storage.Store, text string, now time.Time) (Reset, error) {
	l, err := open(ctx, s, resetting, text, now)
	return Reset{Tenant: l.secret.Tenant, User: l.person.ID, Email: l.person.Email, Name: l.person.Tenant}, err
}

// ResetPassword sets the password with a link, once. All that SetPassword ends is ended; factors stay, and nobody is
// signed in: the second factor is asked for as ever (gauntlet C09). Errors: ErrLink, ErrFrozen.
func ResetPassword(ctx context.Context, s *storage.Store, text, hash string, c Cause) error {
	l, err := open(ctx, s, resetting, text, c.Now)
	if err != nil {
		return err
	}
	t, u := l.secret.Tenant, l.person.ID
	c.By = audit.User(u)
	err = s.InTenant(ctx, t, func(tx *storage.Tx) error {
		return errors.Join(
			tx.Later().HoldUser(ctx, db.HoldUserParams{TenantID: t, ID: u}),
			l.take(ctx, tx, c.Now),
			setPassword(ctx, tx, db.SetPasswordHashParams{TenantID: t, ID: u, PasswordHash: hash, ByMail: true}, id.Session{}, c),
			// The tries were at a password that is no more.
			throttle.Forget(ctx, tx, t, throttle.Password(l.person.EmailKey)),
		)
	})
	if err != nil {
		return fmt.Errorf("reset password: %w", spent(err, resetting))
	}
	return nil
}
