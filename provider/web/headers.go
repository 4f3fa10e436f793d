package web

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const contentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// secure sets what every answer carries; handlers may override Cache-Control, nothing else.
func (e *Edge) secure(next http.Handler) http.Handler {
	fixed := map[string]string{
		"Content-Security-Policy":      contentPolicy,
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"X-Frame-Options":              "DENY",
		"Permissions-Policy": "publickey-credentials-get=(self), publickey-credentials-create=(self), " +
			"camera=(), geolocation=(), microphone=(), payment=(), usb=()",
		"Cache-Control": "no-store",
	}
	if e.public.Scheme == "https" {
		fixed["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range fixed {
			w.Header().Set(name, value)
		}
		next.ServeHTTP(w, r)
	})
}

// AllowFormAction adds the origin of a registered redirect URI, or the scheme of a native application's, to
// form-action, because Chromium applies form-action to the redirects that follow a submitted form. It
// reports false and changes nothing unless the URI yields a clean origin (IPv6 literals have none in CSP).
func AllowFormAction(w http.ResponseWriter, redirectURI string) bool {
	source, ok := formSource(redirectURI)
	if !ok {
		return false
	}
	const name, directive = "Content-Security-Policy", "form-action 'self'"
	policy := w.Header().Get(name)
	if !strings.Contains(policy, directive) {
		return false
	}
	w.Header().Set(name, strings.Replace(policy, directive, directive+" "+source, 1))
	return true
}

var (
	cspHost   = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[0-9]{1,5})?$`)
	cspScheme = regexp.MustCompile(`^[a-z][a-z0-9+.-]{1,99}$`)
	// scriptable schemes run or hold content instead of leading to an application.
	scriptable = []string{"about", "blob", "data", "file", "filesystem", "ftp", "javascript", "vbscript", "view-source", "ws", "wss"}
)

// formSource returns a CSP source expression. Nothing but characters that cannot end a source, a directive
// or a header gets through, whatever was registered: `;`, `,`, spaces, quotes and line ends are all outside.
func formSource(raw string) (string, bool) {
	if strings.ContainsFunc(raw, func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(`;,'"\<>`, c) }) {
		return "", false
	}
	u, err := url.Parse(raw)
	if err != nil || u.User != nil {
		return "", false
	}
	host := strings.ToLower(u.Host)
	if u.Scheme == "https" || u.Scheme == "http" {
		return u.Scheme + "://" + host, cspHost.MatchString(host) && portOK(u.Port())
	}
	return u.Scheme + ":", cspScheme.MatchString(u.Scheme) && !slices.Contains(scriptable, u.Scheme)
}

func portOK(port string) bool {
	if port == "" {
		return true
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}
