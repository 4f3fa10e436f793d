package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/seal"
)

// Message is one text for one recipient.
type Message struct {
	Tenant    id.Tenant
	ID        id.Message // zero takes a new one
	User      *id.User   // nil when the recipient is nobody's address
	Channel   Channel    // empty is ByEmail
	Kind      Kind
	Recipient string    // an address, or a number in E.164
	Locale    string    // BCP 47; what we do not speak becomes English
	Data      any       // a Notice; becomes JSON in the clear: never a code, a link or another secret
	Secret    *Secret   // sealed until it is sent or given up, then gone; nil when there is none
	Expires   time.Time // after it the message is worth nothing and is not sent; zero for what stays true
	At        time.Time
}

// Secret is what only the recipient may read.
type Secret struct {
	Code string `json:"code,omitempty"`
	Link string `json:"link,omitempty"`
}

// Outbox queues messages.
type Outbox struct {
	Seal *seal.Sealer
	// PublicURL is where links lead. It is configuration: taken from a request, its sender would choose who gets
	// the secret in the link (gauntlet I01).
	PublicURL *url.URL
}

// Queue writes the message and its job with the transaction of the caller, and returns the message's identifier; one
// whose ID is there already stays as it is. It asks the database nothing. Errors are of sealing and encoding.
func (o Outbox) Queue(ctx context.Context, tx *storage.Tx, m Message) (id.Message, error) {
	if m.ID.IsZero() {
		m.ID = id.NewMessage()
	}
	if m.Channel == "" {
		m.Channel = ByEmail
	}
	data, err := json.Marshal(m.Data)
	if err != nil {
		return id.Message{}, fmt.Errorf("encode message %s: %w", m.Kind, err)
	}
	sealed, err := o.seal(m)
	if err != nil {
		return id.Message{}, err
	}
	tx.Enqueue(m.delivery())
	return m.ID, tx.Later().QueueMessage(ctx, db.QueueMessageParams{TenantID: m.Tenant, ID: m.ID, UserID: m.User, Kind: string(m.Kind),
		Recipient: m.Recipient, Locale: m.Locale, Data: data, CreatedAt: m.At, Channel: string(m.Channel), Secret: sealed, ExpiresAt: m.expiry()})
}

func (m Message) expiry() *time.Time {
	if m.Expires.IsZero() {
		return nil
	}
	return &m.Expires
}

// seal binds the secret to its row: moved to another message, and so to another recipient, it does not open.
func (o Outbox) seal(m Message) ([]byte, error) {
	if m.Secret == nil {
		return nil, nil
	}
	plain, err := json.Marshal(m.Secret)
	if err != nil {
		return nil, fmt.Errorf("encode secret of message %s: %w", m.Kind, err)
	}
	return o.Seal.Seal(place(m.Tenant, m.ID), plain)
}

// Open reads the secret of a stored message; one without a secret has a zero one. Errors: seal.ErrOpen, which a
// server with a newer keyset may not meet, or what says that the secret is none.
func Open(s *seal.Sealer, m db.Message) (Secret, error) {
	if m.Secret == nil {
		return Secret{}, nil
	}
	plain, err := s.Open(place(m.TenantID, m.ID), m.Secret)
	if err != nil {
		return Secret{}, err
	}
	var secret Secret
	if json.Unmarshal(plain, &secret) != nil {
		return Secret{}, ErrSecret // the error of the decoder quotes
	}
	return secret, nil
}

func place(t id.Tenant, m id.Message) seal.Place {
	return seal.Place{Tenant: t, Table: "messages", Row: m.String(), Column: "secret"}
}
