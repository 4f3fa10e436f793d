package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"sallyport/mfa/code"
	"sallyport/provider/throttle"
	"sallyport/provider/token"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// ObjectionLife is how long the link "this was not me" of a notice works.
const ObjectionLife = 7 * 24 * time.Hour

// Capped is the last error of a notice that was not sent because its mailbox has had its share (J06).
const Capped = "capped"

// longestLocale is what the table takes; real tags of BCP 47 are shorter.
const longestLocale = 35

// Consumer turns events into messages to the people they happened to, and to those who look after them.
type Consumer struct {
	Store  *storage.Store
	Outbox Outbox
	Now    func() time.Time
}

// Hear is an audit.Consumer. It queues each message about an event at most once, however often it hears of it; an
// event without a person, such as tries on an address that nobody has, is told to nobody, unless it is about a setting
// that lets people in. Errors are of storage.
func (c *Consumer) Hear(ctx context.Context, e db.AuditEvent) error {
	all, about, err := c.worth(ctx, e)
	if err == nil && len(all) > 0 {
		all, err = c.unheard(ctx, e.TenantID, all)
	}
	for _, n := range all {
		err = errors.Join(err, c.tell(ctx, e, n, about))
	}
	return err
}

// worth is what there is to tell about the event, to whomever.
func (c *Consumer) worth(ctx context.Context, e db.AuditEvent) ([]notice, db.AboutPersonRow, error) {
	if kind, ok := announced[audit.Kind(e.Kind)]; ok {
		return c.announce(ctx, e, kind)
	}
	_, worth := told[audit.Kind(e.Kind)]
	var person id.User
	if !worth || e.TargetKind != "user" || person.Parse(e.TargetID) != nil {
		return nil, db.AboutPersonRow{}, nil
	}
	about, err := c.Store.Tenant(e.TenantID).AboutPerson(ctx, db.AboutPersonParams{TenantID: e.TenantID, ID: person})
	if errors.Is(err, storage.ErrNotFound) {
		return nil, about, nil
	}
	if err != nil {
		return nil, about, fmt.Errorf("find addressee: %w", err)
	}
	all, err := c.notices(ctx, e, person, about)
	return all, about, err
}

// unheard leaves out what an earlier run has queued: it must not count towards the cap again.
func (c *Consumer) unheard(ctx context.Context, t id.Tenant, all []notice) ([]notice, error) {
	p := db.KnownMessagesParams{TenantID: t}
	for _, n := range all {
		p.Ids = append(p.Ids, n.id.UUID)
	}
	known, err := c.Store.Tenant(t).KnownMessages(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("look for earlier notices: %w", err)
	}
	return slices.DeleteFunc(all, func(n notice) bool { return slices.Contains(known, n.id) }), nil
}

// tell queues one notice. Notices have a cap of their own, well above what an honest day brings: whoever floods a
// mailbox with codes keeps no warning from it, and whoever makes changes to flood it is stopped, too. What was not
// sent stays on record.
func (c *Consumer) tell(ctx context.Context, e db.AuditEvent, n notice, about db.AboutPersonRow) error {
	now := c.Now()
	refused := throttle.Send(ctx, c.Store, e.TenantID, now, throttle.Notice(n.key))
	capped := errors.Is(refused, throttle.ErrTooMany)
	if refused != nil && !capped {
		return fmt.Errorf("count notice: %w", refused)
	}
	p, err := c.row(e, n, about, now)
	if err != nil {
		return err
	}
	if capped {
		p.FailedAt, p.LastError, p.Secret, p.Hash = &now, Capped, nil, nil
	}
	return c.Store.InTenant(ctx, e.TenantID, func(tx *storage.Tx) error {
		if !capped {
			tx.Enqueue(Message{Tenant: e.TenantID, ID: n.id, Channel: ByEmail, Kind: n.kind}.delivery())
		}
		return tx.Later().QueueNotice(ctx, p)
	})
}

func (c *Consumer) row(e db.AuditEvent, n notice, about db.AboutPersonRow, now time.Time) (db.QueueNoticeParams, error) {
	p := db.QueueNoticeParams{TenantID: e.TenantID, ID: n.id, UserID: &n.user, Kind: string(n.kind), Recipient: n.to, Locale: n.locale, CreatedAt: now,
		Until: now.Add(ObjectionLife)}
	var failed, err error
	p.Data, failed = json.Marshal(n.data(e, about))
	p.About, err = json.Marshal(map[string]any{"event": e.ID, "kind": e.Kind})
	if err = errors.Join(failed, err); err == nil && n.objection {
		p.Secret, p.Hash, err = c.objection(e.TenantID, n)
	}
	if err != nil {
		return p, fmt.Errorf("write notice: %w", err)
	}
	return p, nil
}

// objection makes the link of the notice. The secret is stored by the statement that stores the message, and not at
// all when an earlier run of the job was first: however often an event is heard of, each of its mails has one link.
func (c *Consumer) objection(t id.Tenant, n notice) (sealed, hash []byte, err error) {
	secret := token.New(token.Objection, t)
	sealed, err = c.Outbox.seal(Message{Tenant: t, ID: n.id, Kind: n.kind,
		Secret: &Secret{Link: c.Outbox.PublicURL.JoinPath("objection", secret.Text).String()}})
	return sealed, secret.Hash, err
}

// addressed completes the notice. Its identifier is the same whenever the same event is heard of.
func (n notice) addressed(e db.AuditEvent, role, to, key string) notice {
	n.id = id.Message{UUID: uuid.NewSHA1(e.ID.UUID, []byte(role))}
	n.to, n.key = to, key
	return n
}

func (n notice) data(e db.AuditEvent, about db.AboutPersonRow) Notice {
	data := Notice{Tenant: about.Tenant, At: e.At, Address: e.Address, Method: detail(e, "kind"),
		Connection: n.connection, Domain: n.domain}
	switch {
	case n.report:
		data.User = about.Email
	case n.kind == EmailChangeAsked:
		// Whoever reads the mailbox of an account is not thereby told an address that may be somebody else's.
		data.Email = code.MaskEmail(detail(e, "new"))
	case n.kind == BackupCodeUsed:
		data.Left = int(about.BackupCodes)
	}
	return data
}

// locale is the language in which the person saw the page, where the event tells it.
func locale(e db.AuditEvent) string {
	if s := detail(e, "locale"); len(s) <= longestLocale {
		return s
	}
	return ""
}

func detail(e db.AuditEvent, name string) string {
	var all map[string]any
	if json.Unmarshal(e.Detail, &all) != nil {
		return ""
	}
	s, _ := all[name].(string)
	return s
}
