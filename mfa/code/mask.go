package code

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const dots = "•••" // always three: how long a name is nobody needs to know

// MaskEmail is an address as it is shown to somebody who knows only the password: the first letter and the domain,
// "j•••@acme.no". A name of a single letter would be shown whole, so it is not shown; what is no address is dots.
func MaskEmail(address string) string {
	at := strings.LastIndexByte(address, '@') // a quoted name may have one too (RFC 5322 3.4.1)
	if at < 0 {
		return dots
	}
	return initial(address[:at]) + dots + address[at:]
}

// initial is the first letter of a name with more than one. Marks are part of the letter before them, and what is
// neither letter nor digit (quotes, direction marks) would only confuse.
func initial(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	if !visible(first) || strings.IndexFunc(name[size:], visible) < 0 {
		return ""
	}
	return string(first)
}

func visible(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
