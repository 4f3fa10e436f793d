// Package entra is the simulated Microsoft Entra of the demo: several directories with people, and a sign-in page where the
// visitor picks who they are and what Entra knows about them, so that every decision of the provider about a federated
// sign-in can be seen without an account anywhere.
//
// It owns its directories, keys and codes, in memory. It behaves as the v2.0 endpoints do where a relying party can tell:
// issuers with a literal {tenantid}, keys that name their issuer, no email_verified, no announced PKCE, directories next to
// each other at one host. It asks for no password and keeps nobody signed in, so it listens on loopback only and sends
// answers to one origin alone. Only cmd/sallyport/demo calls it.
//
// Dependency: go-jose, which writes the keys and signs the tokens.
package entra

import (
	"log/slog"
	"net/http"
	"time"

	"sallyport/static"
)

// Config is what New needs; every field is required.
type Config struct {
	Self  string // our origin, such as http://localhost:8082
	Party string // the origin of the relying party: what we answer goes there and nowhere else
	// Secret is what the party shows at the token endpoint.
	Secret string
	Log    *slog.Logger
	Now    func() time.Time
}

// ClientID is the one application that is registered, in all directories.
const ClientID = "5a11c0de-8f1b-4e0c-9d39-7f0a6c2b41d7"

type provider struct {
	Config
	keys  keys
	codes codes
}

// New makes the provider with keys of its own, which no earlier one had; an error is the system's, which had no
// randomness for them.
func New(c Config) (http.Handler, error) {
	k, err := newKeys()
	if err != nil {
		return nil, err
	}
	p := &provider{Config: c, keys: k, codes: codes{all: map[string]grant{}}}
	return p.secure(http.NewCrossOriginProtection().Handler(http.MaxBytesHandler(p.routes(), 64<<10))), nil
}

func (p *provider) routes() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /{$}", p.home)
	m.HandleFunc("GET /{authority}/v2.0/.well-known/openid-configuration", p.at(p.discovery))
	m.HandleFunc("GET /{authority}/discovery/v2.0/keys", p.at(p.jwks))
	m.HandleFunc("GET /{authority}/oauth2/v2.0/authorize", p.at(p.ask))
	m.HandleFunc("POST /{authority}/oauth2/v2.0/authorize", p.at(p.answer))
	m.HandleFunc("POST /{authority}/oauth2/v2.0/token", p.at(p.token))
	m.HandleFunc("GET /{authority}/oauth2/v2.0/logout", p.at(p.leave))
	m.HandleFunc("GET /entra.css", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, "entra.css") })
	all := http.NewServeMux() // one alone cannot tell a directory named static from the assets
	all.Handle("GET "+static.Prefix, static.Handler())
	all.Handle("/", m)
	return all
}

// at finds the authority that the path names.
func (p *provider) at(next func(http.ResponseWriter, *http.Request, authority)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a, ok := authorityOf(r.PathValue("authority"))
		if !ok {
			p.wrong(w, "AADSTS90002", "There is no directory "+r.PathValue("authority")+" here.")
			return
		}
		next(w, r, a)
	}
}

// policy has no form-action: Chromium applies it to all redirects that follow a form, and ours lead by way of the relying
// party to applications that we do not know. The tick in a box is a picture in the sheet.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"

func (p *provider) secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
