package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"sallyport/templates"
)

// sameSite refuses a state change that another site asked for (gauntlet I05), except where the protocol wants such calls.
func (e *Edge) sameSite(r *http.Request, access Access) error {
	if access == Protocol || access == Front {
		return nil
	}
	err := e.protection.Check(r)
	if err == nil {
		err = e.sameScheme(r)
	}
	if err != nil {
		return &Error{Status: http.StatusForbidden, Key: templates.ErrorCrossSite, Err: err}
	}
	return nil
}

// sameScheme closes what the standard check leaves to HSTS: without Sec-Fetch-Site it compares the host of
// Origin only, so a page injected into http://host could post to https://host.
func (e *Edge) sameScheme(r *http.Request) error {
	origin := r.Header.Get("Origin")
	if origin == "" || r.Header.Get("Sec-Fetch-Site") != "" || safe(r.Method) {
		return nil
	}
	if !strings.HasPrefix(strings.ToLower(origin), e.public.Scheme+"://") {
		return fmt.Errorf("origin has another scheme than %s", e.public.Scheme)
	}
	return nil
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// share sets the CORS headers and reports whether the request was a preflight, which it has then answered.
func (e *Edge) share(w http.ResponseWriter, r *http.Request, rt Route) bool {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "WWW-Authenticate, DPoP-Nonce, Retry-After, X-Request-Id")
	h.Del("Cross-Origin-Resource-Policy")
	if r.Method != http.MethodOptions || slices.Contains(rt.Methods, http.MethodOptions) {
		return false
	}
	h.Set("Access-Control-Allow-Methods", strings.Join(e.shared(rt.Path), ", "))
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, DPoP")
	h.Set("Access-Control-Max-Age", "7200")
	w.WriteHeader(http.StatusNoContent)
	return true
}

// shared collects the methods of every CORS row of one path: the preflight is answered by the first of them.
func (e *Edge) shared(path string) []string {
	var methods []string
	for _, rt := range e.routes {
		if rt.CORS && rt.Path == path {
			methods = append(methods, rt.accepted()...)
		}
	}
	slices.Sort(methods)
	return slices.Compact(methods)
}
