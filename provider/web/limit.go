package web

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

func (e *Edge) limit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > e.maxBody {
			w.Header().Set("Connection", "close")
			fail(w, r, &http.MaxBytesError{Limit: e.maxBody})
			return
		}
		ev := EventFrom(r.Context())
		// The server's own writer lets the reader close the connection of a client that goes on sending.
		limited := http.MaxBytesReader(ev.response.ResponseWriter, r.Body, e.maxBody)
		r.Body = &body{ReadCloser: limited, event: ev}
		next.ServeHTTP(w, r)
	})
}

var hostPattern = regexp.MustCompile(`^([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?$`)

func sane(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := checkTarget(r); err != nil {
			fail(w, r, fmt.Errorf("%w: %w", ErrBadRequest, err))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func checkTarget(r *http.Request) error {
	path := r.URL.Path
	switch {
	case !hostPattern.MatchString(r.Host):
		return errors.New("host is not a host")
	case !strings.HasPrefix(path, "/"):
		return errors.New("target is not a path")
	case !utf8.ValidString(path) || strings.ContainsFunc(path, unicode.IsControl):
		// Postgres refuses both in text; here it is a bad request, there it would be an error.
		return errors.New("path is not text")
	}
	return nil
}
