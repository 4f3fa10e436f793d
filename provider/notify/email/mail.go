package email

import (
	"encoding/base64"
	"net/mail"
	"strings"
	"unicode"

	gomail "github.com/wneessen/go-mail"
)

// Mail is one mail as it goes out. Names and subject may come from people: they are made harmless here again.
type Mail struct {
	ID       string // unique; a mail sent twice has the same one, by which servers and readers know it
	To       string
	FromName string
	Subject  string
	Text     string
	HTML     string
}

// How many characters of a header and of a server's answer are kept.
const (
	longestHeader = 200
	longestReason = 400
)

func (s *Sender) message(m Mail) (*gomail.Msg, error) {
	to, err := address(m.To)
	if err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(&mail.Address{Name: oneLine(m.FromName, longestHeader), Address: s.config.From})
	msg.ToMailAddress(&mail.Address{Address: to})
	msg.Subject(oneLine(m.Subject, longestHeader))
	msg.SetDateWithValue(s.config.Now())
	msg.SetMessageIDWithValue(m.ID + "@" + s.domain)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office answers
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return msg, nil
}

// oneLine keeps what can be seen: a line break begins another header, a direction character disguises what is read,
// and an encoded word (RFC 2047) of somebody's own would be decoded into either by whoever reads the mail.
func oneLine(s string, longest int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
	s = strings.ReplaceAll(s, "=?", "= ?")
	if long := []rune(s); len(long) > longest {
		s = string(long[:longest]) + "…"
	}
	return s
}

// harmless is the error as it may be stored.
func (s *Sender) harmless(err error) string {
	text := err.Error()
	for _, secret := range secrets(s.config.Username, s.config.Password) {
		text = strings.ReplaceAll(text, secret, "[redacted]")
	}
	return oneLine(text, longestReason)
}

// secrets are the forms in which a password goes over the wire with PLAIN and LOGIN.
func secrets(username, password string) []string {
	if password == "" {
		return nil
	}
	encode := base64.StdEncoding.EncodeToString
	return []string{encode([]byte("\x00" + username + "\x00" + password)), encode([]byte(password)), password}
}
