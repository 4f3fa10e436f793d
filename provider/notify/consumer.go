package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// told are the events that their target hears of.
var told = map[audit.Kind]Kind{
	audit.FactorEnrolled:      FactorEnrolled,
	audit.FactorRemoved:       FactorRemoved,
	audit.BackupCodesReplaced: BackupCodesReplaced,
	audit.PasswordSet:         PasswordSet,
	audit.TriesExhausted:      TriesExhausted,
}

// longestLocale is what the table takes; real tags of BCP 47 are shorter.
const longestLocale = 35

// Consumer turns events into messages to the person they happened to.
type Consumer struct {
	Store *storage.Store
	Now   func() time.Time
}

// Hear is an audit.Consumer. It queues at most one message for an event, however often it hears of it; an event
// without a person, such as tries on an address that nobody has, is told to nobody. Errors are of storage.
func (c *Consumer) Hear(ctx context.Context, e db.AuditEvent) error {
	kind, worth := told[audit.Kind(e.Kind)]
	var person id.User
	if !worth || e.TargetKind != "user" || person.Parse(e.TargetID) != nil {
		return nil
	}
	to, err := c.Store.Tenant(e.TenantID).Addressee(ctx, db.AddresseeParams{TenantID: e.TenantID, ID: person})
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find addressee: %w", err)
	}
	m := Message{Tenant: e.TenantID, ID: follows(e.ID), User: &person, Kind: kind, Recipient: to.Email, Locale: locale(e), At: c.Now(),
		Data: Notice{Tenant: to.Tenant, At: e.At, Address: e.Address, Method: detail(e, "kind")}}
	return c.Store.InTenant(ctx, e.TenantID, func(tx *storage.Tx) error { return Queue(ctx, tx, m) })
}

// follows is the same identifier whenever the same event is heard of.
func follows(e id.Event) id.Message {
	return id.Message{UUID: uuid.NewSHA1(e.UUID, []byte("target"))}
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
