package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"sallyport/templates"
)

// busy is how long a client is asked to leave a database alone that is down.
const busy = 5 * time.Second

// judge finds the answer to an error; what nobody foresaw is 500 and tells nothing.
func judge(err error) Error {
	var explicit *Error
	var limited interface{ RetryAfter() time.Duration }
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &explicit):
		return complete(*explicit)
	case errors.As(err, &limited):
		return throttled(limited.RetryAfter())
	case errors.As(err, &tooLarge):
		return Error{Status: http.StatusRequestEntityTooLarge, Key: templates.ErrorTooLarge}
	case unavailable(err):
		return complete(Error{Status: http.StatusServiceUnavailable})
	}
	for _, row := range table {
		if errors.Is(err, row.err) {
			return complete(Error{Status: row.status, Key: row.key})
		}
	}
	if class(err) == "22" {
		// Data exception: Postgres could not read what was sent (NUL, broken UTF-8, a number out of range).
		return Error{Status: http.StatusBadRequest, Key: templates.ErrorBadRequest}
	}
	return Error{Status: http.StatusInternalServerError, Key: templates.ErrorInternal}
}

func throttled(wait time.Duration) Error {
	minutes := max(1, int((wait+time.Minute-1)/time.Minute))
	return Error{
		Status: http.StatusTooManyRequests, Key: templates.ErrorThrottled,
		Data: map[string]any{"Minutes": minutes}, retry: max(wait, time.Second),
	}
}

func complete(e Error) Error {
	if e.Status < 400 || e.Status > 599 {
		e.Status, e.Key = http.StatusInternalServerError, templates.ErrorInternal
	}
	if e.Key == "" {
		e.Key = keyOf(e.Status)
	}
	if e.Status == http.StatusServiceUnavailable {
		e.retry = busy
	}
	return e
}

func keyOf(status int) string {
	for _, row := range table {
		if row.status == status {
			return row.key
		}
	}
	if status < http.StatusInternalServerError {
		return templates.ErrorBadRequest
	}
	return templates.ErrorInternal
}

// unavailable tells a database that cannot answer now from a statement that is wrong.
func unavailable(err error) bool {
	var connect *pgconn.ConnectError
	var network *net.OpError
	if errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) || pgconn.Timeout(err) {
		return !errors.Is(err, context.Canceled)
	}
	// Connection, resources, system; shutdown, crash, start; statement time-out; serialisation, deadlock,
	// lock not available; a replica that took over and still reads only.
	states := []string{"57P01", "57P02", "57P03", "57014", "40001", "40P01", "55P03", "25006"}
	return slices.Contains([]string{"08", "53", "58"}, class(err)) || slices.Contains(states, state(err))
}

func state(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return strings.ToUpper(pg.Code)
	}
	return ""
}

func class(err error) string {
	if s := state(err); len(s) == 5 {
		return s[:2]
	}
	return ""
}
