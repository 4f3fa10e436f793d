package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sallyport/templates"
)

// clientGone is nginx's 499: nobody reads the answer, and the log must not count it as our failure.
const clientGone = 499

// fail answers an error once: into the event in full, to the client as much as the table says.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	ev := EventFrom(r.Context())
	ev.failed(err)
	if ev.started() {
		return
	}
	p := verdict(r, ev, err)
	cleanse(w.Header())
	if p.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((p.retry+time.Second-1)/time.Second)))
	}
	if ev.route.Access == Protocol && !strings.Contains(r.Header.Get("Accept"), "text/html") {
		failJSON(w, r, p)
		return
	}
	failPage(w, r, p)
}

// verdict corrects the table where the request itself broke off.
func verdict(r *http.Request, ev *Event, err error) Error {
	p := judge(err)
	ev.mu.Lock()
	truncated := ev.truncated
	ev.mu.Unlock()
	switch {
	case p.Status < http.StatusInternalServerError:
	case r.Context().Err() != nil && errors.Is(err, context.Canceled):
		return Error{Status: clientGone, Key: templates.ErrorBadRequest}
	case truncated:
		return Error{Status: http.StatusBadRequest, Key: templates.ErrorBadRequest}
	}
	return p
}

// cleanse takes back what a handler said about the answer it did not give.
func cleanse(h http.Header) {
	for _, name := range []string{"Content-Encoding", "Content-Length", "Content-Type", "Content-Disposition", "Etag", "Last-Modified", "Location"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
}

func failPage(w http.ResponseWriter, r *http.Request, p Error) {
	id := ""
	if p.Status >= http.StatusInternalServerError {
		id = RequestID(r.Context())
	}
	page := templates.Message{Status: p.Status, Body: p.Key, Data: p.Data, RequestID: id}
	if p.Key == templates.ErrorLinkDead || p.Key == templates.ErrorForbidden {
		page.Links = []templates.Choice{{Key: templates.ButtonSettings, URL: "/account"}} // nowhere else to go from here
	}
	if err := Render(w, r, p.Status, page); err != nil {
		// The page is broken too: say it in words that need no template.
		EventFrom(r.Context()).failed(err)
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(p.Status)
		fmt.Fprintf(w, "%s\n%s\n", http.StatusText(p.Status), id)
	}
}

// oauthCodes are the registered error codes nearest to a status (RFC 6749, 4.1.2.1 and 5.2).
var oauthCodes = map[int]string{
	http.StatusUnauthorized:       "invalid_client",
	http.StatusForbidden:          "access_denied",
	http.StatusTooManyRequests:    "temporarily_unavailable",
	http.StatusServiceUnavailable: "temporarily_unavailable",
}

func failJSON(w http.ResponseWriter, r *http.Request, p Error) {
	code, known := oauthCodes[p.Status]
	switch {
	case known:
	case p.Status >= http.StatusInternalServerError:
		code = "server_error"
	default:
		code = "invalid_request"
	}
	text := strings.ToLower(http.StatusText(p.Status))
	if p.Status >= http.StatusInternalServerError {
		text += ", request " + RequestID(r.Context())
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(p.Status)
	answer := map[string]string{"error": code, "error_description": text}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		EventFrom(r.Context()).failed(fmt.Errorf("write answer: %w", err))
	}
}
