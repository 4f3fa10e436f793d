package web

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"time"
)

// Config is what New needs; every field but TrustedProxies and MaxBody is required.
type Config struct {
	// PublicURL is the one address people and applications know; no request header ever replaces it.
	PublicURL *url.URL
	Log       *slog.Logger
	Now       func() time.Time
	// TrustedProxies are the peers whose X-Forwarded-For is believed; none by default.
	TrustedProxies []netip.Prefix
	// MaxBody is the limit of a request body in bytes; 0 means 1 MiB.
	MaxBody int64
	// CookieKeys are pairs of a 64-byte hash key and a 32-byte block key, the newest pair first.
	CookieKeys [][]byte
}

// Edge is the HTTP edge of one process; it is safe for concurrent use once its routes are mounted.
type Edge struct {
	// Cookies reads and writes this edge's cookies.
	Cookies    *Cookies
	public     *url.URL
	log        *slog.Logger
	now        func() time.Time
	proxies    []netip.Prefix
	maxBody    int64
	protection *http.CrossOriginProtection
	routes     []Route
}

// New builds the edge; it panics when a required field of the configuration is missing or a key has the
// wrong length, which the validation of the configuration file has ruled out before.
func New(c Config) *Edge {
	if c.PublicURL == nil || c.Log == nil || c.Now == nil {
		panic("web: PublicURL, Log and Now are required")
	}
	protection := http.NewCrossOriginProtection()
	// Behind a proxy that rewrites Host, Origin is still the public one.
	if err := protection.AddTrustedOrigin(c.PublicURL.Scheme + "://" + c.PublicURL.Host); err != nil {
		panic(fmt.Sprintf("web: public URL: %v", err))
	}
	if c.MaxBody == 0 {
		c.MaxBody = 1 << 20
	}
	return &Edge{
		Cookies: newCookies(c.PublicURL, c.CookieKeys), public: c.PublicURL, log: c.Log, now: c.Now,
		proxies: c.TrustedProxies, maxBody: c.MaxBody, protection: protection,
	}
}

// Handler wraps the router in the middleware, from the outside in:
//
//  1. request id: 128 random bits, taken from nobody, in X-Request-Id;
//  2. request event: one log line when the answer is finished, however it ended;
//  3. security headers, no-store: before anything that may refuse, so that every refusal wears them;
//  4. panics: 500 with the stack in the log, or a cut connection when an answer had begun;
//  5. the limit of the body: 413;
//  6. sanity of host and path: 400;
//  7. the router; its rows (Mount) apply CORS, cross-origin protection and the error table.
func (e *Edge) Handler(next http.Handler) http.Handler {
	return e.identify(e.secure(catch(e.limit(sane(next)))))
}

func (e *Edge) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var id [16]byte
		rand.Read(id[:]) // never fails: the runtime ends the process instead
		ev := &Event{id: hex.EncodeToString(id[:]), start: e.now()}
		rec := &recorder{ResponseWriter: w, event: ev}
		ev.response = rec
		w.Header().Set("X-Request-Id", ev.id)
		defer e.report(r, ev)
		next.ServeHTTP(rec, r.WithContext(withEvent(r.Context(), ev)))
	})
}

func catch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler {
				panic(v)
			}
			ev := EventFrom(r.Context())
			ev.stack = debug.Stack()
			// fail only takes note when an answer has begun.
			begun := ev.started()
			fail(w, r, fmt.Errorf("panic: %v", v))
			if begun {
				// Half an answer must not pass for a whole one.
				panic(http.ErrAbortHandler)
			}
		}()
		next.ServeHTTP(w, r)
	})
}
