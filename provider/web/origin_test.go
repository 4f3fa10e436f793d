package web_test

import (
	"net/http"
	"strings"
	"testing"

	"sallyport/provider/web"
)

const self = "https://id.example.com"

func TestI05StateChangesFromOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	protected := []web.Access{web.Public, web.Attempt, web.Session, web.FreshSession}
	for _, c := range []struct {
		name    string
		headers []string
		ok      bool
	}{
		{"same origin", []string{"Sec-Fetch-Site", "same-origin", "Origin", self}, true},
		{"null origin that no-referrer makes", []string{"Sec-Fetch-Site", "same-origin", "Origin", "null"}, true},
		{"typed address", []string{"Sec-Fetch-Site", "none"}, true},
		{"old browser", []string{"Origin", self}, true},
		{"no browser", nil, true},
		{"cross-site", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, false},
		{"same-site neighbour", []string{"Sec-Fetch-Site", "same-site", "Origin", "https://www.example.com"}, false},
		{"null origin", []string{"Origin", "null"}, false},
		{"http origin", []string{"Origin", "http://id.example.com"}, false},
		{"other host", []string{"Origin", "https://evil.example"}, false},
		{"other port", []string{"Origin", self + ":8443"}, false},
		{"invented site", []string{"Sec-Fetch-Site", "SAME-ORIGIN"}, false},
	} {
		for _, access := range protected {
			called := false
			b := setup(t, route(access, func(w http.ResponseWriter, _ *http.Request) error {
				called = true
				w.WriteHeader(http.StatusNoContent)
				return nil
			}))
			w := b.do(post("/x", "a=b", c.headers...))
			if called != c.ok || (w.Code == http.StatusForbidden) == c.ok {
				t.Errorf("%s, access %d: called %v, status %d", c.name, access, called, w.Code)
			}
		}
	}
}

func TestI05MethodOverrideAndGetAreNotStateChanges(t *testing.T) {
	t.Parallel()
	b := setup(t, route(web.Session, write("changed"), "POST"))
	for _, r := range []*http.Request{get("/x", "Sec-Fetch-Site", "cross-site"), get("/x?_method=POST"), get("/x", "X-Http-Method-Override", "POST")} {
		if w := b.do(r); w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%v: status %d", r.Header, w.Code)
		}
	}
}

func TestFrontAndProtocolTakeCrossSitePosts(t *testing.T) {
	t.Parallel()
	for _, access := range []web.Access{web.Front, web.Protocol} {
		b := setup(t, route(access, write("ok")))
		wantStatus(t, b.do(post("/x", "a=b", "Sec-Fetch-Site", "cross-site", "Origin", "https://app.example")), 200)
	}
}

func TestPublicOriginCountsBehindAProxyThatRewritesHost(t *testing.T) {
	t.Parallel()
	b := setup(t, route(web.Session, write("ok")))
	r := post("/x", "a=b", "Origin", self)
	r.Host = "10.0.0.7:8080"
	wantStatus(t, b.do(r), 200)
}

func shared() []web.Route {
	return []web.Route{
		{Methods: []string{"GET"}, Path: "/userinfo", Access: web.Protocol, Handler: write("{}"), CORS: true},
		{Methods: []string{"POST"}, Path: "/userinfo", Access: web.Protocol, Handler: returning(web.ErrBadRequest), CORS: true},
		{Methods: []string{"GET"}, Path: "/account", Access: web.Session, Handler: write("private")},
	}
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	w := setup(t, shared()).do(request("OPTIONS", "/userinfo", "", "Origin", "https://spa.example", "Access-Control-Request-Method", "POST"))
	wantStatus(t, w, http.StatusNoContent)
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin":      "*",
		"Access-Control-Allow-Methods":     "GET, HEAD, OPTIONS, POST",
		"Access-Control-Allow-Headers":     "Authorization, Content-Type, DPoP",
		"Access-Control-Allow-Credentials": "",
		"Cross-Origin-Resource-Policy":     "",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestAnswersOfSharedRoutesAreReadableErrorsToo(t *testing.T) {
	t.Parallel()
	b := setup(t, shared())
	for _, r := range []*http.Request{get("/userinfo"), post("/userinfo", "")} {
		h := b.do(r).Header()
		if h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %v", r.Method, h)
		}
	}
}

func TestNoOtherRouteHasCORSHeaders(t *testing.T) {
	t.Parallel()
	b := setup(t, shared())
	for _, r := range []*http.Request{
		get("/account", "Origin", "https://evil.example"), request("OPTIONS", "/account", "", "Origin", "https://evil.example"),
		get("/none"), request("PUT", "/userinfo", ""),
	} {
		for name := range b.do(r).Header() {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s %s: %s", r.Method, r.URL, name)
			}
		}
	}
}
