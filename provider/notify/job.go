package notify

import (
	"errors"
	"time"

	"github.com/riverqueue/river"

	"sallyport/storage"
	"sallyport/storage/id"
)

// ErrSecret says that what was sealed in a message is no Secret.
var ErrSecret = errors.New("malformed secret of a message")

// How often a message is tried. What stays true: about a day of river's growing delays, for a warning that arrives
// later warns of nothing. What expires: until then; the number is only what river asks for.
const (
	tries         = 14
	triesToExpiry = 5000
)

// Delivery is the job that sends one message.
type Delivery struct {
	Tenant  id.Tenant  `json:"tenant" river:"unique"`
	Message id.Message `json:"message" river:"unique"`
	Expires time.Time  `json:"expires,omitzero"` // as in the message, for the time of the next try

	channel  Channel
	priority int
}

// priorities: river's 1 goes first. Somebody looks at a page and waits for the first two; activation mails
// may go out by the hundred, and must not stand before a code.
var priorities = map[Kind]int{CodeSent: 1, PasswordReset: 1, EmailConfirm: 2, EmailChange: 2}

const patient = 3

func (m Message) delivery() Delivery {
	d := Delivery{Tenant: m.Tenant, Message: m.ID, Expires: m.Expires, channel: m.Channel, priority: patient}
	if p, urgent := priorities[m.Kind]; urgent {
		d.priority = p
	}
	return d
}

// Kind names the job in the queue.
func (Delivery) Kind() string { return "notify.deliver" }

// InsertOpts implements river.JobArgsWithInsertOpts: one job for each message, however often it is queued.
func (d Delivery) InsertOpts() river.InsertOpts {
	o := river.InsertOpts{MaxAttempts: tries, Priority: d.priority, Queue: storage.MailQueue, UniqueOpts: river.UniqueOpts{ByArgs: true}}
	if !d.Expires.IsZero() {
		o.MaxAttempts = triesToExpiry
	}
	if d.channel == BySMS {
		o.Queue = storage.TextQueue
	}
	return o
}
