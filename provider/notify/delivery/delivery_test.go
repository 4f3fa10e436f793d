package delivery_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/riverqueue/river"

	"sallyport/provider/notify"
	"sallyport/provider/notify/delivery"
	"sallyport/storage"
	"sallyport/storage/id"
	"sallyport/storage/seal"
)

var (
	busy   = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "out of order"}
	nobody = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "nobody here"}
)

func TestCodeArrivesAndItsSecretIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.queue(w.code())
	w.clear("483920")
	if w.row().Secret == nil {
		t.Fatal("nothing is sealed in the message")
	}
	if err := w.try(m, 1); err != nil {
		t.Fatal(err)
	}
	subject, text, html := w.post.next(t).parts(t)
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if !strings.Contains(subject, "483920") || !strings.Contains(line, "483920") || !strings.Contains(html, "483920") || strings.Contains(text, "http") {
		t.Errorf("%s\n%s", subject, text)
	}
	if row := w.row(); row.SentAt == nil || row.FailedAt != nil || row.Secret != nil || row.Attempts != 1 || row.LastError != "" {
		t.Errorf("%+v", row)
	}
	w.clear("483920")
}

func TestLinksArriveOnceEach(t *testing.T) {
	t.Parallel()
	const link = "https://id.example.com/password/spx.canary"
	for _, k := range []notify.Kind{notify.PasswordReset, notify.EmailConfirm, notify.EmailChange} {
		w := newWorld(t)
		m := w.queue(notify.Message{Kind: k, Secret: &notify.Secret{Link: link}, Expires: w.now.Add(time.Hour)})
		w.clear("canary")
		if err := w.try(m, 1); err != nil {
			t.Errorf("%s: %v", k, err)
			continue
		}
		if _, text, html := w.post.next(t).parts(t); strings.Count(text, link) != 1 || !strings.Contains(html, link) {
			t.Errorf("%s: %s", k, text)
		}
		if w.row().Secret != nil {
			t.Errorf("%s: the link is still in the database", k)
		}
	}
}

func TestTextGoesThroughTheGatewayBoundToItsHost(t *testing.T) {
	t.Parallel()
	w, g := newWorld(t), newGateway(t)
	w.worker.SMS = g.sender(t)
	m := w.queue(w.text())
	w.clear("483920")
	if err := w.try(m, 1); err != nil {
		t.Fatal(err)
	}
	got := <-g.forms
	if got["to"] != "+4791234567" || got["id"] != m.String() || !strings.HasSuffix(got["text"], "\n\n@id.example.com #483920") || !strings.HasPrefix(got["text"], "483920 ") {
		t.Errorf("%q", got)
	}
	if row := w.row(); row.SentAt == nil || row.Secret != nil {
		t.Errorf("%+v", row)
	}
	w.post.nothing(t)
}

func TestGatewayThatFailsIsTriedAgainAndKeepsTheCodeToItself(t *testing.T) {
	t.Parallel()
	w, g := newWorld(t), newGateway(t)
	w.worker.SMS = g.sender(t)
	m := w.queue(w.text())
	g.status.Store(500)
	if err := w.try(m, 1); err == nil || errors.Is(err, river.JobCancel(nil)) || strings.Contains(err.Error(), "483920") {
		t.Errorf("%v, want an error that has it tried again", err)
	}
	<-g.forms
	if row := w.row(); row.FailedAt != nil || row.Attempts != 1 || !strings.Contains(row.LastError, "500") {
		t.Errorf("%+v", row)
	}
	w.clear("483920")
	g.status.Store(200)
	if err := w.try(m, 2); err != nil || w.row().SentAt == nil {
		t.Errorf("%v, %+v", err, w.row())
	}
}

func TestExpiredMessageIsNotSentAndWiped(t *testing.T) {
	t.Parallel()
	w, g := newWorld(t), newGateway(t)
	w.worker.SMS = g.sender(t)
	for _, m := range []notify.Message{w.code(), w.text()} {
		w := newWorld(t)
		w.worker.SMS = g.sender(t)
		queued := w.queue(m)
		w.now = m.Expires
		if err := w.try(queued, 1); err != nil {
			t.Errorf("%s: %v", m.Channel, err)
		}
		if row := w.row(); row.FailedAt == nil || row.SentAt != nil || row.Secret != nil || row.LastError != delivery.ErrExpired.Error() {
			t.Errorf("%s: %+v", m.Channel, row)
		}
		w.post.nothing(t)
	}
	if len(g.forms) != 0 {
		t.Error("an expired text was sent")
	}
}

func TestWithoutATransportMessagesFailAtOnce(t *testing.T) {
	t.Parallel()
	for reason, m := range map[error]func(*world) notify.Message{
		delivery.ErrNoMail: (*world).code,
		delivery.ErrNoText: (*world).text,
	} {
		w := newWorld(t)
		w.worker.Mail = nil
		if err := w.try(w.queue(m(w)), 1); err != nil {
			t.Errorf("%v: %v", reason, err)
		}
		if row := w.row(); row.SentAt != nil || row.FailedAt == nil || row.Secret != nil || row.LastError != reason.Error() {
			t.Errorf("%v: %+v", reason, row)
		}
	}
}

func TestServerThatIsDownShowsInTheRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.queue(w.code())
	w.post.answer.Store(busy)
	for attempt := 1; attempt < 4; attempt++ {
		if err := w.try(m, attempt); err == nil || errors.Is(err, river.JobCancel(nil)) {
			t.Fatalf("try %d: %v, want an error that has it tried again", attempt, err)
		}
		if row := w.row(); int(row.Attempts) != attempt || row.FailedAt != nil || row.Secret == nil || !strings.Contains(row.LastError, "out of order") {
			t.Errorf("try %d: %+v", attempt, row)
		}
	}
	w.post.answer.Store(nil)
	if err := w.try(m, 4); err != nil {
		t.Error(err)
	}
	if row := w.row(); row.SentAt == nil || row.Attempts != 4 || row.LastError != "" || row.Secret != nil {
		t.Errorf("%+v", row)
	}
}

// A spam filter tells what it did not like: here the subject, which begins with the code.
func TestWhatTheServerRepeatsIsNotStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.queue(w.code())
	w.post.answer.Store(nobody)
	w.post.gossip.Store(true)
	err := w.try(m, 1)
	if err == nil || strings.Contains(err.Error(), "483920") {
		t.Errorf("%v, want an error without the code", err)
	}
	if row := w.row(); !strings.Contains(row.LastError, "[redacted]") {
		t.Errorf("%q: the server did not repeat the code, so this shows nothing", row.LastError)
	}
	w.clear("483920")
}

func TestMailIsGivenUpAfterItsLastTry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post.answer.Store(nobody)
	m := w.queue(notify.Message{Kind: notify.PasswordSet, Secret: &notify.Secret{Link: "https://id.example.com/objection/spo.canary"}})
	if err := w.try(m, 13); err == nil || errors.Is(err, river.JobCancel(nil)) {
		t.Errorf("thirteenth try: %v, want an error that has it tried again", err)
	}
	if err := w.try(m, 14); !errors.Is(err, river.JobCancel(nil)) {
		t.Errorf("last try: %v, want the job's end", err)
	}
	w.post.answer.Store(nil)
	if err := w.try(m, 1); err != nil {
		t.Errorf("after its end: %v", err)
	}
	w.post.nothing(t)
	if row := w.row(); row.FailedAt == nil || row.SentAt != nil || row.Attempts != 2 || row.Secret != nil || !strings.Contains(row.LastError, "nobody here") {
		t.Errorf("%+v", row)
	}
}

func TestWhatNoTryCanMendIsGivenUpAtOnce(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]notify.Message{
		"recipient":        {Kind: notify.PasswordSet, Recipient: "a@b.test\r\nBcc: evil@evil.example"},
		"number":           {Kind: notify.CodeSent, Channel: notify.BySMS, Recipient: "+4791234567,+4791234568", Secret: &notify.Secret{Code: "483920"}},
		"unknown kind":     {Kind: "no.such"},
		"notice by text":   {Kind: notify.PasswordSet, Channel: notify.BySMS, Recipient: "+4791234567"},
		"other data":       {Kind: notify.PasswordSet, Data: []int{1}},
		"code with spaces": {Kind: notify.CodeSent, Channel: notify.BySMS, Recipient: "+4791234567", Secret: &notify.Secret{Code: "48 39"}},
	} {
		w, g := newWorld(t), newGateway(t)
		w.worker.SMS = g.sender(t)
		if err := w.try(w.queue(m), 1); !errors.Is(err, river.JobCancel(nil)) {
			t.Errorf("%s: %v, want the job's end", name, err)
		}
		if row := w.row(); row.FailedAt == nil || row.LastError == "" || row.Secret != nil {
			t.Errorf("%s: %+v", name, row)
		}
		w.post.nothing(t)
		if len(g.forms) != 0 {
			t.Errorf("%s: a text was sent", name)
		}
	}
}

func TestMailThatWasSentIsNotSentAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.queue(notify.Message{Kind: notify.PasswordSet})
	for range 3 {
		if err := w.try(m, 1); err != nil {
			t.Fatal(err)
		}
	}
	w.post.next(t)
	stranger := &river.Job[notify.Delivery]{JobRow: jobRow(1), Args: notify.Delivery{Tenant: id.NewTenant(), Message: m}}
	if err := w.worker.Work(ctx, stranger); err != nil {
		t.Errorf("a job of another tenant: %v", err)
	}
	w.post.nothing(t)
}

// H03: whoever writes to the database moves the sealed code to a message of their own.
func TestH03SecretOfAnotherMessageDoesNotOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code, mine := w.queue(w.code()), w.queue(notify.Message{Kind: notify.CodeSent, Recipient: "mallory@acme.test", Expires: w.now.Add(time.Hour), Secret: &notify.Secret{Code: "000000"}})
	if _, err := w.database.Admin(t).Exec(ctx, "UPDATE messages SET secret = (SELECT secret FROM messages WHERE id = $1) WHERE id = $2", code, mine); err != nil {
		t.Fatal(err)
	}
	if err := w.try(mine, 1); err == nil {
		t.Error("sent")
	}
	w.post.nothing(t)
}

// A rotated keyset reaches one instance before the other: the other's tries must not cost the message.
func TestMessageSealedWithANewerKeyWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.queue(w.code())
	other, err := seal.Generate()
	if err != nil {
		t.Fatal(err)
	}
	right := w.worker.Seal
	w.worker.Seal = other
	if err := w.try(m, 1); err == nil || errors.Is(err, river.JobCancel(nil)) {
		t.Errorf("%v, want an error that has it tried again", err)
	}
	w.worker.Seal = right
	if err := w.try(m, 2); err != nil {
		t.Error(err)
	}
	w.post.next(t)
}

func TestMessageVanishesWithItsTransaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	broken := errors.New("broken")
	err := w.store.InTenant(ctx, w.tenant, func(tx *storage.Tx) error {
		m := w.code()
		m.Tenant, m.Recipient, m.At = w.tenant, "a@b.test", now
		_, err := w.outbox.Queue(ctx, tx, m)
		return errors.Join(err, broken)
	})
	var n int
	if scan := w.database.Admin(t).QueryRow(ctx, "SELECT (SELECT count(*) FROM messages) + (SELECT count(*) FROM river_job)").Scan(&n); !errors.Is(err, broken) || scan != nil || n != 0 {
		t.Errorf("%v, %v, %d rows", err, scan, n)
	}
}
