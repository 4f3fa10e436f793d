package inbox

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"strings"
	"time"
)

// kind is what a message came as. It is the beginning of its address here, too.
type kind string

const (
	mail kind = "mail"
	text kind = "text"
)

// message is one mail or text as its reader sees it. Everything in it comes from outside.
type message struct {
	Number            int
	Kind              kind
	At                time.Time
	From, To, Subject string // the subject of a text is its first line
	Text, HTML        string
}

// Path is where its page is.
func (m message) Path() string { return fmt.Sprintf("/%ss/%d", m.Kind, m.Number) }

// read makes the best of what came: a mail that cannot be parsed is shown as it is.
func read(raw []byte, to []string, at time.Time) message {
	m := message{Kind: mail, At: at, To: strings.Join(to, ", "), Subject: "(no subject)"}
	parsed, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		m.Text = string(raw)
		return m
	}
	m.From = header(parsed.Header, "From")
	if s := header(parsed.Header, "Subject"); s != "" {
		m.Subject = s
	}
	kind, params, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		m.Text = rest(parsed.Body)
		return m
	}
	m.parts(multipart.NewReader(parsed.Body, params["boundary"]))
	return m
}

// parts takes the alternatives; the reader of parts undoes quoted-printable, which is what text comes in.
func (m *message) parts(r *multipart.Reader) {
	for {
		part, err := r.NextPart()
		if err != nil {
			return
		}
		switch kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); kind {
		case "text/plain":
			m.Text = rest(part)
		case "text/html":
			m.HTML = rest(part)
		}
	}
}

func rest(r io.Reader) string {
	b, _ := io.ReadAll(r) // what could be read is shown
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}

func header(h netmail.Header, name string) string {
	s, err := new(mime.WordDecoder).DecodeHeader(h.Get(name))
	if err != nil {
		return h.Get(name)
	}
	return s
}
