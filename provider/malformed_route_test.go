package provider_test

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sallyport/provider/web"
)

// segments are what nobody puts into a path.
var segments = []string{"%00", "%ff%fe", "%0d%0aX:y", "%2e%2e", "..%2f..%2fadmin", "%252e", "0", "-1", strings.Repeat("A", 43), strings.Repeat("A", 9000), "01234567-89ab-7def-8123-456789abcdef",
	"01234567-89AB-7DEF-8123-456789ABCDEF", "%7B%22a%22%3A1%7D", "'%20OR%201=1", "spx." + strings.Repeat("A", 22) + "." + strings.Repeat("A", 43), "%E2%80%AE", "+", "%20", "null"}

// parameters are those that some page or other reads from its query.
var parameters = []string{"way", "notice", "ui_locales", "attempt", "tenant", "login_hint", "client_id", "state", "code", "token", "id_token_hint", "post_logout_redirect_uri", "unheard_of"}

// asking are the parameters of the authorization endpoint and of those that applications call themselves.
var asking = map[string][]string{
	"/authorize": {"client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "prompt", "max_age", "acr_values", "claims", "id_token_hint", "login_hint",
		"ui_locales", "display", "code_challenge", "code_challenge_method", "request", "request_uri", "resource", "tenant", "registration"},
	"/token": {"grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope", "client_id", "client_secret", "client_assertion", "client_assertion_type", "resource",
		"username", "password", "device_code", "assertion", "subject_token"},
	"/introspect": {"token", "token_type_hint", "client_id"}, "/revoke": {"token", "token_type_hint", "client_id"}, "/userinfo": {"access_token"},
	"/end_session":         {"id_token_hint", "logout_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"},
	"/end_session/confirm": {"decision", "id_token_hint", "client_id", "post_logout_redirect_uri", "state"},

	"/federation/{connection}/callback": {"code", "iss", "error", "error_description", "error_uri", "session_state", "state"},
	"/federation/{connection}/answer":   {"code", "iss", "error", "error_description", "error_uri", "session_state", "state"},

	"/federation/{connection}/backchannel-logout": {"logout_token"},
}

var variable = regexp.MustCompile(`\{[a-z]+\}`)

// TestI6EveryRouteBearsWhatNobodySends walks the route table: whatever is mounted is sent what is no path, no query and no
// body of its own, by a browser that is signed in and has a sign-in going on.
func TestI6EveryRouteBearsWhatNobodySends(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.generous()
	b := w.settings(w.promote(w.newcomer(w.up.Tenant), "owner"))
	b.authorize(w.web2, "tenant", "initech", "prompt", "select_account")
	handle := b.press(w.up).handle()
	if b.departs() == "" {
		t.Fatalf("at %s, not on the way to a provider", b.at)
	}
	k := &walker{T: t, w: w, admin: w.database.Admin(t), b: b, s: station{reach: func(*world) *browser { return b }}}
	k.issued, k.state = k.look()
	fields := k.everyField()
	for _, r := range w.provider.Routes() {
		for _, q := range k.requestsTo(r, handle, fields) {
			q.cookies = k.cookies()
			got := w.wire(q)
			if k.requests++; got.status >= 500 {
				t.Errorf("%s %.100s %.60q: %d", q.method, q.path, q.body, got.status)
			}
			if strings.Contains(got.header.Get("Location"), "code=") {
				t.Errorf("%s %.100s: a code", q.method, q.path)
			}
		}
	}
	if issued, _ := k.look(); issued != k.issued {
		t.Error("something was gained")
	}
	if strings.Contains(w.logs.String(), "panic") {
		t.Error("something panicked")
	}
	t.Log(k.requests, "requests")
}

// everyField names every field that a form of the settings has: a route that nobody knows yet may read any of them.
func (k *walker) everyField() []string {
	names := []string{"email", "tenant", "password", "code", "way", "method", "number", "country", "name", "kept", "assertion", "credential", "issued", "trust", "version",
		"connection", "account", "kind", "issuer", "client_id", "auth", "secret", "scopes", "role_0_group", "mode", "accept", "max_minutes", "document", "report", "person", "level", "address", "at", "auth_minutes"}
	for _, f := range k.b.forms() {
		for name := range f.fields {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (k *walker) requestsTo(r web.Route, handle string, fields []string) (all []wire) {
	usual := variable.ReplaceAllStringFunc(r.Path, func(v string) string {
		if v == "{attempt}" {
			return handle
		}
		if strings.HasPrefix(r.Path, "/federation/") {
			return k.w.up.Handle()
		}
		return "01234567-89ab-7def-8123-456789abcdef"
	})
	q := wire{path: usual, kind: urlencoded, header: []string{"Origin: " + k.w.issuer.String()}}
	for _, q.method = range []string{"PUT", "TRACE", "QUERY", "get"} {
		all = append(all, q)
	}
	for _, q.method = range r.Methods {
		for _, v := range variable.FindAllString(r.Path, -1) {
			for _, s := range segments {
				at := q
				at.path = strings.ReplaceAll(strings.ReplaceAll(r.Path, v, s), "{attempt}", handle)
				all = append(all, at)
			}
		}
		all = append(all, worded(q, r, fields, handle)...)
	}
	return all
}

// worded gives what the route may read values that nobody means, in the query or in the body: one parameter after the
// other where its parameters are known, else all that there are.
func worded(q wire, r web.Route, fields []string, handle string) (all []wire) {
	right := url.Values{}
	names, known := asking[r.Path]
	switch {
	case r.Path == "/authorize":
		_, right = newFlow(app{id: "web", redirect: "https://web.test/cb"})
	case strings.HasPrefix(r.Path, "/federation/"):
		right = url.Values{"state": {handle + "." + secret()}, "code": {"x"}}
	case !known && q.method == http.MethodPost:
		names = fields
	case !known:
		names = parameters
	}
	for _, value := range slices.Concat(slices.Collect(maps.Values(bad)), slices.Collect(maps.Values(unreadable))) {
		form := maps.Clone(right)
		for _, name := range names {
			form.Set(name, value)
			if known {
				all = append(all, laden(q, form))
				form = maps.Clone(right)
			}
		}
		all = append(all, laden(q, form))
	}
	return all
}

func laden(q wire, form url.Values) wire {
	if q.method == http.MethodPost {
		q.body = form.Encode()
	} else {
		q.path += "?" + form.Encode()
	}
	return q
}

// TestI6ApplicationsThatSendNonsenseAreTold walks what applications call, with the right secret.
func TestI6ApplicationsThatSendNonsenseAreTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	for path, names := range asking {
		if path == "/authorize" || strings.HasPrefix(path, "/end_session") || strings.HasPrefix(path, "/federation/") {
			continue
		}
		for _, name := range names {
			for what, value := range bad {
				form := url.Values{"grant_type": {"authorization_code"}, "code": {"x"}, "token": {"x"}, "redirect_uri": {w.web.redirect}, "code_verifier": {secret()}}
				form.Set(name, value)
				status, told := w.call(w.issuer.String()+path, form, w.web.id, w.web.secret)
				if status >= 500 || status == http.StatusOK && path == "/token" {
					t.Errorf("%s %s %s: %d %v", path, name, what, status, told)
				}
			}
		}
	}
	if n := w.count("SELECT count(*) FROM grants"); n != 0 {
		t.Errorf("%d grants", n)
	}
}

func TestI6SignInEndsWhateverTheBrowserCallsItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	for _, agent := range []string{"\xff\xfe\xc0", strings.Repeat("é", 5000), "a\tb", "", "%00"} {
		b := atConsent(w)
		q := wire{method: http.MethodPost, path: b.at.Path, kind: urlencoded, body: "decision=allow", cookies: b.client.Jar.Cookies(w.issuer),
			header: []string{"User-Agent: " + agent, "Accept-Language: " + agent, "Origin: " + w.issuer.String()}}
		if got := w.wire(q); got.status != http.StatusSeeOther {
			t.Fatalf("%.20q: consent: %d", agent, got.status)
		}
		q.method, q.path = http.MethodGet, "/authorize/callback?attempt="+strings.Split(b.at.Path, "/")[2]
		if got := w.wire(q); !strings.Contains(got.header.Get("Location"), "code=") {
			t.Errorf("%.20q: %d without a code", agent, got.status)
		}
	}
}
