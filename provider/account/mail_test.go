package account_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"sallyport/provider/notify"
	"sallyport/provider/token"
	"sallyport/provider/user"
	"sallyport/storage/audit"
	"sallyport/storage/db"
)

func (w *world) links() user.Links { return user.Links{Store: w.store, Outbox: w.outbox} }

// mailed is the path of the link in the newest mail of the kind, and to whom that mail goes.
func (w *world) mailed(kind notify.Kind) (path, recipient string) {
	w.t.Helper()
	var m db.Message
	w.must(w.database.Admin(w.t).QueryRow(context.Background(), "SELECT tenant_id, id, recipient, secret FROM messages WHERE kind = $1 ORDER BY id DESC LIMIT 1",
		string(kind)).Scan(&m.TenantID, &m.ID, &m.Recipient, &m.Secret))
	secret, err := notify.Open(w.outbox.Seal, m)
	w.must(err)
	path, ours := strings.CutPrefix(secret.Link, "https://id.example.com")
	if !ours {
		w.t.Fatalf("link %q", secret.Link)
	}
	return path, m.Recipient
}

func (w *world) mails() (n int) {
	w.t.Helper()
	w.must(w.database.Admin(w.t).QueryRow(context.Background(), "SELECT count(*) FROM messages").Scan(&n))
	return n
}

func (w *world) cause() user.Cause { return user.Cause{By: audit.Anyone, Now: w.clock.Now()} }

// forgot is the link that the person gets for a new password.
func (p *person) forgot() string {
	p.w.t.Helper()
	p.w.must(p.w.links().AskReset(context.Background(), p.tenant, p.email, p.w.cause()))
	path, _ := p.w.mailed(notify.PasswordReset)
	return path
}

// activation is the link that confirms the person's address.
func (p *person) activation() string {
	p.w.t.Helper()
	_, err := p.w.links().AskConfirmation(context.Background(), p.tenant, p.id, p.w.cause())
	p.w.must(err)
	path, _ := p.w.mailed(notify.EmailConfirm)
	return path
}

// objection is the link that a notice to the person carries.
func (p *person) objection() string {
	p.w.t.Helper()
	s, now := token.New(token.Objection, p.tenant), p.w.clock.Now()
	p.w.must(p.w.store.Tenant(p.tenant).IssuePersonal(context.Background(), db.IssuePersonalParams{TenantID: p.tenant, Kind: "objection", Owner: p.id.UUID,
		Data: []byte("{}"), Now: now, Expires: now.Add(24 * time.Hour), Hashes: [][]byte{s.Hash}}))
	return "/objection/" + s.Text
}

func (p *person) row() db.User {
	p.w.t.Helper()
	row, err := p.w.store.Tenant(p.tenant).UserByID(context.Background(), db.UserByIDParams{TenantID: p.tenant, ID: p.id})
	p.w.must(err)
	return row
}

// opens reports whether the password is the person's.
func (p *person) opens(password string) bool {
	p.w.t.Helper()
	stored := p.row().PasswordHash
	if stored == nil {
		return false
	}
	ok, err := p.w.hasher.Verify(context.Background(), *stored, password)
	p.w.must(err)
	return ok
}

// send posts a form of pairs without a session.
func (w *world) send(target string, pairs ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	return w.do(nil, http.MethodPost, target, form(pairs...))
}

func form(pairs ...string) string {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return values.Encode()
}
