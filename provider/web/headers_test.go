package web_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"sallyport/provider/web"
)

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	h := setup(t, route(web.Public, write("page"))).do(get("/x")).Header()
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; " +
			"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		"Strict-Transport-Security":    "max-age=63072000; includeSubDomains",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"X-Frame-Options":              "DENY",
		"Cache-Control":                "no-store",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if p := h.Get("Permissions-Policy"); !strings.Contains(p, "publickey-credentials-get=(self), publickey-credentials-create=(self)") {
		t.Errorf("Permissions-Policy: %q", p)
	}
}

func TestNoHSTSOverPlainHTTP(t *testing.T) {
	t.Parallel()
	b := setup(t, route(web.Public, write("page")), publicURL("http://localhost:8080"))
	if got := b.do(get("/x")).Header().Get("Strict-Transport-Security"); got != "" {
		t.Fatalf("HSTS %q", got)
	}
}

func TestHandlersMayAllowCaching(t *testing.T) {
	t.Parallel()
	cached := func(err error) web.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Cache-Control", "public, max-age=60")
			w.Header().Set("Etag", `"1"`)
			return err
		}
	}
	h := setup(t, route(web.Public, cached(nil))).do(get("/x")).Header()
	if h.Get("Cache-Control") != "public, max-age=60" || h.Get("Etag") == "" {
		t.Errorf("success: %v", h)
	}
	h = setup(t, route(web.Public, cached(web.ErrExpired))).do(get("/x")).Header()
	if h.Get("Cache-Control") != "no-store" || h.Get("Etag") != "" {
		t.Errorf("an error must not be cached in its place: %v", h)
	}
}

// formAction returns the directive after redirect URIs were allowed.
func formAction(t *testing.T, uris ...string) (directive string, ok bool) {
	t.Helper()
	b := setup(t, route(web.Public, func(w http.ResponseWriter, _ *http.Request) error {
		for _, uri := range uris {
			ok = web.AllowFormAction(w, uri)
		}
		return nil
	}))
	policy := b.do(get("/x")).Header().Get("Content-Security-Policy")
	parts := strings.Split(policy, "; ")
	if len(parts) != 8 {
		t.Fatalf("policy has %d directives: %s", len(parts), policy)
	}
	return parts[5], ok
}

func TestAllowFormActionAddsTheOrigin(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]string{
		"https://app.example/cb":                  "https://app.example",
		"https://APP.Example:8443/cb?x=1":         "https://app.example:8443",
		"https://xn--bcher-kva.example/cb":        "https://xn--bcher-kva.example",
		"http://127.0.0.1:51004/cb":               "http://127.0.0.1:51004",
		"http://localhost/":                       "http://localhost",
		"com.example.app:/oauth2redirect":         "com.example.app:",
		"com.example.app://callback":              "com.example.app:",
		"https://app.example/cb?next=a%3Bb%20c#f": "https://app.example",
	} {
		got, ok := formAction(t, uri)
		if !ok || got != "form-action 'self' "+want {
			t.Errorf("%s: %q, %v", uri, got, ok)
		}
	}
}

func TestAllowFormActionAddsSeveral(t *testing.T) {
	t.Parallel()
	got, _ := formAction(t, "https://a.example/", "https://b.example/")
	if got != "form-action 'self' https://b.example https://a.example" {
		t.Fatalf("directive %q", got)
	}
}

func TestAllowFormActionRefusesWhatIsNoCleanOrigin(t *testing.T) {
	t.Parallel()
	for _, uri := range []string{
		"", "/", "app.example", "//app.example/", "https:", "https:app.example", "https:///cb", "https://",
		"https://a.example;script-src *", "https://a.example; script-src 'unsafe-inline'", "https://a.example,b.example",
		"https://a.example/;script-src *", "https://a.example/,", "https://a.example 'unsafe-inline'", "https://a.example/'", `https://a.example/"`,
		"https://a.example\r\nSet-Cookie: a=b", "https://a.example/\n", "https://a.example/\x00", "https://a.example/\t",
		"https://*", "https://*.example", "https://a.example:*", "https://a.example:99999", "https://a.example:0", "https://a.example:", "https://a.example:-1",
		"https://user@a.example", "https://user:pw@a.example/", "https://a.example%3bscript-src", "https://a.example%20b", "https://a.example\\@b.example",
		"https://[::1]/", "https://[::1];script-src *", "https://bücher.example/", "https://a..example", "https://-a.example", "https://a_b.example", "https://.example",
		"javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "data:text/html,x", "data:x", "vbscript:x", "blob:https://a.example/1",
		"filesystem:https://a.example/1", "file:///etc/passwd", "about:blank", "ws://a.example", "x:y", "a;b:c", "*:x", "'none':x", "1app:/cb",
	} {
		got, ok := formAction(t, uri)
		if ok || got != "form-action 'self'" {
			t.Errorf("%q: %q, %v", uri, got, ok)
		}
	}
}

func TestAllowFormActionNeedsAPolicyToWiden(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	if web.AllowFormAction(w, "https://app.example") || len(w.Header()) != 0 {
		t.Fatalf("headers %v", w.Header())
	}
}

func FuzzAllowFormAction(f *testing.F) {
	for _, uri := range []string{"https://app.example/cb", "com.example.app:/cb", "https://a.example;script-src *", "javascript:x", "https://[::1]/", "http://127.0.0.1:1"} {
		f.Add(uri)
	}
	source := regexp.MustCompile(`^form-action 'self'( https?://[a-z0-9.-]+(:[0-9]+)?| [a-z][a-z0-9+.-]+:)?$`)
	f.Fuzz(func(t *testing.T, uri string) {
		w := httptest.NewRecorder()
		w.Header().Set("Content-Security-Policy", "default-src 'none'; form-action 'self'; base-uri 'none'")
		ok := web.AllowFormAction(w, uri)
		parts := strings.Split(w.Header().Get("Content-Security-Policy"), "; ")
		if len(parts) != 3 || !source.MatchString(parts[1]) || ok != (parts[1] != "form-action 'self'") {
			t.Fatalf("%q: %v %q", uri, ok, parts)
		}
	})
}
