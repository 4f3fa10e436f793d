package signin

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/code"
	"sallyport/provider/attempt"
	"sallyport/provider/notify"
	"sallyport/provider/throttle"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/templates"
)

// resend sends a new code by the way of the page; the old one ends.
func (s *SignIn) resend(v *visit) error {
	form, err := web.Form(v.r, "way")
	if err != nil {
		return err
	}
	w := v.way(form["way"])
	if !w.kind.Sent() {
		return s.redirect(v)
	}
	return s.send(v, w)
}

// send puts a code on its way, or shows why none goes out.
func (s *SignIn) send(v *visit, w way) error {
	err := s.dispatch(v, w)
	if f, ok := v.throttled(err); ok {
		f.Error = templates.ErrorSendThrottled
		return s.secondPage(v, f, w, templates.ErrorThrottled)
	}
	return err
}

// early refuses a code before the wait that grows with each of this attempt is over; what the caps of number, mailbox
// and tenant say comes on top (gauntlet J05, J06).
func (v *visit) early(w way) error {
	if sent := v.a.Facts.Sent; v.sentTo() == w {
		if wait := sent.At.Add(code.Resend(sent.Count)).Sub(v.now); wait > 0 {
			return throttle.Wait(wait)
		}
	}
	return nil
}

// dispatch makes the code, which replaces the one before (gauntlet B06), and queues its message in the transaction
// that notes its hash. Nobody but the recipient ever sees it.
func (s *SignIn) dispatch(v *visit, w way) error {
	if err := v.early(w); err != nil {
		return err
	}
	recipient, err := s.recipient(v, w)
	if err != nil {
		return err
	}
	if err := s.allow(v, w, recipient); err != nil {
		return err
	}
	digits := code.Generate()
	sent := &attempt.Sent{Kind: w.kind, Factor: w.factor, At: v.now,
		Hash:    code.New(w.kind, s.Pepper).Hash(v.a.Tenant, *v.a.User, v.a.ID, w.factor, digits),
		Expires: v.now.Add(v.a.Policy.CodeLife.Duration()), Count: 1, Message: id.NewMessage()}
	if v.sentTo() == w {
		sent.Count = v.a.Facts.Sent.Count + 1
	}
	v.a.Facts.Sent = sent
	return s.advance(v, func(tx *storage.Tx) error { return s.post(v, tx, w, recipient, digits) })
}

func (s *SignIn) allow(v *visit, w way, recipient string) error {
	caps := []throttle.Cap{throttle.Mail(recipient)}
	if w.kind == mfa.SMS {
		caps = throttle.Text(*v.a.User, recipient)
	}
	err := throttle.Send(v.r.Context(), s.Store, v.a.Tenant, v.now, caps...)
	if refused := (*throttle.Refused)(nil); errors.As(err, &refused) && refused.What != "" {
		return errors.Join(err, s.alarm(v, refused.What))
	}
	return err
}

// alarm tells the record that texts or mails are being pumped, once an hour for each cap: not once for each click of
// whoever does it (gauntlet J05).
func (s *SignIn) alarm(v *visit, what string) error {
	err := throttle.Send(v.r.Context(), s.Store, v.a.Tenant, v.now, throttle.Alarm(what))
	if errors.Is(err, throttle.ErrTooMany) {
		return nil
	}
	return errors.Join(err, s.record(v, []audit.Kind{audit.CodeNotSent}, map[string]any{"attempt": v.a.ID, "cap": what}))
}

func (s *SignIn) post(v *visit, tx *storage.Tx, w way, recipient, digits string) error {
	ctx, t, u, sent := v.r.Context(), v.a.Tenant, *v.a.User, v.a.Facts.Sent
	_, err := s.Outbox.Queue(ctx, tx, notify.Message{Tenant: t, ID: sent.Message, User: &u, Channel: channel(w.kind), Kind: notify.CodeSent,
		Recipient: recipient, Locale: v.locale(), Data: notify.Notice{Tenant: v.a.TenantName, At: v.now, Address: v.address()},
		Secret: &notify.Secret{Code: digits}, Expires: sent.Expires, At: v.now})
	return errors.Join(err,
		tx.Later().EndPersonal(ctx, db.EndPersonalParams{TenantID: t, Owner: u.UUID, Kind: single(w.kind)}),
		tx.Later().IssuePersonal(ctx, db.IssuePersonalParams{TenantID: t, Kind: single(w.kind), Owner: u.UUID, Data: []byte("{}"), Now: v.now,
			Expires: sent.Expires, Hashes: [][]byte{sent.Hash}}),
		audit.Record(ctx, tx, t, s.event(v, audit.CodeSent, map[string]any{"attempt": v.a.ID, "factor": w.factor, "kind": w.kind, "message": sent.Message})))
}

func channel(k mfa.Kind) notify.Channel {
	if k == mfa.SMS {
		return notify.BySMS
	}
	return notify.ByEmail
}

func (v *visit) address() string {
	if !v.a.Address.IsValid() {
		return ""
	}
	return v.a.Address.String()
}

// sentCode is what the page tells about the newest code.
func (v *visit) sentCode(status string) *templates.SentCode {
	sent := v.a.Facts.Sent
	if sent == nil {
		return nil
	}
	left := func(until time.Time) int { return max(0, int(until.Sub(v.now).Seconds())) }
	return &templates.SentCode{Seconds: left(sent.Expires), ResendIn: left(sent.At.Add(code.Resend(sent.Count))), Failed: v.a.Delivery.Failing,
		StatusURL: v.path(status) + "?" + url.Values{"message": {sent.Message.String()}}.Encode()}
}

// delivery tells the page's script what became of the newest code, so that nobody waits for one that cannot come.
func (s *SignIn) delivery(v *visit) error {
	v.w.Header().Set("Content-Type", "application/json")
	v.w.WriteHeader(http.StatusOK)
	return json.NewEncoder(v.w).Encode(map[string]bool{"sent": v.a.Delivery.Sent, "failed": v.a.Delivery.Failing})
}
