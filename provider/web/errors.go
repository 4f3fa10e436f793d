package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"sallyport/provider/attempt"
	"sallyport/provider/gate"
	"sallyport/provider/user"
	"sallyport/storage"
	"sallyport/templates"
)

var (
	// ErrBadRequest says that the request cannot be understood: 400.
	ErrBadRequest = errors.New("bad request")
	// ErrForbidden says that the caller may not do this, whoever he proves to be: 403.
	ErrForbidden = errors.New("forbidden")
	// ErrExpired says that what the request refers to was there and is over: 410. Not 400, because the request
	// was right when its page was made; not 404, because people must learn to start again (RFC 9110, 15.5.11).
	ErrExpired = errors.New("expired")
	// ErrBrowser says that the request belongs to something begun in another browser: 403.
	ErrBrowser = errors.New("another browser")
)

// Error states the answer itself, where no row of the table fits.
type Error struct {
	// Status is the HTTP status; 0 counts as 500.
	Status int
	// Key is the message key of the page's text; "" follows from the status.
	Key string
	// Data fills the placeholders of the message.
	Data map[string]any
	// Err is the cause, for the log only.
	Err error

	retry time.Duration
}

// Error describes the answer and its cause for the log.
func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%d %s", e.Status, e.Key)
	}
	return fmt.Sprintf("%d %s: %v", e.Status, e.Key, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// row answers a sentinel.
type row struct {
	err    error
	status int
	key    string
}

// table is the one translation from sentinel to answer; a package whose errors people meet adds its rows here.
var table = []row{
	{storage.ErrNotFound, http.StatusNotFound, templates.ErrorNotFound},
	{storage.ErrConflict, http.StatusConflict, templates.ErrorConflict},
	{storage.ErrUnavailable, http.StatusServiceUnavailable, templates.ErrorBusy},
	{context.DeadlineExceeded, http.StatusServiceUnavailable, templates.ErrorBusy},
	{context.Canceled, http.StatusServiceUnavailable, templates.ErrorBusy},
	{ErrBadRequest, http.StatusBadRequest, templates.ErrorBadRequest},
	{ErrForbidden, http.StatusForbidden, templates.ErrorForbidden},
	{ErrExpired, http.StatusGone, templates.ErrorExpired},
	{ErrBrowser, http.StatusForbidden, templates.ErrorBrowser},
	{attempt.ErrOtherBrowser, http.StatusForbidden, templates.ErrorBrowser},
	{gate.ErrNotDone, http.StatusConflict, templates.ErrorConflict},
	{user.ErrFrozen, http.StatusForbidden, templates.ErrorFrozen},
	{user.ErrTaken, http.StatusConflict, templates.ErrorEmailTaken},
	{user.ErrLink, http.StatusGone, templates.ErrorLinkDead},
	{user.ErrBusy, http.StatusServiceUnavailable, templates.ErrorBusy},
}
