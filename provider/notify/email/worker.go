package email

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"golang.org/x/text/language"

	"sallyport/provider/notify"
	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/templates"
)

// Worker delivers messages, each once but for the moment between the server's "taken" and our note of it.
type Worker struct {
	river.WorkerDefaults[notify.Delivery]
	Store  *storage.Store
	Sender *Sender // nil: messages stay unsent rows
	Now    func() time.Time
	// Delay is the time before the next try; nil takes river's, which grows with the fourth power.
	Delay func(attempt int) time.Duration
}

var errKind = errors.New("message of unknown kind")

// Work implements river.Worker. A failure stays with the message as its last error; after the last try, and for
// what no try can mend, the message is given up.
func (w *Worker) Work(ctx context.Context, job *river.Job[notify.Delivery]) error {
	if w.Sender == nil {
		return nil
	}
	row, err := w.Store.Tenant(job.Args.Tenant).TryMessage(ctx, db.TryMessageParams{TenantID: job.Args.Tenant, ID: job.Args.Message})
	if errors.Is(err, storage.ErrNotFound) {
		return nil // sent or given up by an earlier run of the job
	}
	if err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	m, failed := compose(row)
	hopeless := failed != nil
	if failed == nil {
		failed = w.Sender.Send(ctx, m)
		hopeless = errors.Is(failed, ErrRecipient)
	}
	return w.note(ctx, row, failed, hopeless || job.Attempt >= job.MaxAttempts)
}

// note does not end with the job's context: a mail that went out during a shutdown must be known as sent.
func (w *Worker) note(ctx context.Context, row db.Message, failed error, last bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	q, now := w.Store.Tenant(row.TenantID), w.Now()
	if failed == nil {
		return q.MessageSent(ctx, db.MessageSentParams{TenantID: row.TenantID, ID: row.ID, Now: now})
	}
	p := db.MessageNotSentParams{TenantID: row.TenantID, ID: row.ID, Reason: oneLine(failed.Error(), longestReason)}
	if !last {
		return errors.Join(failed, q.MessageNotSent(ctx, p))
	}
	p.GivenUp = &now
	return river.JobCancel(errors.Join(failed, q.MessageNotSent(ctx, p)))
}

// NextRetry implements river.Worker.
func (w *Worker) NextRetry(job *river.Job[notify.Delivery]) time.Time {
	if w.Delay == nil {
		return time.Time{}
	}
	return w.Now().Add(w.Delay(job.Attempt))
}

func compose(row db.Message) (Mail, error) {
	var n notify.Notice
	if err := json.Unmarshal(row.Data, &n); err != nil {
		return Mail{}, fmt.Errorf("read data of message: %w", err)
	}
	text, ok := page(notify.Kind(row.Kind), n)
	if !ok {
		return Mail{}, errKind
	}
	m := Mail{ID: row.ID.String(), To: row.Recipient, FromName: n.Tenant}
	var err error
	m.Subject, m.Text, m.HTML, err = templates.RenderMail(language.Make(row.Locale), text)
	return m, err
}

func page(k notify.Kind, n notify.Notice) (templates.Mail, bool) {
	about := templates.Notice{Tenant: n.Tenant, At: n.At, Address: n.Address}
	switch k {
	case notify.FactorEnrolled:
		return templates.FactorEnrolledMail{Notice: about, Method: n.Method}, true
	case notify.FactorRemoved:
		return templates.FactorRemovedMail{Notice: about, Method: n.Method}, true
	case notify.BackupCodesReplaced:
		return templates.BackupCodesMail{Notice: about}, true
	case notify.PasswordSet:
		return templates.PasswordSetMail{Notice: about}, true
	case notify.TriesExhausted:
		return templates.TriesExhaustedMail{Notice: about}, true
	}
	return nil, false
}
