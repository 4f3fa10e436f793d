package templates

import (
	"errors"
	"html/template"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/bidi"
)

// How many characters a page shows of a name and of a longer text; more is an attempt to push the rest out of sight.
const (
	longestName    = 100
	longestPassage = 600
)

var errPicture = errors.New("templates: picture is not a PNG data address")

// plain makes a text of people's making safe to stand in a sentence of ours: no control or direction characters, which
// could reorder the words around it, bounded in length, and isolated when it is written from right to left.
func plain(s string) string { return tame(s, longestName) }

// passage is plain for what is a sentence rather than a name.
func passage(s string) string { return tame(s, longestPassage) }

// lines is passage for a text of several lines, in a field of its own.
func lines(s string) string {
	all := strings.Split(s, "\n")
	for i, line := range all {
		all[i] = passage(strings.TrimRight(line, "\r"))
	}
	return strings.Join(all, "\n")
}

func tame(s string, longest int) string {
	s = strings.Map(printable, s)
	if long := []rune(s); len(long) > longest {
		s = string(long[:longest]) + "…"
	}
	if strings.ContainsFunc(s, rightToLeft) {
		return "\u2068" + s + "\u2069"
	}
	return s
}

func printable(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case r == '\u200c', r == '\u200d': // Persian and Indic names are misspelt without their joiners
		return r
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}

func rightToLeft(r rune) bool {
	p, _ := bidi.LookupRune(r)
	return p.Class() == bidi.R || p.Class() == bidi.AL
}

// invalid ties an input to the error above it when the error is one of those the input can cause.
func invalid(err string, causes ...string) template.HTMLAttr {
	if err == "" || !slices.Contains(causes, err) {
		return ""
	}
	return `aria-invalid="true" aria-describedby="error"`
}

func among(names []string, name string) bool { return slices.Contains(names, name) }

// picture lets nothing pass but a PNG in a data address, since template.URL switches the escaper's own check off.
func picture(u template.URL) (template.URL, error) {
	const prefix = "data:image/png;base64,"
	digits := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
	rest, ok := strings.CutPrefix(string(u), prefix)
	if !ok || strings.Trim(rest, digits) != "" {
		return "", errPicture
	}
	return u, nil
}
