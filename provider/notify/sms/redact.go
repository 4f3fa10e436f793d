package sms

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mostWords is how much of an answer, in octets, is worth keeping in an error.
const mostWords = 200

// A word that is shorter hides nothing.
const tellingWord = 4

var words = regexp.MustCompile(`[\pL\pN]+`)

// veil keeps what a server or a library said, but for what may repeat secrets: a word with a digit in it (a code,
// however it is escaped), of mixed case (base64) or very long, a word that shares anything with what is to be hidden.
func veil(said string, secrets ...string) string {
	for _, s := range secrets {
		if s != "" {
			said = strings.ReplaceAll(said, s, "…")
		}
	}
	hidden := words.FindAllString(strings.ToLower(strings.Join(secrets, " ")), -1)
	said = words.ReplaceAllStringFunc(strings.ToValidUTF8(said, ""), func(w string) string {
		if mixed(w) || telling(strings.ToLower(w), hidden) {
			return "…"
		}
		return w
	})
	return short(strings.Join(strings.FieldsFunc(said, blank), " "))
}

func blank(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }

func mixed(w string) bool {
	_, first := utf8.DecodeRuneInString(w)
	return w != strings.ToUpper(w) && w[first:] != strings.ToLower(w[first:])
}

func telling(w string, hidden []string) bool {
	if strings.ContainsFunc(w, unicode.IsNumber) || len(w) > 24 {
		return true
	}
	for _, h := range hidden {
		if w == h || len(h) >= tellingWord && strings.Contains(w, h) || len(w) >= tellingWord && strings.Contains(h, w) {
			return true
		}
	}
	return false
}

func short(s string) string {
	if len(s) > mostWords {
		return strings.ToValidUTF8(s[:mostWords], "") + "…"
	}
	return s
}

// failed tells of an error of the network. It is not wrapped: its text is stored, and libraries quote addresses and
// first lines of answers in theirs. Only the end of the caller's patience stays recognisable.
func failed(doing string, err error, secrets ...string) error {
	for _, known := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return &failure{text: doing + ": " + known.Error(), cause: known}
		}
	}
	return &failure{text: doing + ": " + veil(err.Error(), secrets...)}
}

type failure struct {
	text  string
	cause error
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.cause }
