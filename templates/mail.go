package templates

import (
	"embed"
	"errors"
	"fmt"
	html "html/template"
	"net/url"
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

var errLink = errors.New("templates: link of a mail is not a web address")

// Mail is one mail of the product: any of this package's mail structs.
type Mail interface {
	mail() letter
}

// letter is what RenderMail needs to know of a mail: its files' name, the prefix of its message keys, the kind of factor it is about, and its data.
type letter struct {
	file, key, method string
	notice            Notice
	code, link, user  string
	email             string
	connection        string // its name
	domain            string
	count             int // of minutes, hours or codes
}

// Notice is what every mail tells; there is no name of the person in it, because whoever chooses one could have us send any text.
type Notice struct {
	Tenant     string // display name
	At         time.Time
	Address    string // where the request came from; empty leaves the line out
	ObjectLink string // "This was not me", for mails about a change; empty names the administrators instead
}

// body is what the templates of email/ see.
type body struct {
	Lang, Subject, Body, Tenant, Address string
	At                                   time.Time
	Link, Object                         string
	Method                               string
	Count                                int
}

// RenderMail returns the mail in the language nearest to lang; the subject is one line. An error means that a message key or its data is missing, or that a link is not a web address.
func RenderMail(lang language.Tag, m Mail) (subject, plainText, htmlText string, err error) {
	c, l := nearest(lang), m.mail()
	b, err := l.fill(c)
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

func (l letter) fill(c *catalogue) (b body, err error) {
	b = body{Lang: c.tag.String(), Tenant: brand(l.notice.Tenant), Address: plain(l.notice.Address), At: l.notice.At, Count: l.count}
	if b.Method, err = l.named(c); err != nil {
		return b, err
	}
	if b.Link, err = address(l.link); err != nil {
		return b, err
	}
	if b.Object, err = address(l.notice.ObjectLink); err != nil {
		return b, err
	}
	connection, err := l.through(c)
	if err != nil {
		return b, err
	}
	data := map[string]any{"Tenant": b.Tenant, "Method": b.Method, "Code": l.code, "User": l.user, "Email": l.email,
		"Connection": connection, "Domain": l.domain, "Count": l.count}
	if b.Subject, err = c.text(l.key+".subject", data); err != nil {
		return b, err
	}
	b.Body, err = c.text(l.key+".body", data)
	return b, err
}

// named is the kind of factor in words.
func (l letter) named(c *catalogue) (string, error) {
	if l.method == "" {
		return c.text("mail.second_step", nil)
	}
	return c.known("method", l.method)
}

// through is the connection by its name, or in words when the record has none.
func (l letter) through(c *catalogue) (string, error) {
	if l.connection == "" {
		return c.text("mail.connection", nil)
	}
	return l.connection, nil
}

// address lets pass what can stand on a line of its own and leads to a web page; no link is one.
func address(link string) (string, error) {
	if link == "" {
		return "", nil
	}
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return "", errLink
	}
	return u.String(), nil
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
