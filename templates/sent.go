package templates

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/language"
)

// CodeMail brings a code to confirm that it is you; it holds no link, so that nobody learns to follow one to where codes are typed.
type CodeMail struct {
	Notice
	Code    string
	Minutes int // how long it can be used
}

func (m CodeMail) mail() letter {
	return letter{file: "code", key: "mail.code", notice: m.Notice, code: m.Code, count: m.Minutes}
}

// PasswordResetMail brings the link that sets a new password.
type PasswordResetMail struct {
	Notice
	Link    string // absolute web address
	Minutes int    // how long it can be used
}

func (m PasswordResetMail) mail() letter {
	return letter{file: "reset", key: "mail.password_reset", notice: m.Notice, link: m.Link, count: m.Minutes}
}

// EmailConfirmMail brings the link that confirms the address it is sent to.
type EmailConfirmMail struct {
	Notice
	Link  string // absolute web address
	Hours int    // how long it can be used
}

func (m EmailConfirmMail) mail() letter {
	return letter{file: "confirm", key: "mail.email_confirm", notice: m.Notice, link: m.Link, count: m.Hours}
}

// EmailChangeMail brings the new address the link that makes it the account's.
type EmailChangeMail struct {
	Notice
	Link  string // absolute web address
	Hours int    // how long it can be used; 0 leaves it unsaid
}

func (m EmailChangeMail) mail() letter {
	return letter{file: "confirm", key: "mail.email_change", notice: m.Notice, link: m.Link, count: m.Hours}
}

// How many characters one text message holds (3GPP TS 23.038): of the GSM alphabet, and of any other, which costs two bytes each.
const (
	longestText  = 160
	longestOther = 70
)

// basic is the GSM alphabet of one septet each, without its control characters; plain has taken those out of names.
const basic = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà\n"

var errOrigin = errors.New("templates: host or code of a text message is not one word")

// CodeText is the text message that brings a code, bound to the site it belongs to (WICG origin-bound one-time codes).
type CodeText struct {
	Tenant string // display name; cut so that the whole fits into one message
	Code   string
	Host   string // of the page that the code is typed into, without its port
}

// RenderText returns the message in the language nearest to lang; an error means that Host or Code is empty or holds a space.
func RenderText(lang language.Tag, m CodeText) (string, error) {
	for _, word := range []string{m.Host, m.Code} {
		if word == "" || strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return "", fmt.Errorf("render text message: %w", errOrigin)
		}
	}
	for name := []rune(brand(m.Tenant)); ; name = name[:len(name)-1] {
		text, err := nearest(lang).text("text.code", map[string]any{"Tenant": strings.TrimSpace(string(name)), "Code": m.Code})
		if err != nil {
			return "", fmt.Errorf("render text message: %w", err)
		}
		if text += "\n\n@" + m.Host + " #" + m.Code; fits(text) || len(name) == 1 {
			return text, nil
		}
	}
}

// fits counts as the networks do, where one foreign character makes all of them dear.
func fits(text string) bool {
	if strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune(basic, r) }) {
		return len(utf16.Encode([]rune(text))) <= longestOther
	}
	return utf8.RuneCountInString(text) <= longestText
}
