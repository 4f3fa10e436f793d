package user

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sallyport/provider/notify"
	"sallyport/provider/token"
	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// The lives of links.
const (
	ResetLife   = 30 * time.Minute
	ConfirmLife = 3 * 24 * time.Hour
)

// ErrLink says that a link is worth nothing (any more), for whatever reason: it never was one, was used, has
// expired, something newer has taken its place, or its person is locked out.
var ErrLink = errors.New("the link does not work any more")

// purpose is one use of links. Prefix, path and row each name it, so that a link of one is nothing to
// another (gauntlet B07).
type purpose struct {
	token token.Kind
	row   string
	path  string
	life  time.Duration
}

var (
	resetting  = purpose{token.Reset, "password_reset", "password", ResetLife}
	confirming = purpose{token.Confirm, "email_confirmation", "email", ConfirmLife}
	objecting  = purpose{token: token.Objection, row: "objection"}
)

// Links sends links to mailboxes.
type Links struct {
	Store  *storage.Store
	Outbox notify.Outbox
}

// letter is a mail with a link in it.
type letter struct {
	purpose purpose
	kind    notify.Kind
	tenant  id.Tenant
	name    string // of the tenant, as people see it
	user    id.User
	to      string
	data    []byte // what the link is good for, beside its purpose
}

// send issues the link and queues its mail; the links of the purpose that went out before are dead with it.
func (l Links) send(ctx context.Context, tx *storage.Tx, m letter, c Cause) error {
	secret := token.New(m.purpose.token, m.tenant)
	expires := c.Now.Add(m.purpose.life)
	// The base is configuration: no header of the request has a part in it (gauntlet I01).
	link := l.Outbox.PublicURL.JoinPath(m.purpose.path, secret.Text).String()
	_, err := l.Outbox.Queue(ctx, tx, notify.Message{Tenant: m.tenant, User: &m.user, Channel: notify.ByEmail, Kind: m.kind, Recipient: m.to,
		Locale: c.Locale, Data: notify.Notice{Tenant: m.name, At: c.Now, Address: c.address()}, Secret: &notify.Secret{Link: link}, Expires: expires, At: c.Now})
	return errors.Join(err,
		tx.Later().EndPersonal(ctx, db.EndPersonalParams{TenantID: m.tenant, Owner: m.user.UUID, Kind: m.purpose.row}),
		tx.Later().IssuePersonal(ctx, db.IssuePersonalParams{TenantID: m.tenant, Kind: m.purpose.row, Owner: m.user.UUID, Data: m.data,
			Now: c.Now, Expires: expires, Hashes: [][]byte{secret.Hash}}))
}

// link is a link that was brought back, with its person as they are now.
type link struct {
	secret  token.Secret
	purpose purpose
	person  db.LinkOfPersonRow
}

// open looks at a link without taking it. Errors: ErrLink, or of storage.
func open(ctx context.Context, s *storage.Store, p purpose, text string, now time.Time) (link, error) {
	secret, ok := token.Parse(p.token, text)
	if !ok {
		return link{}, fmt.Errorf("%w: malformed", ErrLink)
	}
	row, err := s.Tenant(secret.Tenant).LinkOfPerson(ctx, db.LinkOfPersonParams{TenantID: secret.Tenant, Kind: p.row, Hash: secret.Hash, Now: now})
	if errors.Is(err, storage.ErrNotFound) {
		return link{}, ErrLink
	}
	if err != nil {
		return link{}, fmt.Errorf("look up link: %w", err)
	}
	return link{secret, p, row}, nil
}

// take uses the link up with the transaction: of two at a time one gets a conflict named after the purpose.
func (l link) take(ctx context.Context, tx *storage.Tx, now time.Time) error {
	return tx.Later().UsePersonal(ctx, db.UsePersonalParams{Kind: l.purpose.row, TenantID: l.secret.Tenant.UUID, Hash: l.secret.Hash, Now: now})
}

// spent turns the conflict of a link that somebody else has just used into ErrLink.
func spent(err error, p purpose) error {
	if c := (*storage.Conflict)(nil); errors.As(err, &c) && c.What == p.row {
		return fmt.Errorf("%w: used a moment ago", ErrLink)
	}
	return Held(err)
}
