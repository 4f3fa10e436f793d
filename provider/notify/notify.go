// Package notify tells people outside the pages what happened to their account.
//
// It owns what is worth telling, whom it is told, and the queue: a row of messages and one job, written in the
// caller's transaction. It does not own texts (templates) or transport (notify/email). Nouns and edges call Queue;
// the instance hangs Consumer on the record of events, so that a change notifies whoever made it and by
// whatever way.
//
// Dependencies: riverqueue/river, for how often a delivery is tried; google/uuid, for identifiers that follow from
// that of an event.
package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// Kind says which text a message has. It is stored; values never change meaning.
type Kind string

// The kinds, each with data of type Notice.
const (
	FactorEnrolled      Kind = "factor.enrolled"
	FactorRemoved       Kind = "factor.removed"
	BackupCodesReplaced Kind = "factor.backup_codes_replaced"
	PasswordSet         Kind = "user.password_set"
	TriesExhausted      Kind = "signin.tries_exhausted"
)

// Message is one text for one recipient.
type Message struct {
	Tenant    id.Tenant
	ID        id.Message // zero takes a new one
	User      *id.User   // nil when the recipient is nobody's address
	Kind      Kind
	Recipient string
	Locale    string // BCP 47; what we do not speak becomes English
	Data      any    // becomes JSON in the clear: never a code, a link or another secret
	At        time.Time
}

// Notice is the data of the messages that tell of a change.
type Notice struct {
	Tenant  string    `json:"tenant"`
	At      time.Time `json:"at"`
	Address string    `json:"address,omitempty"` // where the request came from
	Method  string    `json:"method,omitempty"`  // the kind of factor
}

// tries is about a day of river's growing delays: a warning that arrives later warns of nothing.
const tries = 14

// Delivery is the job that sends one message.
type Delivery struct {
	Tenant  id.Tenant  `json:"tenant"`
	Message id.Message `json:"message"`
}

// Kind names the job in the queue.
func (Delivery) Kind() string { return "notify.deliver" }

// InsertOpts implements river.JobArgsWithInsertOpts: one job for each message, however often it is queued.
func (Delivery) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: tries, UniqueOpts: river.UniqueOpts{ByArgs: true}}
}

// Queue writes the message and its job with the transaction of the caller; a message whose ID is there already
// stays as it is.
func Queue(ctx context.Context, tx *storage.Tx, m Message) error {
	data, err := json.Marshal(m.Data)
	if err != nil {
		return fmt.Errorf("encode message %s: %w", m.Kind, err)
	}
	if m.ID.IsZero() {
		m.ID = id.NewMessage()
	}
	tx.Enqueue(Delivery{Tenant: m.Tenant, Message: m.ID})
	return tx.Later().QueueMessage(ctx, db.QueueMessageParams{TenantID: m.Tenant, ID: m.ID, UserID: m.User, Kind: string(m.Kind),
		Recipient: m.Recipient, Locale: m.Locale, Data: data, CreatedAt: m.At})
}
