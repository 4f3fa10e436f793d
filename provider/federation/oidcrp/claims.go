package oidcrp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"
	"unicode"
)

const (
	maxDepth = 16
	maxName  = 255
)

// claims are those of a token, each as it stands there. A claim of another type than it should have is no claim: "true" is not
// true, and a string of words is not a list of methods.
type claims map[string]json.RawMessage

func readClaims(payload []byte) (claims, error) {
	if err := shallow(payload); err != nil {
		return nil, err
	}
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil {
		return nil, err
	}
	if c == nil {
		return nil, errors.New("there are no claims")
	}
	return c, nil
}

// shallow refuses what is not one JSON value, is nested deeply, or says something twice in one object: two readers would take
// two different values (RFC 7519, 4).
func shallow(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := descend(d, 0); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the end")
	}
	return nil
}

func descend(d *json.Decoder, depth int) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	open, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	if depth >= maxDepth {
		return errors.New("it is nested too deeply")
	}
	if err := inside(d, open, depth); err != nil {
		return err
	}
	_, err = d.Token()
	return err
}

func inside(d *json.Decoder, open json.Delim, depth int) error {
	said := map[string]bool{}
	for d.More() {
		if open == '{' {
			t, err := d.Token()
			if err != nil {
				return err
			}
			name, _ := t.(string)
			if said[name] {
				return fmt.Errorf("%.100q is said twice", name)
			}
			said[name] = true
		}
		if err := descend(d, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (c claims) has(name string) bool {
	raw, ok := c[name]
	return ok && !bytes.Equal(raw, []byte("null"))
}

// text is a claim that is a string, or "".
func (c claims) text(name string) string {
	var s *string
	if json.Unmarshal(c[name], &s) != nil || s == nil {
		return ""
	}
	return *s
}

// name is text that can be stored and compared: an identifier of at most 255 printable characters (OpenID Connect Core 1.0, 2).
func (c claims) name(name string) string {
	s := c.text(name)
	for _, r := range s {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return ""
		}
	}
	if len(s) > maxName {
		return ""
	}
	return s
}

// texts is a claim that is a string or a list of strings (aud); nil when it is anything else.
func (c claims) texts(name string) []string {
	if s := c.text(name); s != "" {
		return []string{s}
	}
	var all []*string
	if json.Unmarshal(c[name], &all) != nil || all == nil {
		return nil
	}
	out := make([]string, 0, len(all))
	for _, s := range all {
		if s == nil {
			return nil
		}
		out = append(out, *s)
	}
	return out
}

// moment is a claim that is a NumericDate (RFC 7519, 2): seconds, with fractions or without.
func (c claims) moment(name string) (time.Time, bool) {
	var seconds *float64
	if json.Unmarshal(c[name], &seconds) != nil || seconds == nil || *seconds < 0 || *seconds > 1e11 {
		return time.Time{}, false
	}
	whole, part := math.Modf(*seconds)
	return time.Unix(int64(whole), int64(part*1e9)), true
}
