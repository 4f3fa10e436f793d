package issuer

import (
	"context"
	"errors"
	"net/http"

	"sallyport/provider/gate"
	"sallyport/provider/web"
	"sallyport/storage"
)

// refusal is an answer of the protocol: one of the registered error codes, with words of ours that never
// repeat what was sent and never quote an error from below.
type refusal struct {
	status      int
	code, words string
}

func (r refusal) Error() string { return r.code + ": " + r.words }

func refuse(code, words string) refusal { return refusal{http.StatusBadRequest, code, words} }

func invalidRequest(words string) refusal { return refuse("invalid_request", words) }

func invalidClient(words string) refusal {
	return refusal{http.StatusUnauthorized, "invalid_client", words}
}

// refusalOf is the one translation from errors below to the words of the protocol (RFC 6749 5.2). What nobody
// foresaw is server_error and tells nothing.
func refusalOf(err error) refusal {
	var r refusal
	switch {
	case errors.As(err, &r):
		return r
	case errors.Is(err, gate.ErrScope):
		return refuse("invalid_scope", "more was asked for than was granted")
	case errors.Is(err, gate.ErrPolicy):
		return refuse("invalid_grant", "the organisation now asks for more than was proven; sign in again")
	case errors.Is(err, gate.ErrGrant):
		return refuse("invalid_grant", "it is unknown, expired, used or ended, or it was given to another client or request")
	case errors.Is(err, storage.ErrUnavailable), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return refusal{http.StatusServiceUnavailable, "temporarily_unavailable", "try again in a few seconds"}
	}
	return refusal{http.StatusInternalServerError, "server_error", "something went wrong here; it has been noted"}
}

// noted keeps the cause for the event of the request, where it is needed and where nobody outside reads it.
func noted(ctx context.Context, err error) refusal {
	r := refusalOf(err)
	web.EventFrom(ctx).Set("refused", r.code)
	web.EventFrom(ctx).Set("cause", err.Error())
	return r
}

// wordsOf is a refusal as the body of an answer.
type wordsOf struct {
	Error       string `json:"error,omitempty"`
	Description string `json:"error_description,omitempty"`
}

// write answers a client that speaks to us directly.
func (r refusal) write(w http.ResponseWriter) error {
	if r.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="sallyport", charset="UTF-8"`)
	}
	if r.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	return writeJSON(w, r.status, wordsOf{r.code, r.words})
}
