package sms

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
)

// Bind says in which role we connect (SMPP 3.4, 2.2).
type Bind string

// The roles; a transceiver is what centres expect today.
const (
	Transceiver Bind = "transceiver"
	Transmitter Bind = "transmitter"
)

// SMPPConfig says which message centre takes texts, and from whom.
type SMPPConfig struct {
	Address    string // host:port
	Plain      bool   // without TLS: the protocol's own way, for loopback or an operator's tunnel
	Roots      *x509.CertPool
	Bind       Bind // "" is Transceiver
	SystemID   string
	Password   string
	SystemType string
	From       string        // number, short code or name of at most eleven characters; "" is the centre's choice
	Enquire    time.Duration // between two enquire_link; zero is 30 seconds
	Timeout    time.Duration // of each wait: to connect and bind, for an answer; zero, and at most, ten seconds
}

// SMPP sends texts to a message centre over one connection, which is bound when it is first needed and anew when it is
// lost. Make one with NewSMPP, end it with Close.
type SMPP struct {
	config    SMPPConfig
	turn      chan struct{} // held by who looks at or replaces link; a mutex would not heed a context
	link      *link
	closed    bool
	reference atomic.Uint32
}

var errClosed = errors.New("connection to message centre was closed by us")

// NewSMPP checks the configuration and contacts nobody. Error: ErrConfig, without the values.
func NewSMPP(c SMPPConfig) (*SMPP, error) {
	if c.Bind == "" {
		c.Bind = Transceiver
	}
	if c.Enquire == 0 {
		c.Enquire = 30 * time.Second
	}
	c.Timeout = within(c.Timeout)
	if err := c.check(); err != nil {
		return nil, err
	}
	return &SMPP{config: c, turn: make(chan struct{}, 1)}, nil
}

func (c SMPPConfig) check() error {
	host, port, err := net.SplitHostPort(c.Address)
	number, bad := strconv.ParseUint(port, 10, 16)
	if err := configured(err == nil && host != "" && bad == nil && number > 0, "address"); err != nil {
		return err
	}
	if err := configured(c.Bind == Transceiver || c.Bind == Transmitter, "bind"); err != nil {
		return err
	}
	// The lengths are those of the protocol (5.2.1 to 5.2.3) but for the password, where centres take more than eight.
	for _, s := range []struct {
		value string
		most  int
	}{{c.SystemID, 15}, {c.Password, 64}, {c.SystemType, 12}} {
		if len(s.value) > s.most || strings.Contains(s.value, "\x00") {
			return configured(false, "account")
		}
	}
	if err := configured(c.SystemID != "" && c.Enquire >= time.Second, "account or interval"); err != nil {
		return err
	}
	return sender(c.From)
}

// Send hands the text over in as many parts as it needs and waits until the centre has taken each. Errors: as of
// Sender; a refusal tells the command_status.
func (s *SMPP) Send(ctx context.Context, t Text) error {
	if err := fit(t); err != nil {
		return err
	}
	all, err := messages(t.Body, byte(s.reference.Add(1)))
	if err != nil {
		return failed("encode text", err, t.Body)
	}
	l, err := s.bound(ctx)
	if err != nil {
		return err
	}
	for _, m := range all {
		if err := l.submit(ctx, s.submission(t.To, m)); err != nil {
			return err
		}
	}
	return nil
}

func (s *SMPP) submission(to string, m pdu.ShortMessage) *pdu.SubmitSM {
	p := pdu.NewSubmitSM().(*pdu.SubmitSM)
	p.SourceAddr = source(s.config.From)
	p.DestAddr = address(data.GSM_TON_INTERNATIONAL, data.GSM_NPI_E164, strings.TrimPrefix(to, "+"))
	p.Message = m
	if m.UDH() != nil {
		p.EsmClass |= data.SM_UDH_GSM
	}
	return p
}

func source(from string) pdu.Address {
	switch {
	case strings.HasPrefix(from, "+"):
		return address(data.GSM_TON_INTERNATIONAL, data.GSM_NPI_E164, from[1:])
	case from == "":
		return address(data.GSM_TON_UNKNOWN, data.GSM_NPI_UNKNOWN, "")
	case numeric.MatchString(from):
		return address(data.GSM_TON_UNKNOWN, data.GSM_NPI_E164, from)
	}
	return address(data.GSM_TON_ALPHANUMERIC, data.GSM_NPI_UNKNOWN, from)
}

// address holds what fits: numbers and names were checked to be shorter than the protocol allows.
func address(ton, npi byte, digits string) pdu.Address {
	a := pdu.NewAddressWithTonNpi(ton, npi)
	_ = a.SetAddress(digits)
	return a
}

// bound is the connection there is, or a new one. Those who come while one binds wait for it, as long as their context.
func (s *SMPP) bound(ctx context.Context) (*link, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, failed("wait for message centre", ctx.Err())
	}
	if s.closed {
		return nil, errClosed
	}
	if s.link != nil && s.link.alive() {
		return s.link, nil
	}
	l, err := s.config.connect(ctx)
	if refused := refusal(0); errors.As(err, &refused) {
		return nil, fmt.Errorf("bind: %w", refused)
	}
	if err != nil {
		return nil, failed("bind to message centre", err, s.config.Password, s.config.SystemID)
	}
	s.link = l
	return l, nil
}

// Close unbinds and lets those who still wait fail; Send fails from now on. It takes no longer than the timeouts.
func (s *SMPP) Close() error {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	s.closed = true
	if s.link != nil {
		s.link.close()
		s.link = nil
	}
	return nil
}

func (c SMPPConfig) connect(ctx context.Context) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	conn, err := c.dial(ctx)
	if err != nil {
		return nil, err
	}
	l := newLink(conn, c.Timeout)
	hold := context.AfterFunc(ctx, l.end)
	err = l.serve(&binder{config: c, conn: conn}, c.Enquire)
	if !hold() {
		err = context.Cause(ctx)
	}
	if err != nil {
		l.end()
		return nil, err
	}
	return l, nil
}

func (c SMPPConfig) dial(ctx context.Context) (net.Conn, error) {
	if c.Plain {
		return new(net.Dialer).DialContext(ctx, "tcp", c.Address)
	}
	host, _, _ := net.SplitHostPort(c.Address)
	secured := tls.Dialer{Config: &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, RootCAs: c.Roots}}
	return secured.DialContext(ctx, "tcp", c.Address)
}
