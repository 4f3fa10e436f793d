// Package inbox is the mailboxes and the telephones of the demo: the mails that Sallyport sends over SMTP and the text
// messages that it hands to an HTTP gateway arrive here and can be read in a browser.
//
// It owns what came, in memory, and its pages. To the provider it is a stranger, as any mail server and any gateway is:
// nothing but SMTP and one HTTP address lead here. It takes mail for everybody, so it listens on loopback only. Only
// cmd/sallyport/demo calls it.
//
// Dependency: emersion/go-smtp, the server half of the protocol, which the standard library lacks.
package inbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// Limits of a demo that nobody cleans up.
const (
	mostMessages = 200
	longestMail  = 1 << 20
)

// Inbox takes and shows mails and texts.
type Inbox struct {
	log      *slog.Logger
	now      func() time.Time
	provider string
	secret   string
	listener net.Listener

	mutex    sync.Mutex
	messages []message // the oldest first
	count    int       // of all that ever came
}

// Open listens for mail on a loopback port that was free. The provider is the origin that links in messages may lead to.
func Open(provider string, log *slog.Logger, now func() time.Time) (*Inbox, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for mail: %w", err)
	}
	return &Inbox{log: log, now: now, provider: provider, secret: rand.Text(), listener: l}, nil
}

// Port is where mail is taken.
func (i *Inbox) Port() int { return i.listener.Addr().(*net.TCPAddr).Port }

// Secret is what whoever brings texts shows, as a bearer token (RFC 6750, 2.1): every web page of the visitor's browser
// can reach a loopback port.
func (i *Inbox) Secret() string { return i.secret }

// Close stops listening, for those who never call Serve.
func (i *Inbox) Close() error { return i.listener.Close() }

// Serve takes mail until ctx ends.
func (i *Inbox) Serve(ctx context.Context) error {
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{inbox: i}, nil }))
	s.Domain, s.MaxMessageBytes, s.MaxRecipients = "localhost", longestMail, 50
	s.ReadTimeout, s.WriteTimeout = time.Minute, time.Minute
	s.ErrorLog = slog.NewLogLogger(i.log.Handler(), slog.LevelWarn)
	defer context.AfterFunc(ctx, func() { s.Close() })()
	if err := s.Serve(i.listener); err != nil && !errors.Is(err, smtp.ErrServerClosed) && ctx.Err() == nil {
		return fmt.Errorf("take mail: %w", err)
	}
	return nil
}

// session is one conversation with whoever brings mail.
type session struct {
	inbox *Inbox
	to    []string
}

func (s *session) Mail(string, *smtp.MailOptions) error { return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.inbox.keep(read(raw, s.to, s.inbox.now().UTC()))
	return nil
}

func (s *session) Reset() { s.to = nil }

func (s *session) Logout() error { return nil }
