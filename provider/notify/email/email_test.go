package email_test

import (
	"context"
	"errors"
	"net/mail"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-smtp"

	"sallyport/provider/notify/email"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 3, 12, 14, 5, 0, 0, time.UTC)
)

func sender(t *testing.T, c email.Config) *email.Sender {
	t.Helper()
	s, err := email.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func note() email.Mail {
	return email.Mail{ID: "m-1", To: "kari@acme.test", FromName: "Acme", Subject: "Blåbær", Text: "Hei på deg\n", HTML: "<p>Hei på deg</p>\n"}
}

func TestMailArrivesAsItWasWritten(t *testing.T) {
	t.Parallel()
	p, roots := newPost(t, offers{startTLS: true})
	if err := sender(t, p.config(t, email.StartTLS, roots)).Send(ctx, note()); err != nil {
		t.Fatal(err)
	}
	l := p.next(t)
	header, text, html := l.parts(t)
	if l.from != "no-reply@sallyport.test" || l.to != "kari@acme.test" || !l.encrypted {
		t.Errorf("%+v", l)
	}
	if text != note().Text || html != note().HTML || decoded(t, header.Get("Subject")) != note().Subject {
		t.Errorf("%q, %q, %v", text, html, header)
	}
	for name, want := range map[string]string{"From": `"Acme" <no-reply@sallyport.test>`, "To": "<kari@acme.test>",
		"Message-Id": "<m-1@sallyport.test>", "Auto-Submitted": "auto-generated", "Date": "Thu, 12 Mar 2026 14:05:00 +0000"} {
		if got := header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestServerWithoutStartTLSIsRefused(t *testing.T) {
	t.Parallel()
	p, roots := newPost(t, offers{})
	if err := sender(t, p.config(t, email.StartTLS, roots)).Send(ctx, note()); err == nil || !strings.Contains(err.Error(), "STARTTLS") {
		t.Errorf("error %v, want one about STARTTLS", err)
	}
	p.nothing(t)
}

func TestCertificateMustBeKnown(t *testing.T) {
	t.Parallel()
	for security, o := range map[email.Security]offers{email.StartTLS: {startTLS: true}, email.Implicit: {implicit: true}} {
		p, _ := newPost(t, o)
		if err := sender(t, p.config(t, security, nil)).Send(ctx, note()); err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("%s: error %v, want one about the certificate", security, err)
		}
		p.nothing(t)
	}
}

func TestImplicitTLS(t *testing.T) {
	t.Parallel()
	p, roots := newPost(t, offers{implicit: true, login: "u:p", mech: "PLAIN"})
	c := p.config(t, email.Implicit, roots)
	c.Username, c.Password = "u", "p"
	if err := sender(t, c).Send(ctx, note()); err != nil {
		t.Fatal(err)
	}
	if l := p.next(t); !l.encrypted || l.user != "u" {
		t.Errorf("%+v", l)
	}
}

func TestNoEncryptionIsForLoopbackOnly(t *testing.T) {
	t.Parallel()
	p, _ := newPost(t, offers{})
	c := p.config(t, email.None, nil)
	if err := sender(t, c).Send(ctx, note()); err != nil {
		t.Error(err)
	}
	p.next(t)
	for _, host := range []string{"mail.example.com", "192.0.2.1", "localhost.example.com"} {
		c.Host = host
		if _, err := email.New(c); !errors.Is(err, email.ErrInsecure) {
			t.Errorf("%s: %v, want ErrInsecure", host, err)
		}
	}
}

func TestMalformedConfigurationIsRefused(t *testing.T) {
	t.Parallel()
	good := email.Config{Host: "localhost", Port: 25, Security: email.None, From: "a@b.test", Now: time.Now}
	for name, change := range map[string]func(*email.Config){
		"no host":      func(c *email.Config) { c.Host = "" },
		"no port":      func(c *email.Config) { c.Port = 0 },
		"no sender":    func(c *email.Config) { c.From = "" },
		"sender name":  func(c *email.Config) { c.From = "A <a@b.test>" },
		"no security":  func(c *email.Config) { c.Security = "" },
		"a port above": func(c *email.Config) { c.Port = 65536 },
	} {
		c := good
		change(&c)
		if _, err := email.New(c); !errors.Is(err, email.ErrConfig) {
			t.Errorf("%s: %v, want ErrConfig", name, err)
		}
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	for _, mech := range []string{"PLAIN", "LOGIN"} {
		p, roots := newPost(t, offers{startTLS: true, login: "u:correct horse", mech: mech})
		c := p.config(t, email.StartTLS, roots)
		if err := sender(t, c).Send(ctx, note()); err == nil {
			t.Errorf("%s: sent without a login", mech)
		}
		c.Username, c.Password = "u", "battery staple"
		err := sender(t, c).Send(ctx, note())
		if err == nil || strings.Contains(err.Error(), c.Password) || !strings.Contains(err.Error(), "[redacted]") {
			t.Errorf("%s: %v, want a refusal without the password", mech, err)
		}
		c.Password = "correct horse"
		if err := sender(t, c).Send(ctx, note()); err != nil {
			t.Errorf("%s: %v", mech, err)
		}
		if l := p.next(t); l.user != "u" {
			t.Errorf("%s: taken from %q", mech, l.user)
		}
	}
}

func TestLoginAtAServerThatKnowsNoneFails(t *testing.T) {
	t.Parallel()
	p, roots := newPost(t, offers{startTLS: true})
	c := p.config(t, email.StartTLS, roots)
	c.Username, c.Password = "u", "p"
	if err := sender(t, c).Send(ctx, note()); err == nil {
		t.Error("sent without the login that was asked for")
	}
	p.nothing(t)
}

// injections are what people could be called, or call their organisation.
var injections = []string{
	"Acme\r\nBcc: evil@evil.example",
	"Acme\nBcc: evil@evil.example\n\nevil body",
	"Acme\rBcc: evil@evil.example",
	"Acme\u2028Bcc: evil@evil.example",
	"Acme\u0085Bcc: evil@evil.example",
	"Acme\x00\x1b[31mevil",
	"Acme\" <evil@evil.example>, \"x",
	"<script>evil()</script>",
	"=?utf-8?q?evil?= <evil@evil.example>",
	"=?utf-8?q?Acme=0D=0ABcc:_evil@evil.example?=",
	"\u202eevil\u202c \u2066evil\u2069 עברית",
	"evil" + strings.Repeat("å", 10_000),
	"evil " + strings.Repeat("W", 10_000),
	"\xff\xfe evil",
}

func TestI07NamesCannotAddHeadersRecipientsOrBodies(t *testing.T) {
	t.Parallel()
	p, roots := newPost(t, offers{startTLS: true})
	s := sender(t, p.config(t, email.StartTLS, roots))
	for i, name := range injections {
		m := note()
		m.FromName, m.Subject = name, name
		if err := s.Send(ctx, m); err != nil {
			t.Errorf("name %d: %v", i, err)
			continue
		}
		l := p.next(t)
		header, text, _ := l.parts(t)
		if l.to != "kari@acme.test" || header.Get("Bcc") != "" || len(header) != 8 || text != note().Text {
			t.Errorf("name %d: to %s, %d headers: %v", i, l.to, len(header), header)
		}
		from, err := mail.ParseAddressList(header.Get("From"))
		if err != nil || len(from) != 1 || from[0].Address != "no-reply@sallyport.test" {
			t.Errorf("name %d: from %v, %v", i, from, err)
			continue
		}
		for _, shown := range []string{from[0].Name, decoded(t, header.Get("Subject"))} {
			if strings.ContainsAny(shown, "\r\n\x00\x1b\u0085\u2028\u202e\u2066") || utf8.RuneCountInString(shown) > 201 {
				t.Errorf("name %d: %.300q", i, shown)
			}
		}
	}
}

func TestI07RecipientIsOneAddressOrNone(t *testing.T) {
	t.Parallel()
	p, roots := newPost(t, offers{startTLS: true})
	s := sender(t, p.config(t, email.StartTLS, roots))
	for _, to := range []string{"", "kari", "a@b.test, evil@evil.example", "A <a@b.test>", "a@b.test\r\nRCPT TO:<evil@evil.example>", "a@b.test\n", " a@b.test", "<a@b.test>", "group:a@b.test;"} {
		m := note()
		m.To = to
		if err := s.Send(ctx, m); !errors.Is(err, email.ErrRecipient) {
			t.Errorf("%q: %v, want ErrRecipient", to, err)
		}
	}
	p.nothing(t)
}

func TestRefusalTellsWhatTheServerSaid(t *testing.T) {
	t.Parallel()
	p, roots := newPost(t, offers{startTLS: true})
	p.answer.Store(&smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "nobody here " + strings.Repeat("x", 300)})
	err := sender(t, p.config(t, email.StartTLS, roots)).Send(ctx, note())
	if err == nil || !strings.Contains(err.Error(), "nobody here") || len(err.Error()) > 450 {
		t.Errorf("%v", err)
	}
	p.nothing(t)
}

func TestCancelledContextEndsTheConversation(t *testing.T) {
	t.Parallel()
	p, roots := newPost(t, offers{startTLS: true})
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := sender(t, p.config(t, email.StartTLS, roots)).Send(ended, note()); err == nil {
		t.Error("sent although nobody waits")
	}
	p.nothing(t)
}
