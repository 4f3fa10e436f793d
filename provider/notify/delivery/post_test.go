package delivery_test

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"sallyport/provider/notify/email"
	"sallyport/provider/notify/sms"
)

const within = 30 * time.Second

// letter is one mail as the server took it.
type letter struct{ to, raw string }

// post is a mail server on a loopback port that keeps what it takes.
type post struct {
	port    int
	letters chan letter
	refused chan string
	answer  atomic.Pointer[smtp.SMTPError] // to every mail, when there is one
	gossip  atomic.Bool                    // the answer repeats the mail
}

func newPost(t testing.TB) *post {
	t.Helper()
	p := &post{letters: make(chan letter, 1000), refused: make(chan string, 1000)}
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{post: p}, nil }))
	s.Domain, s.ErrorLog = "post.test", quiet{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.port = l.Addr().(*net.TCPAddr).Port
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return p
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func (p *post) sender(t testing.TB) *email.Sender {
	t.Helper()
	s, err := email.New(email.Config{Host: "127.0.0.1", Port: p.port, Security: email.None, From: "no-reply@sallyport.test", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (p *post) next(t testing.TB) letter {
	t.Helper()
	select {
	case l := <-p.letters:
		return l
	case <-time.After(within):
		t.Fatal("no mail came")
		return letter{}
	}
}

func (p *post) nothing(t testing.TB) {
	t.Helper()
	if len(p.letters) != 0 {
		t.Errorf("a mail was taken: %s", (<-p.letters).raw)
	}
}

type session struct {
	post *post
	to   string
}

func (s *session) Mail(string, *smtp.MailOptions) error { return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return nil
}

func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if e := s.post.answer.Load(); e != nil {
		s.post.refused <- s.to
		if s.post.gossip.Load() {
			return &smtp.SMTPError{Code: e.Code, EnhancedCode: e.EnhancedCode, Message: strings.Join(strings.Fields(subject(b)), " ")}
		}
		return e
	}
	s.post.letters <- letter{s.to, string(b)}
	return nil
}

func (s *session) Reset()        { s.to = "" }
func (s *session) Logout() error { return nil }

func subject(raw []byte) string {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return ""
	}
	s, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	return s
}

// parts reads a mail as a reader of mail does.
func (l letter) parts(t testing.TB) (subject, text, html string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(l.raw))
	if err != nil {
		t.Fatal(err)
	}
	if subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	bodies := map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := r.NextPart()
		if err == io.EOF {
			return subject, bodies["text/plain"], bodies["text/html"]
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		bodies[kind] = strings.ReplaceAll(string(b), "\r\n", "\n")
	}
}

// gateway is an HTTP gateway for texts that keeps the forms it is sent and answers with status.
type gateway struct {
	url    string
	status atomic.Int64
	forms  chan map[string]string
}

func newGateway(t *testing.T) *gateway {
	t.Helper()
	g := &gateway{forms: make(chan map[string]string, 100)}
	g.status.Store(http.StatusOK)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := int(g.status.Load())
		w.WriteHeader(status)
		io.WriteString(w, "you said "+r.FormValue("text"))
		g.forms <- map[string]string{"to": r.FormValue("to"), "text": r.FormValue("text"), "id": r.FormValue("id")}
	}))
	t.Cleanup(s.Close)
	g.url = s.URL
	return g
}

func (g *gateway) sender(t *testing.T) sms.Sender {
	t.Helper()
	s, err := sms.NewGateway(sms.GatewayConfig{URL: g.url + "/send", Format: sms.Form, Template: "to={{To}}&text={{Body}}&id={{ID}}"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
