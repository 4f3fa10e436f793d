package provider_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

// browser keeps cookies, follows redirects within the provider and stops at an application's door.
type browser struct {
	w      *world
	server int
	client *http.Client
	at     *url.URL // the page it shows
	status int
	header http.Header
	body   string
	left   *url.URL // the redirect to an application that ended the last request
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	b := &browser{w: w}
	b.client = &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host != w.issuer.Host {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	// All instances answer for one address: the transport picks the instance, the cookie jar sees one host.
	b.client.Transport = &http.Transport{Proxy: nil, DisableKeepAlives: true, DialContext: dialer(func() string {
		return w.servers[b.server].Listener.Addr().String()
	})}
	return b
}

func (b *browser) do(r *http.Request) *browser {
	b.w.t.Helper()
	res, err := b.client.Do(r)
	if err != nil {
		b.w.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	b.at, b.status, b.header, b.body, b.left = res.Request.URL, res.StatusCode, res.Header, string(body), nil
	if location, err := res.Location(); err == nil && location.Host != b.w.issuer.Host {
		b.left = location
	}
	return b
}

func (b *browser) get(path string) *browser {
	b.w.t.Helper()
	r, err := http.NewRequest(http.MethodGet, b.w.issuer.String()+path, nil)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return b.do(r)
}

func (b *browser) post(path string, form url.Values) *browser {
	b.w.t.Helper()
	return b.send(path, "application/x-www-form-urlencoded", form.Encode())
}

func (b *browser) send(path, contentType, body string) *browser {
	b.w.t.Helper()
	r, err := http.NewRequest(http.MethodPost, b.w.issuer.String()+path, strings.NewReader(body))
	if err != nil {
		b.w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Origin", b.w.issuer.String())
	return b.do(r)
}

var actionForm = regexp.MustCompile(`<form[^>]*\baction="([^"]+)"`)

// submit posts the page's first form.
func (b *browser) submit(pairs ...string) *browser {
	b.w.t.Helper()
	m := actionForm.FindStringSubmatch(b.body)
	if m == nil {
		b.w.t.Fatalf("no form on %s (%d):\n%s", b.at, b.status, b.body)
	}
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return b.post(html.UnescapeString(m[1]), form)
}

// step is the last part of the path of the page shown.
func (b *browser) step() string { return b.at.Path[strings.LastIndex(b.at.Path, "/")+1:] }

// expect fails the test unless the browser shows that step.
func (b *browser) expect(step string) *browser {
	b.w.t.Helper()
	if b.step() != step || b.left != nil {
		b.w.t.Fatalf("at %s (%d, left %v), want step %s\n%s", b.at, b.status, b.left, step, b.alert())
	}
	return b
}

var alertText = regexp.MustCompile(`(?s)role="alert"[^>]*>(.*?)</`)

// alert is the error that the page tells.
func (b *browser) alert() string {
	m := alertText.FindStringSubmatch(b.body)
	if m == nil {
		return ""
	}
	return strings.TrimSpace(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(m[1], ""))
}

// flow is one authorization request of an application.
type flow struct {
	app             app
	verifier, state string
	nonce           string
}

func secret() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// authorize opens the application's sign-in link with extra parameters.
func (b *browser) authorize(a app, extra ...string) flow {
	b.w.t.Helper()
	f, q := newFlow(a, extra...)
	b.get("/authorize?" + q.Encode())
	return f
}

func newFlow(a app, extra ...string) (flow, url.Values) {
	f := flow{app: a, verifier: secret(), state: secret(), nonce: secret()}
	sum := sha256.Sum256([]byte(f.verifier))
	q := url.Values{"client_id": {a.id}, "redirect_uri": {a.redirect}, "response_type": {"code"}, "scope": {"openid email"}, "state": {f.state},
		"nonce": {f.nonce}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}
	for i := 0; i < len(extra); i += 2 {
		q.Set(extra[i], extra[i+1])
	}
	return f, q
}

// code is the authorization code that the browser carried to the application.
func (b *browser) code(f flow) string {
	b.w.t.Helper()
	if b.left == nil {
		b.w.t.Fatalf("no answer to the application; at %s (%d) %s", b.at, b.status, b.alert())
	}
	q := b.left.Query()
	if q.Get("state") != f.state || q.Get("iss") != b.w.issuer.String() {
		b.w.t.Fatalf("state or iss wrong in %s", b.left)
	}
	if q.Get("code") == "" {
		b.w.t.Fatalf("no code in %s", b.left)
	}
	return q.Get("code")
}

// refusal is the error that the browser carried to the application.
func (b *browser) refusal() string {
	if b.left == nil {
		return ""
	}
	return b.left.Query().Get("error")
}

// redeem calls the token endpoint as the application does.
func (w *world) redeem(f flow, code string) (int, map[string]any) {
	w.t.Helper()
	return w.token(f.app, url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {f.app.redirect}, "code_verifier": {f.verifier}})
}

func (w *world) token(a app, form url.Values) (int, map[string]any) {
	w.t.Helper()
	if a.id == "web" {
		return w.call(w.servers[0].URL+"/token", form, a.id, a.secret)
	}
	form.Set("client_id", a.id)
	if a.secret != "" {
		form.Set("client_secret", a.secret)
	}
	return w.call(w.servers[0].URL+"/token", form, "", "")
}

func (w *world) call(address string, form url.Values, name, secret string) (int, map[string]any) {
	w.t.Helper()
	r, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if name != "" {
		r.SetBasicAuth(url.QueryEscape(name), url.QueryEscape(secret))
	}
	return w.json(r)
}

func (w *world) userinfo(access string) (int, map[string]any) {
	w.t.Helper()
	r, err := http.NewRequest(http.MethodGet, w.servers[0].URL+"/userinfo", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+access)
	return w.json(r)
}

func (w *world) json(r *http.Request) (int, map[string]any) {
	w.t.Helper()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	out := map[string]any{}
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil && err != io.EOF {
		w.t.Fatalf("%s: %v", r.URL, err)
	}
	return res.StatusCode, out
}

// totp is the code that the person's app shows, some steps away from now.
func (p *person) totp(w *world, steps int) string {
	return codeAt(w.t, p.seed, w.clock.Now().Add(time.Duration(steps)*30*time.Second))
}

func codeAt(t testing.TB, seed []byte, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(seed), at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

var typedKey = regexp.MustCompile(`\b[A-Z2-7]{4}\b`)

// shownSeed reads the key that the enrolment page shows for typing.
func (b *browser) shownSeed() []byte {
	b.w.t.Helper()
	if strings.Contains(b.body, "/enrol/method\"") && b.step() == "enrol" && !strings.Contains(b.body, `id="key"`) {
		b.submit("method", "totp").expect("enrol") // the choice comes first
	}
	text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(b.body, " ")
	key := strings.Join(typedKey.FindAllString(text, -1), "")
	if len(key) < 32 {
		b.w.t.Fatalf("no key on the page: %q", key)
	}
	seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(key[:32])
	if err != nil {
		b.w.t.Fatal(err)
	}
	return seed
}

var shownCode = regexp.MustCompile(`<code>([0-9A-Z-]{17})</code>`)

// codes are the backup codes that the page shows.
func (b *browser) codes() []string {
	b.w.t.Helper()
	var out []string
	for _, m := range shownCode.FindAllStringSubmatch(b.body, -1) {
		out = append(out, m[1])
	}
	if len(out) != 10 {
		b.w.t.Fatalf("%d backup codes at %s (%d)", len(out), b.at, b.status)
	}
	return out
}

// keep confirms that the backup codes shown are kept, and returns them.
func (b *browser) keep() []string {
	b.w.t.Helper()
	codes := b.expect("backup-codes").codes()
	b.submit("kept", "on")
	return codes
}

// withCode gives a backup code in the place of the app's.
func (b *browser) withCode(code string) *browser {
	b.w.t.Helper()
	return b.submit("way", "backup_code", "code", code)
}

// toSecond walks a person to the second-factor page.
func (b *browser) toSecond(a app, p *person, extra ...string) flow {
	b.w.t.Helper()
	f := b.toPassword(a, p, extra...)
	b.submit("password", password).expect("second-factor")
	return f
}

func (b *browser) toPassword(a app, p *person, extra ...string) flow {
	b.w.t.Helper()
	f := b.authorize(a, append([]string{"tenant", p.tenant.String()}, extra...)...)
	b.expect("identify").submit("email", p.email).expect("password")
	return f
}

// signIn walks a person with an authenticator app through everything and redeems the code.
func (b *browser) signIn(a app, p *person, extra ...string) map[string]any {
	b.w.t.Helper()
	f := b.toSecond(a, p, extra...)
	b.submit("code", p.totp(b.w, 0))
	if b.left == nil {
		b.expect("consent").submit("decision", "allow")
	}
	status, tokens := b.w.redeem(f, b.code(f))
	if status != http.StatusOK {
		b.w.t.Fatalf("token endpoint: %d %v", status, tokens)
	}
	return tokens
}

// claims reads an ID token without verifying it; verification is tested with a standard client elsewhere.
func claims(t testing.TB, tokens map[string]any) map[string]any {
	t.Helper()
	parts := strings.Split(fmt.Sprint(tokens["id_token"]), ".")
	if len(parts) != 3 {
		t.Fatalf("no ID token in %v", tokens)
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func dialer(address func() string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, address())
	}
}
