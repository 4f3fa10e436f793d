package federation

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// claims are read strictly: a claim of another type than its own says nothing, whatever a lenient reader would make of it
// (gauntlet G03, G04).
type claims map[string]json.RawMessage

// text is a string, "" for anything else.
func (c claims) text(name string) string {
	var s string
	if raw := c[name]; len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// word is a string without spaces, "" for anything else.
func (c claims) word(name string) string {
	if s := c.text(name); word(s) {
		return s
	}
	return ""
}

// line is a string as people may see it: printable, and no longer than a column holds.
func (c claims) line(name string, most int) string { return line(c.text(name), most) }

func line(s string, most int) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s))
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most])
	}
	return s
}

// words is an array of strings as OAuth writes it, "" for anything else: a single string is no array, and a value with a space
// in it would become two.
func (c claims) words(name string) string {
	list, ok := c.list(name)
	if !ok || len(list) > most || !all(list, word) {
		return ""
	}
	return strings.Join(list, " ")
}

// list is an array of strings; ok is false for anything else.
func (c claims) list(name string) (list []string, ok bool) {
	raw := c[name]
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
		return nil, false
	}
	// null among the elements would read as an empty string.
	if slices.Contains(list, "") {
		return nil, false
	}
	return list, true
}

// yes is the JSON true and nothing like it: neither "true" nor 1 (gauntlet G03).
func (c claims) yes(name string) bool { return bytes.Equal(c[name], []byte("true")) }

// moment is a whole number of seconds since 1970, zero for anything else.
func (c claims) moment(name string) time.Time {
	var n int64
	if json.Unmarshal(c[name], &n) != nil || n <= 0 || n > 1<<40 {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

func (c claims) has(name string) bool {
	raw, ok := c[name]
	return ok && !bytes.Equal(raw, []byte("null"))
}
