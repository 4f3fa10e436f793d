package email_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"sallyport/provider/notify/email"
)

const within = 30 * time.Second

// letter is one mail as the server took it.
type letter struct {
	from, to, raw string
	encrypted     bool
	user          string // who had authenticated
}

// post is a mail server on a loopback port that keeps what it takes.
type post struct {
	addr    string
	letters chan letter
	answer  atomic.Pointer[smtp.SMTPError]
	login   string // "user:password" that must be shown before any mail
	mech    string
}

// offers says what the server can do.
type offers struct {
	startTLS, implicit bool
	login, mech        string
}

func newPost(t *testing.T, o offers) (*post, *x509.CertPool) {
	t.Helper()
	certificate, roots := certificate(t)
	p := &post{letters: make(chan letter, 100), login: o.login, mech: o.mech}
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{post: p, conn: c}, nil }))
	s.Domain, s.AllowInsecureAuth, s.ErrorLog = "post.test", true, quiet{}
	if o.startTLS {
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = l.Addr().String()
	if o.implicit {
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}})
	}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return p, roots
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "post.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// next waits for a mail.
func (p *post) next(t *testing.T) letter {
	t.Helper()
	select {
	case l := <-p.letters:
		return l
	case <-time.After(within):
		t.Fatal("no mail came")
		return letter{}
	}
}

func (p *post) nothing(t *testing.T) {
	t.Helper()
	if len(p.letters) != 0 {
		t.Errorf("a mail was taken: %s", (<-p.letters).raw)
	}
}

type session struct {
	post *post
	conn *smtp.Conn
	letter
}

func (s *session) AuthMechanisms() []string {
	if s.post.mech == "" {
		return nil
	}
	return []string{s.post.mech}
}

func (s *session) Auth(mech string) (sasl.Server, error) {
	check := func(_, user, password string) error {
		if user+":"+password != s.post.login {
			// What a careless server might say.
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "no such login: " + user + " " + password}
		}
		s.user = user
		return nil
	}
	if mech == sasl.Plain {
		return sasl.NewPlainServer(check), nil
	}
	return &loginServer{check: check}, nil
}

// loginServer is the other half of LOGIN.
type loginServer struct {
	check func(identity, user, password string) error
	said  []string
	asked bool
}

func (l *loginServer) Next(response []byte) ([]byte, bool, error) {
	if response != nil && l.asked {
		l.said = append(l.said, string(response))
	}
	l.asked = true
	switch len(l.said) {
	case 0:
		return []byte("Username:"), false, nil
	case 1:
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check("", l.said[0], l.said[1])
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.post.login != "" && s.user == "" {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	if e := s.post.answer.Load(); e != nil {
		return e
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	_, s.encrypted = s.conn.TLSConnectionState()
	l := s.letter
	l.raw = string(b)
	s.post.letters <- l
	return nil
}

func (s *session) Reset()        { s.from, s.to = "", "" }
func (s *session) Logout() error { return nil }

// parts reads a mail as a reader of mail does.
func (l letter) parts(t *testing.T) (header mail.Header, text, html string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(l.raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	bodies := map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := r.NextPart()
		if err == io.EOF {
			return m.Header, strings.ReplaceAll(bodies["text/plain"], "\r\n", "\n"), strings.ReplaceAll(bodies["text/html"], "\r\n", "\n")
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		bodies[kind] = string(b)
	}
}

func decoded(t *testing.T, header string) string {
	t.Helper()
	s, err := new(mime.WordDecoder).DecodeHeader(header)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// config is for a server of ours.
func (p *post) config(t *testing.T, s email.Security, roots *x509.CertPool) email.Config {
	t.Helper()
	addr, err := net.ResolveTCPAddr("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	return email.Config{Host: "127.0.0.1", Port: addr.Port, Security: s, From: "no-reply@sallyport.test", Roots: roots,
		Now: func() time.Time { return now }}
}
