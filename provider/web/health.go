package web

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"sallyport/static"
)

// Health returns the probes: GET /healthz is 200 while the process answers, GET /readyz is 200 when ready
// returns nil within two seconds, else 503. Neither tells why: the cause is for the log (gauntlet H10).
func Health(ready func(context.Context) error) []Route {
	return []Route{
		{Methods: []string{http.MethodGet}, Path: "/healthz", Access: Public, Handler: alive, Quiet: true},
		{Methods: []string{http.MethodGet}, Path: "/readyz", Access: Public, Handler: readiness(ready), Quiet: true},
	}
}

// Assets returns the route of package static.
func Assets() []Route {
	return []Route{{
		Methods: []string{http.MethodGet}, Path: static.Prefix + "{asset:.*}", Access: Public,
		Handler: Plain(static.Handler()), Quiet: true,
	}}
}

func alive(w http.ResponseWriter, _ *http.Request) error { return probe(w, http.StatusOK, "ok\n") }

func readiness(ready func(context.Context) error) HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := ready(ctx); err != nil {
			EventFrom(r.Context()).failed(fmt.Errorf("not ready: %w", err))
			return probe(w, http.StatusServiceUnavailable, "unavailable\n")
		}
		return probe(w, http.StatusOK, "ok\n")
	}
}

func probe(w http.ResponseWriter, status int, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, err := io.WriteString(w, text)
	return err
}
