// Package app is the sample application of the demo: what a relying party written with the usual libraries sees of
// Sallyport.
//
// It owns its pages and its visitors' sessions, in memory. To the provider it is a stranger: it speaks OpenID Connect
// over HTTP and imports nothing of package provider. The page of codes is the exception, for the demo's sake: it is
// handed the people's secrets. Only cmd/sallyport/demo calls it.
//
// Dependencies: coreos/go-oidc and golang.org/x/oauth2, because they are what Go applications use: if the demo
// works, so do they. pquerna/otp computes the codes on the demo page.
package app

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"time"

	"sallyport/static"
)

// Config is what New needs; every field is required.
type Config struct {
	Issuer, Self     string // origins, such as http://localhost:8080
	ClientID, Secret string
	Tenants          []Tenant
	// Codes gives the secrets of the authenticator apps of the demo's people.
	Codes func(context.Context) ([]Key, error)
	Log   *slog.Logger
	Now   func() time.Time
}

// Tenant is a sign-in button, and with Home, the domain of an organisation that signs in elsewhere, a second one.
type Tenant struct{ Slug, Name, Home string }

// Key is the secret of one person's authenticator app.
type Key struct {
	Person string
	Seed   []byte
}

type app struct {
	Config
	visitors visitors
	party    party
}

// New makes the application. It asks the provider for nothing before the first visitor signs in.
func New(c Config) http.Handler {
	a := &app{Config: c, visitors: visitors{all: map[string]*visitor{}}, party: party{Config: c}}
	m := http.NewServeMux()
	m.HandleFunc("GET /{$}", a.home)
	m.HandleFunc("POST /signin", a.signIn)
	m.HandleFunc("GET /callback", a.callback)
	m.HandleFunc("POST /refresh", a.refresh)
	m.HandleFunc("POST /signout", a.signOut)
	m.HandleFunc("GET /codes", a.codes)
	m.HandleFunc("POST /codes", a.codes)
	m.HandleFunc("GET /app.css", sheet)
	m.Handle("GET "+static.Prefix, static.Handler())
	return a.secure(http.NewCrossOriginProtection().Handler(http.MaxBytesHandler(m, 16<<10)))
}

// secure sets the headers of the provider's own pages; forms may lead to the provider, because Chromium applies
// form-action to the redirect that answers them.
func (a *app) secure(next http.Handler) http.Handler {
	policy := "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self' " + a.Issuer +
		"; frame-ancestors 'none'; base-uri 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// cookie is not named like one of the provider's: cookies know hosts, not ports.
const cookie = "sample_app"

// visitor of this browser; nil when there is none.
func (a *app) visitor(r *http.Request) *visitor {
	c, err := r.Cookie(cookie)
	if err != nil {
		return nil
	}
	return a.visitors.find(c.Value)
}

// welcome gives the visitor a new cookie: one known before sign-in must not be worth anything after it.
func (a *app) welcome(w http.ResponseWriter, r *http.Request, v *visitor) {
	if c, err := r.Cookie(cookie); err == nil {
		a.visitors.drop(c.Value)
	}
	name := rand.Text()
	a.visitors.keep(name, v)
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: name, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func home(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusSeeOther) }
