package web

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"sallyport/templates"
)

// maxPairs bounds the keys of a form (gauntlet L03). The longest page is that of the policy: a hundred rules, each of
// seven fields.
const maxPairs = 1024

// Form reads the named fields of a posted form, and of its body only; a field that was not sent is "". Values
// are not trimmed: a password may end in a space. Errors: 415 for another content type, ErrBadRequest for a
// named field sent twice (two readers would see two values), more than 1024 pairs, NUL or broken UTF-8; 413 for
// a body over the limit.
func Form(r *http.Request, fields ...string) (map[string]string, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		// text/plain and multipart are the types other sites can send without asking (gauntlet I05).
		return nil, &Error{Status: http.StatusUnsupportedMediaType, Key: templates.ErrorBadRequest, Err: err}
	}
	values, err := pairs(r)
	if err != nil {
		return nil, err
	}
	form := make(map[string]string, len(fields))
	for _, field := range fields {
		if len(values[field]) > 1 {
			return nil, fmt.Errorf("%w: field %s is repeated", ErrBadRequest, field)
		}
		form[field] = values.Get(field)
	}
	return form, nil
}

func pairs(r *http.Request) (url.Values, error) {
	if r.Method != http.MethodPost || r.Body == nil {
		return nil, fmt.Errorf("%w: not a posted form", ErrBadRequest)
	}
	raw, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, fmt.Errorf("read form: %w", err)
	case err != nil:
		return nil, fmt.Errorf("%w: read form: %w", ErrBadRequest, err)
	case strings.Count(string(raw), "&") >= maxPairs:
		return nil, fmt.Errorf("%w: more than %d pairs", ErrBadRequest, maxPairs)
	}
	values, err := url.ParseQuery(string(raw))
	if err != nil {
		// The error quotes what was typed, which may be a password.
		return nil, fmt.Errorf("%w: form is not urlencoded", ErrBadRequest)
	}
	return values, checkText(values)
}

func checkText(values url.Values) error {
	for key, list := range values {
		for _, s := range append(list, key) {
			if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
				return fmt.Errorf("%w: form holds bytes that are not text", ErrBadRequest)
			}
		}
	}
	return nil
}
