// Package user owns people: how an address is told from another, how a password is kept, and the
// transactions that create and change a user: those by links in mails too, which prove a mailbox and nothing else.
// It has no net/http and judges no proof: a caller who lets somebody change a password or an address has asked
// for a fresh one. It sends nothing either, but queues with provider/notify. provider/signin,
// provider/account and the command line call it.
//
// Dependencies: golang.org/x/crypto/argon2 (the Go team's implementation of RFC 9106; a wrapper would
// hide the parameters that we must bound), golang.org/x/sync/semaphore and golang.org/x/text (the same
// team; the alternative is our own).
package user

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// ErrEmail says that a string is not an e-mail address.
var ErrEmail = errors.New("not an e-mail address")

// Key is the canonical form of an address: the one form under which it is looked up and its tries are
// counted, so that no spelling opens a second counter (gauntlet B05). Errors are ErrEmail.
func Key(email string) (string, error) {
	if !utf8.ValidString(email) {
		return "", ErrEmail
	}
	// Lower case can undo the normal form: the key of a key must be itself.
	key := norm.NFKC.String(strings.ToLower(norm.NFKC.String(strings.TrimSpace(email))))
	local, domain, ok := strings.Cut(key, "@")
	if !ok || local == "" || domain == "" || len(key) > 254 || strings.Contains(domain, "@") {
		return "", ErrEmail
	}
	if strings.ContainsFunc(key, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r) || strings.ContainsRune(`,;<>()"\`, r)
	}) {
		return "", ErrEmail
	}
	return key, nil
}

// New is a user to be created.
type New struct {
	Email, Name string
	// PasswordHash may be empty: the person then has no password to sign in with.
	PasswordHash string
	Role         string
	Service      bool
	// Confirmed says that the operator vouches for the address.
	Confirmed bool
}

// Create adds a user to the tenant. Errors: ErrEmail, storage.ErrConflict when the address is taken.
func Create(ctx context.Context, s *storage.Store, t id.Tenant, n New, by audit.Actor, now time.Time) (id.User, error) {
	key, err := Key(n.Email)
	if err != nil {
		return id.User{}, err
	}
	u := db.CreateUserParams{TenantID: t, ID: id.NewUser(), Email: strings.TrimSpace(n.Email), EmailKey: key,
		Name: n.Name, Role: n.Role, Service: n.Service, CreatedAt: now}
	if n.PasswordHash != "" {
		u.PasswordHash = &n.PasswordHash
	}
	if n.Confirmed {
		u.EmailConfirmedAt = &now
	}
	err = s.InTenant(ctx, t, func(tx *storage.Tx) error {
		if err := tx.Later().CreateUser(ctx, u); err != nil {
			return err
		}
		return audit.Record(ctx, tx, t, audit.Event{Kind: audit.UserCreated, At: now, Actor: by, Target: audit.OnUser(u.ID)})
	})
	if err != nil {
		return id.User{}, fmt.Errorf("create user: %w", err)
	}
	return u.ID, nil
}

// SetDisabled locks a person out or lets them in again. It ends nothing by itself: every
// look-up of a session or token reads it.
func SetDisabled(ctx context.Context, s *storage.Store, t id.Tenant, u id.User, disabled bool, by audit.Actor, now time.Time) error {
	kind := audit.UserEnabled
	if disabled {
		kind = audit.UserDisabled
	}
	err := s.InTenant(ctx, t, func(tx *storage.Tx) error {
		if err := tx.Later().SetUserDisabled(ctx, db.SetUserDisabledParams{TenantID: t, ID: u, Disabled: disabled}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, t, audit.Event{Kind: kind, At: now, Actor: by, Target: audit.OnUser(u)})
	})
	if err != nil {
		return fmt.Errorf("set user disabled: %w", err)
	}
	return nil
}
