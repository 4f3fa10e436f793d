package provider_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/provider/web"
	"sallyport/storage/id"
)

// sample fills the variables of a route's path.
func sample(path, attempt, connection string) string {
	path = strings.ReplaceAll(path, "{attempt}", attempt)
	path = strings.ReplaceAll(path, "/federation/{connection}", "/federation/"+connection)
	for {
		i := strings.IndexByte(path, '{')
		if i < 0 {
			return path
		}
		path = path[:i] + "01234567-89ab-7def-8123-456789abcdef" + path[i+strings.IndexByte(path[i:], '}')+1:]
	}
}

// TestA07EveryRouteKeepsItsDoor walks the whole route table with no cookie, with a pending sign-in, with a
// session of another tenant's ordinary user, with wrong credentials and with wrong content types.
func TestA07EveryRouteKeepsItsDoor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice, eve := w.enrolled(w.acme, "alice@acme.test"), w.enrolled(w.globex, "eve@globex.test")
	pending, foreign := w.browser(), w.browser()
	pending.toSecond(w.web, alice)
	attempt := strings.Split(pending.at.Path, "/")[2]
	foreign.signIn(w.web, eve)
	connection := w.connect(w.acme, federation.OIDC).Handle()

	routes := w.provider.Routes()
	if len(routes) < 90 {
		t.Fatalf("only %d routes", len(routes))
	}
	for _, route := range routes {
		for _, method := range route.Methods {
			path := sample(route.Path, attempt, connection)
			for name, b := range map[string]*browser{"no cookie": w.browser(), "pending": pending, "other tenant": foreign} {
				c := *b
				knock(&c, method, path)
				if c.status >= 500 {
					t.Errorf("%s: %s %s: %d", name, method, path, c.status)
				}
				if open := opened(&c, route, name); open != "" {
					t.Errorf("%s: %s %s: %s", name, method, path, open)
				}
			}
		}
	}
	if n := w.count("SELECT count(*) FROM sessions WHERE user_id = $1", alice.id); n != 0 {
		t.Errorf("%d sessions of alice", n)
	}
	// Nobody stepped out of line for eve either: her session and factor are as they were.
	if n := w.count("SELECT count(*) FROM factors WHERE ended_at IS NOT NULL"); n != 0 {
		t.Errorf("%d factors were removed", n)
	}
}

func knock(b *browser, method, path string) {
	if method == http.MethodPost {
		b.post(path, url.Values{"decision": {"allow"}})
		return
	}
	b.get(path)
}

// opened reports what a door let through that it should not have.
func opened(b *browser, route web.Route, as string) string {
	landed := b.step()
	switch route.Access {
	case web.Session:
		if as != "other tenant" && landed != "identify" {
			return fmt.Sprintf("landed on %s (%d)", b.at, b.status)
		}
	case web.FreshSession:
		if as != "other tenant" && landed != "identify" {
			return fmt.Sprintf("landed on %s (%d)", b.at, b.status)
		}
	case web.Attempt:
		if as != "pending" && b.status < http.StatusBadRequest {
			return fmt.Sprintf("answered %d", b.status)
		}
	case web.Public, web.Protocol, web.Front:
	default:
		return "has no access"
	}
	if b.left != nil && b.left.Query().Get("code") != "" {
		return "gave a code"
	}
	return ""
}

// forOwners are the pages that decide who is asked for what.
func forOwners(path string) bool {
	return path == "/admin/policy" || strings.HasPrefix(path, "/admin/report") || strings.HasSuffix(path, "/second-factor")
}

// TestH05R18PagesOfAdministratorsKeepTheirDoors walks them as everybody who might come by, with the names of what there is.
func TestH05R18PagesOfAdministratorsKeepTheirDoors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.connect(w.acme, federation.OIDC)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.SecondFactor = policy.Optional })
	victim := w.enrolled(w.acme, "victim@acme.test")
	named := strings.NewReplacer("{connection}", u.ID.String(), "{person}", victim.id.String(), "{event}", id.NewEvent().String())
	in := func(t id.Tenant, role string) *browser {
		return w.settings(w.promote(w.newcomer(t), role))
	}
	users, admins, owners, strangers := in(w.acme, "user"), in(w.acme, "admin"), in(w.acme, "owner"), in(w.globex, "owner")
	admin := w.database.Admin(t)
	k := &walker{T: t, w: w, admin: admin}
	_, before := k.look()
	walked := 0
	for _, route := range w.provider.Routes() {
		if route.Path != "/admin" && !strings.HasPrefix(route.Path, "/admin/") {
			continue
		}
		if route.Access != web.FreshSession {
			t.Errorf("%s asks for no fresh proof", route.Path)
		}
		for _, method := range route.Methods {
			walked++
			path := named.Replace(route.Path)
			if knock(users, method, path); users.status != http.StatusForbidden {
				t.Errorf("user: %s %s: %d", method, path, users.status)
			}
			if forOwners(route.Path) {
				if knock(admins, method, path); admins.status != http.StatusForbidden {
					t.Errorf("admin: %s %s: %d", method, path, admins.status)
				}
			} else if knock(admins, http.MethodGet, path); admins.status == http.StatusForbidden {
				t.Errorf("admin: %s: %d", path, admins.status)
			}
			if path != route.Path {
				if knock(strangers, method, path); strangers.status < http.StatusBadRequest || strings.Contains(strangers.body, u.Name) || strings.Contains(strangers.body, victim.email) {
					t.Errorf("owner of another tenant: %s %s: %d", method, path, strangers.status)
				}
			}
			if method == http.MethodPost {
				if owners.send(path, "application/json", `{"decision":"allow"}`); owners.status != http.StatusUnsupportedMediaType && owners.status != http.StatusNotFound {
					t.Errorf("as JSON: %s: %d", path, owners.status)
				}
			}
		}
	}
	if walked < 25 {
		t.Errorf("only %d doors", walked)
	}
	if _, after := k.look(); after != before {
		t.Error("something was changed")
	}
}

// TestMalformedInputIsNever5xx sends each route what its author did not think of (I6).
func TestMalformedInputIsNever5xx(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	connection, long := w.connect(w.acme, federation.OIDC).Handle(), strings.Repeat("A", 70_000)
	var attempt string
	var kept []*http.Cookie
	for _, route := range w.provider.Routes() {
		if w.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL") == 0 { // a form without fields ends one
			attempt, kept = w.ownerWithASignInGoingOn()
		}
		b := w.browser()
		b.client.Jar.SetCookies(w.issuer, kept) // without those of all the sign-ins that the route before has begun
		path := sample(route.Path, attempt, connection)
		for _, query := range []string{"%zz", "a=%", "client_id=%00", "tenant=%ff%fe", "x=" + long[:9000], "client_id=a&client_id=b", "max_age=-1&client_id=web",
			"claims=%7B%7B%7B&client_id=web&redirect_uri=https%3A%2F%2Fweb.test%2Fcb&response_type=code", "attempt=%00", "attempt=" + attempt + "A", ";", "?"} {
			r, err := http.NewRequest(http.MethodGet, w.issuer.String()+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.URL.RawQuery = query
			if b.do(r); b.status >= 500 {
				t.Errorf("GET %s?%.40s: %d", path, query, b.status)
			}
		}
		for _, body := range []string{"", "=", "%zz", "a=%ff", "code=%00&password=%00&email=%00", strings.Repeat("a=b&", 2000), "email=" + long[:9000], "{}", "[[[[", "\x00\xff"} {
			for _, kind := range []string{"application/x-www-form-urlencoded", "application/json", "multipart/form-data", "", "x"} {
				if b.send(path, kind, body); b.status >= 500 {
					t.Errorf("POST %s %q %.20q: %d", path, kind, body, b.status)
				}
			}
		}
		for name, value := range map[string]string{"Authorization": "Basic !!!", "Cookie": "session=" + long[:2000] + "; attempt-x=\x01", "Accept-Language": long[:5000],
			"X-Forwarded-For": "::::, 1.2.3", "Content-Length": "0", "Origin": "null", "Accept": "\x7f"} {
			r, err := http.NewRequest(http.MethodGet, w.issuer.String()+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header[name] = []string{strings.Map(printable, value)}
			if b.do(r); b.status >= 500 {
				t.Errorf("GET %s with %s: %d", path, name, b.status)
			}
		}
	}
	if log := w.logs.String(); strings.Contains(log, "panic") {
		t.Error("something panicked")
	}
}

func (w *world) ownerWithASignInGoingOn() (attempt string, cookies []*http.Cookie) {
	w.t.Helper()
	w.exec("UPDATE sessions SET ended_at = $1 WHERE ended_at IS NULL", w.clock.Now())
	b := w.settings(w.promote(w.newcomer(w.acme), "owner"))
	w.clock.Advance(time.Second)
	b.authorize(w.web2, "tenant", "acme", "prompt", "login")
	return b.handle(), b.client.Jar.Cookies(w.issuer)
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return '?'
	}
	return r
}
