package delivery

import (
	"context"
	"errors"
	"path"
	"strings"
	"time"
	"unicode"

	"github.com/riverqueue/river"

	"sallyport/provider/notify"
	"sallyport/provider/notify/email"
	"sallyport/provider/notify/sms"
	"sallyport/storage/db"
)

// patience is for the note of what became of a message.
const patience = 10 * time.Second

// longestReason is how many characters of an error are kept.
const longestReason = 400

// outcome is what became of one try.
type outcome struct {
	failed error
	secret notify.Secret
	last   bool
}

// final are the errors that no try mends.
var final = []error{email.ErrRecipient, sms.ErrRecipient, sms.ErrText, errText, notify.ErrSecret}

func (o outcome) hopeless() bool {
	for _, err := range final {
		if errors.Is(o.failed, err) {
			return true
		}
	}
	return o.last
}

// note does not end with the job's context: what went out during a shutdown must be known as sent. The error of the
// job is stored by the queue, so it is as harmless as that of the message.
func (w *Worker) note(ctx context.Context, row db.Message, o outcome) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	q := w.Store.Tenant(row.TenantID)
	if o.failed == nil {
		return q.MessageSent(ctx, db.MessageSentParams{TenantID: row.TenantID, ID: row.ID, Now: w.Now()})
	}
	reason := harmless(o.failed, o.secret)
	if o.hopeless() {
		return river.JobCancel(errors.Join(errors.New(reason), w.giveUp(ctx, row, reason)))
	}
	return errors.Join(errors.New(reason), q.MessageNotSent(ctx, db.MessageNotSentParams{TenantID: row.TenantID, ID: row.ID, Reason: reason}))
}

func (w *Worker) giveUp(ctx context.Context, row db.Message, reason string) error {
	return w.Store.Tenant(row.TenantID).GiveUpMessage(ctx, db.GiveUpMessageParams{TenantID: row.TenantID, ID: row.ID, Reason: reason, Now: w.Now()})
}

// harmless is the error as it may be stored: a server may repeat what it was told, down to the code in the subject.
func harmless(err error, s notify.Secret) string {
	text := strings.ToValidUTF8(err.Error(), "")
	for _, secret := range []string{s.Link, path.Base(s.Link), s.Code} {
		if len(secret) > 1 { // path.Base of no link is a dot
			text = strings.ReplaceAll(text, secret, "[redacted]")
		}
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
	if long := []rune(text); len(long) > longestReason {
		return string(long[:longestReason]) + "…"
	}
	return text
}
