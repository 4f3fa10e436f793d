// Package delivery sends what package notify has queued, by mail or text.
//
// It owns the job: which transport a message takes, when it is tried again, when it is given up, and that its secret
// is gone from the database afterwards either way. It does not own texts (templates) nor how a server is spoken to
// (notify/email, notify/sms). The instance makes one Worker and hands it to the queue.
//
// Dependencies: riverqueue/river, whose job this is; x/text's language, for the tag of a message.
package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"sallyport/provider/notify"
	"sallyport/provider/notify/email"
	"sallyport/provider/notify/sms"
	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/seal"
)

// Worker delivers messages, each once but for the moment between a server's "taken" and our note of it.
type Worker struct {
	river.WorkerDefaults[notify.Delivery]
	Store *storage.Store
	Seal  *seal.Sealer
	// Mail and SMS are the transports; a message for one that is nil is given up at once, so that pages can say so.
	Mail *email.Sender
	SMS  sms.Sender
	// Host is the host of the pages that codes are typed into, without a port.
	Host string
	Now  func() time.Time
	// Delay is the time before the next try; nil takes that of NextRetry.
	Delay func(attempt int) time.Duration
}

// The reasons for which a message is given up without a try. They are stored as its last error.
var (
	ErrNoMail  = errors.New("no mail server configured")
	ErrNoText  = errors.New("no way to send text messages configured")
	ErrExpired = errors.New("expired before it could be sent")
)

// Work implements river.Worker. A failure stays with the message as its last error; after the last try, and for
// what no try can mend, the message is given up.
func (w *Worker) Work(ctx context.Context, job *river.Job[notify.Delivery]) error {
	row, err := w.Store.Tenant(job.Args.Tenant).TryMessage(ctx, db.TryMessageParams{TenantID: job.Args.Tenant, ID: job.Args.Message})
	if errors.Is(err, storage.ErrNotFound) {
		return nil // sent or given up by an earlier run of the job, or never meant to be
	}
	if err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	if reason := w.futile(row); reason != nil {
		return w.giveUp(context.WithoutCancel(ctx), row, reason.Error())
	}
	secret, failed := notify.Open(w.Seal, row)
	if failed == nil {
		failed = w.send(ctx, row, secret)
	}
	return w.note(ctx, row, outcome{failed: failed, secret: secret, last: job.Attempt >= job.MaxAttempts})
}

// futile is why a message is not even tried. That is no failure of the job.
func (w *Worker) futile(row db.Message) error {
	switch {
	case row.ExpiresAt != nil && !w.Now().Before(*row.ExpiresAt):
		return ErrExpired
	case row.Channel == string(notify.ByEmail) && w.Mail == nil:
		return ErrNoMail
	case row.Channel == string(notify.BySMS) && w.SMS == nil:
		return ErrNoText
	}
	return nil
}

// send is the one place where a message takes its way.
func (w *Worker) send(ctx context.Context, row db.Message, secret notify.Secret) error {
	c, err := read(row, secret)
	if err != nil {
		return err
	}
	if row.Channel == string(notify.ByEmail) {
		m, err := c.mail(row)
		if err != nil {
			return err
		}
		return w.Mail.Send(ctx, m)
	}
	t, err := c.text(row, w.Host)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	// A conversation that has begun is not cut by a shutdown: the gateway may have taken the text, and we would send
	// it again. Senders know a limit of their own.
	return w.SMS.Send(context.WithoutCancel(ctx), t)
}

// The times between tries of what somebody waits for: doubling from first, longest at most.
const (
	first   = time.Second
	longest = 10 * time.Minute
)

// NextRetry implements river.Worker. What expires is tried after 1, 2, 4 seconds and so on, the last time when it
// expires, to be given up and wiped then; for the rest river's delays serve, which grow with the fourth power.
func (w *Worker) NextRetry(job *river.Job[notify.Delivery]) time.Time {
	now, until := w.Now(), job.Args.Expires
	if w.Delay != nil {
		return now.Add(w.Delay(job.Attempt))
	}
	if until.IsZero() {
		return time.Time{}
	}
	next := now.Add(min(first<<min(max(job.Attempt, 1)-1, 16), longest))
	if next.After(until) && until.After(now) {
		return until
	}
	return next
}
