// Package email sends mails over SMTP.
//
// It owns how a mail is put together and how a mail server is spoken to. It does not own what a mail says
// (templates), nor when and how often one is sent (notify/delivery, which calls Send). The instance makes one Sender of
// its configuration.
//
// Dependency: wneessen/go-mail, for MIME and an SMTP client with STARTTLS and authentication, which the frozen
// net/smtp leaves half done.
package email

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

// Security says how the connection is protected.
type Security string

// The ways; None is accepted for a server on the same machine only.
const (
	StartTLS Security = "starttls" // RFC 3207, required: a server without it is refused
	Implicit Security = "tls"      // RFC 8314
	None     Security = "none"
)

// Config says through which server mail is sent, and as whom.
type Config struct {
	Host               string
	Port               int
	Security           Security
	Username, Password string         // empty Username: no authentication
	From               string         // address alone
	Roots              *x509.CertPool // nil: those of the system
	Now                func() time.Time
}

// The errors that trying again does not mend, and those of New.
var (
	ErrConfig    = errors.New("malformed mail configuration")
	ErrInsecure  = errors.New("mail without encryption is for a loopback host only")
	ErrRecipient = errors.New("recipient is not an e-mail address")
)

// Sender speaks to one mail server; it opens a connection for each mail and is safe for concurrent use.
type Sender struct {
	config  Config
	options []mail.Option
	domain  string
}

// talk bounds a whole conversation, answer each of its steps.
const (
	talk   = 20 * time.Second
	answer = 10 * time.Second
)

// New checks the configuration and contacts nobody. Errors: ErrConfig, ErrInsecure.
func New(c Config) (*Sender, error) {
	from, err := address(c.From)
	if err != nil || c.Host == "" || c.Port < 1 || c.Port > 65535 {
		return nil, ErrConfig
	}
	s := &Sender{config: c, domain: from[strings.LastIndexByte(from, '@')+1:]}
	s.options = []mail.Option{mail.WithPort(c.Port), mail.WithTimeout(answer), mail.WithHELO(s.domain),
		mail.WithTLSConfig(s.tls())}
	secured, err := s.security()
	if err != nil {
		return nil, err
	}
	s.options = append(s.options, secured)
	if c.Username != "" {
		s.options = append(s.options, mail.WithUsername(c.Username), mail.WithPassword(c.Password),
			mail.WithOpportunisticSMTPAuth(mail.SMTPAuthPlain, mail.SMTPAuthLogin))
	}
	if _, err = mail.NewClient(c.Host, s.options...); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrConfig, s.harmless(err))
	}
	return s, nil
}

func (s *Sender) security() (mail.Option, error) {
	switch s.config.Security {
	case StartTLS:
		return mail.WithTLSPolicy(mail.TLSMandatory), nil
	case Implicit:
		return mail.WithSSL(), nil
	case None:
		if !loopback(s.config.Host) {
			return nil, ErrInsecure
		}
		return mail.WithTLSPolicy(mail.NoTLS), nil
	}
	return nil, fmt.Errorf("%w: unknown security", ErrConfig)
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// address is what s is when it is an address and nothing else: no name, no list, no line break (gauntlet I07).
func address(s string) (string, error) {
	a, err := netmail.ParseAddress(s)
	if err != nil || a.Name != "" || a.Address != s {
		return "", ErrRecipient
	}
	return s, nil
}

// Send delivers the mail to the server, for which it takes half a minute at most. The error is ErrRecipient for an address that never will be one; any other
// tells what the server answered, without the password.
func (s *Sender) Send(ctx context.Context, m Mail) error {
	msg, err := s.message(m)
	if err != nil {
		return err
	}
	if err := s.deliver(ctx, msg); err != nil {
		// Not wrapped: the text is stored, and a server may repeat what it was told.
		return fmt.Errorf("send mail: %s", s.harmless(err))
	}
	return nil
}

// deliver takes care of the connection itself: the client forgets it when a step fails, and knows no limit in time
// for the conversation as a whole. A conversation that has begun is not cut by a shutdown: the server may have taken
// the mail, and we would send it again.
func (s *Sender) deliver(ctx context.Context, msg *mail.Msg) error {
	conn, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), talk)
	defer cancel()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	hand := func(context.Context, string, string) (net.Conn, error) { return conn, nil }
	client, err := mail.NewClient(s.config.Host, append(slices.Clone(s.options), mail.WithDialContextFunc(hand))...)
	if err != nil {
		return err
	}
	conversation, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return err
	}
	err = client.SendWithSMTPClient(conversation, msg)
	// Once the server has taken the mail, a farewell that fails must not have it sent again.
	_ = client.CloseWithSMTPClient(conversation)
	if msg.IsDelivered() {
		return nil
	}
	return err
}

func (s *Sender) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, answer)
	defer cancel()
	at := net.JoinHostPort(s.config.Host, strconv.Itoa(s.config.Port))
	if s.config.Security == Implicit {
		return (&tls.Dialer{Config: s.tls()}).DialContext(ctx, "tcp", at)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", at)
}

func (s *Sender) tls() *tls.Config {
	return &tls.Config{ServerName: s.config.Host, MinVersion: tls.VersionTLS12, RootCAs: s.config.Roots}
}
