package templates

import (
	"embed"
	"fmt"
	html "html/template"
	"strings"
	text "text/template"
	"time"

	"golang.org/x/text/language"
)

//go:embed email
var mails embed.FS

// mailbox holds the mails' templates of one language.
type mailbox struct {
	text *text.Template
	html *html.Template
}

var mailboxes = parseMails()

// Mail is one mail of the product: any of this package's mail structs.
type Mail interface {
	mail() letter
}

// letter is what RenderMail needs to know of a mail: its files' name, the prefix of its message keys, the kind of factor it is about, and its data.
type letter struct {
	file, key, method string
	notice            Notice
}

// Notice is what every mail about a change tells; there is no name of the person in it, because whoever chooses one could have us send any text.
type Notice struct {
	Tenant  string // display name
	At      time.Time
	Address string // where the request came from; empty leaves the line out
}

// FactorEnrolledMail confirms that a second step has been set up.
type FactorEnrolledMail struct {
	Notice
	Method string // kind of factor, as in the method messages; empty says "second step"
}

func (m FactorEnrolledMail) mail() letter {
	return letter{"notice", "mail.factor_enrolled", m.Method, m.Notice}
}

// FactorRemovedMail tells that a second step has been removed.
type FactorRemovedMail struct {
	Notice
	Method string // as in FactorEnrolledMail
}

func (m FactorRemovedMail) mail() letter {
	return letter{"notice", "mail.factor_removed", m.Method, m.Notice}
}

// BackupCodesMail tells that there are new backup codes and that the old ones are worth nothing.
type BackupCodesMail struct{ Notice }

func (m BackupCodesMail) mail() letter { return letter{"notice", "mail.backup_codes", "", m.Notice} }

// PasswordSetMail tells that the password has been set or changed.
type PasswordSetMail struct{ Notice }

func (m PasswordSetMail) mail() letter { return letter{"notice", "mail.password_set", "", m.Notice} }

// TriesExhaustedMail warns of many wrong passwords or codes.
type TriesExhaustedMail struct{ Notice }

func (m TriesExhaustedMail) mail() letter {
	return letter{"notice", "mail.tries_exhausted", "", m.Notice}
}

// body is what the templates of email/ see.
type body struct {
	Lang, Subject, Body, Tenant, Address string
	At                                   time.Time
}

// RenderMail returns the mail in the language nearest to lang; the subject is one line. An error means a message key or its data is missing.
func RenderMail(lang language.Tag, m Mail) (subject, plainText, htmlText string, err error) {
	c, l := nearest(lang), m.mail()
	b, err := l.body(c)
	if err != nil {
		return "", "", "", fmt.Errorf("render %s: %w", l.key, err)
	}
	var asText, asHTML strings.Builder
	box := mailboxes[c.tag]
	if err := box.text.ExecuteTemplate(&asText, l.file+".txt", b); err != nil {
		return "", "", "", fmt.Errorf("render %s as text: %w", l.key, err)
	}
	if err := box.html.ExecuteTemplate(&asHTML, l.file+".html", b); err != nil {
		return "", "", "", fmt.Errorf("render %s as HTML: %w", l.key, err)
	}
	return b.Subject, asText.String(), asHTML.String(), nil
}

func (l letter) body(c *catalogue) (b body, err error) {
	b = body{Lang: c.tag.String(), Tenant: brand(l.notice.Tenant), Address: plain(l.notice.Address), At: l.notice.At}
	data := map[string]any{"Tenant": b.Tenant}
	if data["Method"], err = c.known("method", l.method); err != nil {
		return b, err
	}
	if l.method == "" {
		data["Method"], err = c.text("mail.second_step", nil)
	}
	if err != nil {
		return b, err
	}
	if b.Subject, err = c.text(l.key+".subject", data); err != nil {
		return b, err
	}
	b.Body, err = c.text(l.key+".body", data)
	return b, err
}

func parseMails() map[language.Tag]mailbox {
	all := map[language.Tag]mailbox{}
	for _, c := range catalogues {
		all[c.tag] = mailbox{
			text: text.Must(text.New("").Funcs(text.FuncMap(functions(c))).ParseFS(mails, "email/*.txt")),
			html: html.Must(html.New("").Funcs(functions(c)).ParseFS(mails, "email/*.html")),
		}
	}
	return all
}
