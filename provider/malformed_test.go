package provider_test

import (
	"context"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"sallyport/provider/web"
)

// bad are values that no page sends; what they stand for is not what a field may hold.
var bad = map[string]string{
	"empty": "", "ten kilobytes": strings.Repeat("A", 10_000), "JSON": `{"$ne":null,"code":"000000"}`, "list": `["a","b"]`, "control": "\x01\x1b[31m\r\n\x7f",
	"huge": "999999999999999999999999999999", "negative": "-1", "format": "%s%n%00", "path": "../../../etc/passwd", "markup": `"><script>alert(1)</script>`,
	"SQL": "' OR 1=1 --", "wide": "１２３４５６",
}

// unreadable are values that are not text at all.
var unreadable = map[string]string{"NUL": "a\x00b", "broken UTF-8": "\xff\xfe\xc0\x80"}

// pageForm is a form as its page fills it in.
type pageForm struct {
	action string
	fields url.Values
}

var (
	wholeForm = regexp.MustCompile(`(?s)<form[^>]*method="post"[^>]*action="([^"]*)"(.*?)</form>`)
	control   = regexp.MustCompile(`<(?:input|button|select|textarea)\b[^>]*\bname="([^"]*)"[^>]*>`)
	preset    = regexp.MustCompile(`\bvalue="([^"]*)"`)
)

func (b *browser) forms() []pageForm {
	var out []pageForm
	for _, f := range wholeForm.FindAllStringSubmatch(b.body, -1) {
		form := pageForm{html.UnescapeString(f[1]), url.Values{}}
		for _, c := range control.FindAllStringSubmatch(f[2], -1) {
			value := preset.FindStringSubmatch(c[0])
			if form.fields.Has(c[1]) || strings.Contains(c[0], `type="checkbox"`) && !strings.Contains(c[0], "checked") {
				form.fields[c[1]] = append(form.fields[c[1]], "")[:1]
				continue
			}
			form.fields.Set(c[1], "")
			if value != nil && !strings.HasPrefix(c[0], "<button") {
				form.fields.Set(c[1], html.UnescapeString(value[1]))
			}
		}
		out = append(out, form)
	}
	return out
}

// with is the form with one field changed, as it travels.
func (f pageForm) with(field string, values ...string) string {
	changed := url.Values{}
	for name, v := range f.fields {
		changed[name] = v
	}
	delete(changed, field)
	out := []string{}
	if len(changed) > 0 {
		out = append(out, changed.Encode())
	}
	for _, v := range values {
		out = append(out, url.QueryEscape(field)+"="+url.QueryEscape(v))
	}
	return strings.Join(out, "&")
}

const urlencoded = "application/x-www-form-urlencoded"

// issuedSQL is all that somebody could have gained.
const issuedSQL = `md5(concat_ws('|', (SELECT count(*) FROM sessions), (SELECT count(*) FROM grants), (SELECT count(*) FROM factors), (SELECT count(*) FROM consents),
	(SELECT count(*) FROM access_tokens), (SELECT count(*) FROM trusted_devices), (SELECT count(*) FROM messages), (SELECT count(*) FROM single_use WHERE kind IN ('code', 'refresh')),
	(SELECT count(*) FROM identities WHERE ended_at IS NULL),
	(SELECT string_agg(concat_ws(',', id, facts -> 'proofs', facts -> 'consent', facts -> 'enrolled', facts -> 'kept', facts -> 'denied', done_at), ';' ORDER BY id)
		FROM signin_attempts WHERE facts ?| ARRAY['proofs', 'consent', 'enrolled', 'kept', 'denied'] OR done_at IS NOT NULL)))`

// stateSQL is everything that may only change when a request can be understood.
const stateSQL = `md5(concat_ws('|', (SELECT string_agg(concat_ws(',', id, version, facts, user_id), ';' ORDER BY id) FROM signin_attempts),
	(SELECT string_agg(concat_ws(',', id, ended_at), ';' ORDER BY id) FROM sessions), (SELECT string_agg(concat_ws(',', id, ended_at), ';' ORDER BY id) FROM factors),
	(SELECT string_agg(concat_ws(',', id, email, password_hash, frozen_at, enrol_skips), ';' ORDER BY id) FROM users), (SELECT count(*) FROM policies), (SELECT count(*) FROM messages),
	(SELECT string_agg(concat_ws(',', id, version, disabled), ';' ORDER BY id) FROM connections), (SELECT string_agg(concat_ws(',', id, ended_at), ';' ORDER BY id) FROM policy_reports),
	(SELECT string_agg(concat_ws(',', name, connection_id, proven_at), ';' ORDER BY name) FROM domains), (SELECT string_agg(concat_ws(',', id, ended_at), ';' ORDER BY id) FROM identities),
	(SELECT count(*) FROM consents), (SELECT string_agg(concat_ws(',', encode(hash, 'hex'), used_at), ';' ORDER BY hash) FROM single_use)))`

// walker malforms one station.
type walker struct {
	*testing.T
	w        *world
	admin    *pgx.Conn
	s        station
	b        *browser
	issued   string
	state    string
	requests int
	posted   map[string]bool // where the forms of the page go to
}

// arrive puts somebody new on the page.
func (k *walker) arrive() {
	k.Helper()
	k.b = k.s.reach(k.w)
	if k.b.status >= 500 || len(k.b.forms()) == 0 && k.s.name != "refused" {
		k.Fatalf("at %s (%d) without a form:\n%s", k.b.at, k.b.status, k.b.body)
	}
	k.issued, k.state = k.look()
}

// look sums up what there is. It also ends what earlier tries would make the next one wait for: each is judged by itself.
func (k *walker) look() (issued, state string) {
	k.Helper()
	if err := k.admin.QueryRow(context.Background(), "WITH x AS (DELETE FROM throttle_counters) SELECT "+issuedSQL+", "+stateSQL).Scan(&issued, &state); err != nil {
		k.Fatal(err)
	}
	return issued, state
}

func (k *walker) cookies() []*http.Cookie { return k.b.client.Jar.Cookies(k.w.issuer) }

// send judges one request: it never breaks us and never gains anything; refused says that it may change nothing at all.
func (k *walker) send(what string, q wire, refused bool) reply {
	k.Helper()
	if q.method == http.MethodPost && !slices.ContainsFunc(q.header, func(h string) bool { return strings.HasPrefix(h, "Origin:") }) {
		q.header = append(q.header, "Origin: "+k.w.issuer.String())
	}
	k.requests++
	got := k.w.wire(q)
	if got.status >= 500 && got.status != http.StatusNotImplemented { // that is what net/http says to a coding nobody knows (RFC 9112 6.1)
		k.Errorf("%s: %s %.80s: %d", what, q.method, q.path, got.status)
	}
	if strings.Contains(got.header.Get("Location"), "evil.test") || strings.Contains(got.body, "//evil.test") {
		k.Errorf("%s: %s %.80s: the answer repeats a name from the request", what, q.method, q.path)
	}
	if refused && got.status != 0 && got.status < 400 {
		k.Errorf("%s: %s %.80s: %d, want a refusal", what, q.method, q.path, got.status)
	}
	k.compare(what, q, refused)
	return got
}

func (k *walker) compare(what string, q wire, refused bool) {
	k.Helper()
	issued, state := k.look()
	if issued != k.issued {
		k.Errorf("%s: %s %.80s gained something", what, q.method, q.path)
	}
	if state != k.state && refused {
		k.Errorf("%s: %s %.80s changed something", what, q.method, q.path)
	}
	if issued != k.issued || state != k.state && !k.stays() {
		k.arrive()
	}
}

// stays looks at a page that outlives its own changes, and takes what is there now for what is to be kept.
func (k *walker) stays() bool {
	k.Helper()
	path, forms := k.b.at.RequestURI(), len(k.b.forms())
	if strings.HasPrefix(path, "/signin/") || k.b.get(path).at.RequestURI() != path || k.b.status != http.StatusOK || len(k.b.forms()) != forms {
		return false
	}
	k.issued, k.state = k.look()
	return true
}

// worlds share the stations among them, as many as there are processors to keep busy.
const worlds = 4

func TestI6EveryPageBearsWhatNobodySends(t *testing.T) {
	t.Parallel()
	all, posted := stations(), make([]map[string]bool, worlds)
	var routes []web.Route
	t.Run("pages", func(t *testing.T) {
		for i := range worlds {
			posted[i] = map[string]bool{}
			t.Run(fmt.Sprint("world ", i), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, 1)
				w.generous()
				admin := w.database.Admin(t)
				for j := i; j < len(all); j += worlds {
					t.Run(all[j].name, func(t *testing.T) {
						w.t = t
						(&walker{T: t, w: w, admin: admin, s: all[j], posted: posted[i]}).walk()
					})
				}
				if i == 0 {
					routes = w.provider.Routes()
				}
				if strings.Contains(w.logs.String(), "panic") {
					t.Error("something panicked")
				}
			})
		}
	})
	for _, r := range routes {
		if slices.Contains(r.Methods, http.MethodPost) && r.Access != web.Protocol && r.Access != web.Front && !reached(r, posted) {
			t.Errorf("no station has the form of %s: a page of it belongs into stations", r.Path)
		}
	}
}

func reached(r web.Route, posted []map[string]bool) bool {
	pattern := regexp.MustCompile("^" + variable.ReplaceAllString(r.Path, "[^/]+") + "$")
	return slices.ContainsFunc(posted, func(actions map[string]bool) bool {
		return slices.ContainsFunc(slices.Collect(maps.Keys(actions)), pattern.MatchString)
	})
}

func (k *walker) walk() {
	k.arrive()
	k.fields()
	k.bodies()
	k.headers()
	k.brokenCookies()
	k.Log(k.requests, "requests")
}

// fields malforms each field of each form in turn.
func (k *walker) fields() {
	for i, f := range k.b.forms() {
		for n, field := range slices.Sorted(maps.Keys(f.fields)) {
			for _, what := range share(n, len(f.fields)) {
				k.field(i, field+" "+what, field, bad[what])
			}
			k.field(i, field+" missing", field)
			k.send(field+" as list", k.post(i, func(f pageForm) string { return f.with(field) + "&" + url.Values{field + "[]": {"a", "b"}}.Encode() }), false)
			for what, value := range unreadable {
				k.send(field+" "+what, k.post(i, func(f pageForm) string { return f.with(field, value) }), true)
			}
			// Signing out reads nothing of its form, so there is nothing to be read twice.
			k.send(field+" repeated", k.post(i, func(f pageForm) string { return f.with(field, "a", "b") }), !strings.HasSuffix(f.action, "/signout"))
		}
	}
}

// share is which of the bad values the n-th field gets: all of them, and of a form with many fields one in four, so that
// each value still comes to a quarter of them.
func share(n, fields int) []string {
	all := slices.Sorted(maps.Keys(bad))
	if fields <= 8 {
		return all
	}
	var out []string
	for i := n % 4; i < len(all); i += 4 {
		out = append(out, all[i])
	}
	return out
}

func (k *walker) field(i int, what, field string, values ...string) {
	k.Helper()
	k.send(what, k.post(i, func(f pageForm) string { return f.with(field, values...) }), false)
}

// post is the i-th form of the page as it is now.
func (k *walker) post(i int, body func(pageForm) string) wire {
	k.Helper()
	f := k.b.forms()[i]
	k.posted[f.action] = true
	return wire{method: http.MethodPost, path: f.action, kind: urlencoded, body: body(f), cookies: k.cookies()}
}

// bodies sends what is no form.
func (k *walker) bodies() {
	for i := range k.b.forms() {
		right := func(f pageForm) string { return f.fields.Encode() }
		for _, kind := range []string{"application/json", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x", "x", "", "application/x-www-form-urlencodedx", "\xff"} {
			q := k.post(i, right)
			q.kind = kind
			k.send("as "+kind, q, true)
		}
		for what, body := range map[string]string{"%zz": "%zz", "too many pairs": strings.Repeat("a=b&", 2000), "NUL": "a=%00", "NUL in a name": "%00=a", "broken": "\xff=\xfe",
			"semicolon": "a=b;c=d", "too long": "a=" + strings.Repeat("b", 1<<20)} {
			k.send(what, k.post(i, func(pageForm) string { return body }), true)
		}
		for _, length := range []string{"-1", "99999999999999999999", "x", "1, 2", "1\r\nContent-Length: 2", "100000"} {
			q := k.post(i, right)
			q.length = length
			k.send("Content-Length "+length, q, true)
		}
		q := k.post(i, right)
		q.header = []string{"Origin: https://evil.test"}
		k.send("from another site", q, true)
		q.header = []string{"Origin: null"}
		k.send("from nowhere", q, true)
		q.header = []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.test"}
		k.send("cross-site", q, true)
	}
}

// lines are headers that nobody sends; the page is asked for with each.
var lines = []string{
	"X-Forwarded-For: evil.test", "X-Forwarded-For: 127.0.0.1, ::1, %", "X-Forwarded-Host: evil.test", "X-Forwarded-Proto: https", "X-Forwarded-Prefix: //evil.test",
	"Forwarded: for=evil.test;host=evil.test;proto=javascript", "X-Original-URL: /admin/policy", "X-Rewrite-URL: /admin/policy", "X-HTTP-Method-Override: POST",
	"Accept-Language: " + strings.Repeat("x-", 3000), "Accept-Language: *;q=9e99,,,\xff", "Accept-Language: nb-NO-x-1234567890-a-b-c-d-e", "Accept: \xff", "Accept: " + strings.Repeat("a/b,", 2000),
	"User-Agent: \xff\xfe", "User-Agent: " + strings.Repeat("U", 20_000), "Origin: " + strings.Repeat("o", 5000), "Origin: http://[", "Referer: http://[::", "Sec-Fetch-Site: \xff",
	"Authorization: Basic !!!", "Authorization: Bearer " + strings.Repeat("b", 9000), "Range: bytes=0-0,-1", "If-None-Match: *", "If-Modified-Since: never", "Expect: miracles",
	"Transfer-Encoding: identity", "Transfer-Encoding: chunked, chunked", "Upgrade: websocket\r\nConnection: upgrade", "X: a\x00b", "X : y", " folded: x", "Cookie: ;;;=;\x01", "Cookie: " + strings.Repeat("c=d; ", 3000),
	"Accept-Encoding: gzip;q=\xff", "DPoP: x", "Content-Length: 5",
}

func (k *walker) headers() {
	page := wire{method: http.MethodGet, path: k.b.at.RequestURI(), cookies: k.cookies()}
	for _, line := range lines {
		q := page
		q.header = []string{line}
		k.send(fmt.Sprintf("%.40q", line), q, false)
	}
	for _, host := range []string{"evil.test", "evil.test:80", "localhost:99999999", "a b", "[::1", "[::1%25x]", "\xff", "localhost@evil.test", "localhost/../evil.test", strings.Repeat("h", 10_000), "..", "%00", "a\r\nHost: evil.test"} {
		q := page
		q.host = host
		k.send(fmt.Sprintf("Host %.40q", host), q, false)
	}
}

// brokenCookies presents what is not quite the cookie that was given.
func (k *walker) brokenCookies() {
	other := k.s.reach(k.w).client.Jar.Cookies(k.w.issuer)
	k.issued, k.state = k.look()
	own := k.cookies()
	for i, c := range own {
		for what, value := range wrongCookies(c, own, other) {
			changed := slices.Clone(own)
			changed[i] = &http.Cookie{Name: c.Name, Value: value}
			k.cookie(fmt.Sprintf("cookie %.12s %s", c.Name, what), changed, k.s.shut && k.opens(i, own))
		}
	}
	if k.s.shut {
		k.cookie("no cookies", nil, true)
	}
}

// begun reports whether the page is of a sign-in that is going on.
func (k *walker) begun() bool {
	return strings.HasPrefix(k.b.at.Path, "/signin/") || strings.HasPrefix(k.b.at.Path, "/federation/")
}

// opens reports whether the page needs that cookie.
func (k *walker) opens(i int, own []*http.Cookie) bool {
	if k.begun() {
		return strings.HasPrefix(own[i].Name, "attempt-")
	}
	return own[i].Name == "session"
}

func (k *walker) cookie(what string, cookies []*http.Cookie, shut bool) {
	k.Helper()
	got := k.send(what, wire{method: http.MethodGet, path: k.b.at.RequestURI(), cookies: cookies}, false)
	if !shut {
		return // the rest of its cookies opens the page, and may do there what it likes
	}
	if got.status == http.StatusOK {
		k.Errorf("%s: the page is shown", what)
	}
	for i := range k.b.forms() {
		q := k.post(i, func(f pageForm) string { return f.fields.Encode() })
		q.cookies = cookies
		if got := k.send(what, q, k.begun()); got.status == http.StatusOK {
			k.Errorf("%s: the form is taken", what)
		}
	}
}

func wrongCookies(c *http.Cookie, own, other []*http.Cookie) map[string]string {
	flip := func(i int) string {
		b := []byte(c.Value)
		b[i] ^= 1
		return string(b)
	}
	out := map[string]string{"empty": "", "half": c.Value[:len(c.Value)/2], "short by one": c.Value[:len(c.Value)-1], "long by one": c.Value + "A", "first bit": flip(0), "middle bit": flip(len(c.Value) / 2),
		"ten kilobytes": strings.Repeat("A", 10_000), "JSON": `{"v":"x"}`, "quoted": `"` + c.Value[1:] + `"`, "broken UTF-8": "\xff\xfe", "number": "1"}
	for i, o := range slices.Concat(other, own) {
		if o.Name != c.Name { // whoever has another's whole cookie is the other
			out[fmt.Sprintf("another %.8s %d", o.Name, i)] = o.Value
		}
	}
	return out
}
