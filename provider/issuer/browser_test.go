package issuer_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"sallyport/mfa"
	"sallyport/provider/attempt"
	"sallyport/storage"
)

// browser keeps cookies and follows no redirect by itself.
type browser struct {
	w      *world
	client *http.Client
}

func (w *world) browser() *browser {
	return &browser{w, &http.Client{Jar: must(cookiejar.New(nil)), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// reply is an answer, read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

func (w *world) do(c *http.Client, r *http.Request) reply {
	w.t.Helper()
	res, err := c.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, string(body)}
}

func (w *world) address(path string) string { return w.public.String() + path }

func (b *browser) get(path string) reply {
	b.w.t.Helper()
	return b.w.do(b.client, must(http.NewRequest(http.MethodGet, b.w.address(path), nil)))
}

func (b *browser) post(path string, form url.Values) reply {
	b.w.t.Helper()
	r := must(http.NewRequest(http.MethodPost, b.w.address(path), strings.NewReader(form.Encode())))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.w.do(b.client, r)
}

// flow is one authorization request with what its client keeps for later.
type flow struct {
	client, verifier, state, nonce string
	values                         url.Values
}

func newFlow(client string, with ...string) *flow {
	f := &flow{client: client, verifier: oauth2.GenerateVerifier(), state: rand.Text(), nonce: rand.Text()}
	f.values = url.Values{"client_id": {client}, "redirect_uri": {redirectOf(client)}, "response_type": {"code"}, "scope": {"openid email profile offline_access"},
		"state": {f.state}, "nonce": {f.nonce}, "code_challenge": {oauth2.S256ChallengeFromVerifier(f.verifier)}, "code_challenge_method": {"S256"}}
	for n := 0; n < len(with); n += 2 {
		if f.values.Set(with[n], with[n+1]); with[n+1] == "" {
			f.values.Del(with[n])
		}
	}
	return f
}

func (f *flow) path() string { return "/authorize?" + f.values.Encode() }

var handles = regexp.MustCompile(`^/signin/([A-Za-z0-9_-]{43})$`)

// begin asks and returns the handle of the attempt that was begun.
func (b *browser) begin(f *flow) string {
	b.w.t.Helper()
	r := b.get(f.path())
	m := handles.FindStringSubmatch(r.header.Get("Location"))
	if r.status != http.StatusSeeOther || m == nil {
		b.w.t.Fatalf("no sign-in was begun: %d %s %s", r.status, r.header.Get("Location"), r.body)
	}
	return m[1]
}

func (b *browser) cookie(name string) string {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, c := range b.client.Jar.Cookies(b.w.public) {
		r.AddCookie(c)
	}
	return b.w.edge.Cookies.Get(r, name)
}

func (b *browser) setCookie(name, value string) {
	b.w.t.Helper()
	rec := httptest.NewRecorder()
	if err := b.w.edge.Cookies.Set(rec, httptest.NewRequest(http.MethodGet, "/", nil), name, value, 0); err != nil {
		b.w.t.Fatal(err)
	}
	b.client.Jar.SetCookies(b.w.public, rec.Result().Cookies())
}

// prove does what the sign-in pages would: it writes the facts, and keeps the new binding. It returns the handle.
func (b *browser) prove(handle string, p *person, change ...func(*attempt.Attempt)) string {
	b.w.t.Helper()
	t, id, _ := attempt.ParseHandle(handle)
	ctx := context.Background()
	a, err := attempt.Load(ctx, b.w.store().Tenant(t), t, id, attempt.Presented{Binding: b.cookie(attempt.Cookie(id))})
	if err != nil {
		b.w.t.Fatal(err)
	}
	a.Tenant, a.User, a.Facts.Identifier, a.Facts.Consent = p.tenant, &p.id, p.email, a.Request.Scopes
	a.Prove(mfa.Proof{Kind: mfa.Password, At: b.w.clock.Now()})
	if !p.factor.IsZero() {
		a.Prove(mfa.Proof{Kind: mfa.TOTP, At: b.w.clock.Now(), Factor: p.factor})
	}
	for _, c := range change {
		c(a)
	}
	binding, err := attempt.Advance(ctx, b.w.store(), a, b.w.clock.Now(), func(*storage.Tx) error { return nil })
	if err != nil {
		b.w.t.Fatal(err)
	}
	b.setCookie(attempt.Cookie(id), binding)
	return a.Handle()
}

func callbackOf(handle string) string { return "/authorize/callback?attempt=" + handle }

// answered reads the parameters that a client gets, however they travel.
func (b *browser) answered(r reply, mode string) url.Values {
	b.w.t.Helper()
	if mode == "form_post" {
		return b.w.posted(r)
	}
	to := must(url.Parse(r.header.Get("Location")))
	if r.status != http.StatusSeeOther || to.Host == b.w.public.Host || to.Host == "" {
		b.w.t.Fatalf("no answer to a client: %d %s %s", r.status, to, r.body)
	}
	if mode == "fragment" {
		return must(url.ParseQuery(to.Fragment))
	}
	return to.Query()
}

var inputs = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)

func (w *world) posted(r reply) url.Values {
	w.t.Helper()
	out := url.Values{}
	for _, m := range inputs.FindAllStringSubmatch(r.body, -1) {
		out.Add(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	if r.status != http.StatusOK || len(out) == 0 {
		w.t.Fatalf("no form for a client: %d %s", r.status, r.body)
	}
	return out
}

// signIn runs a whole flow and returns its code.
func (b *browser) signIn(f *flow, p *person) string {
	b.w.t.Helper()
	r := b.get(callbackOf(b.prove(b.begin(f), p)))
	q := b.answered(r, f.values.Get("response_mode"))
	if q.Get("state") != f.state || q.Get("iss") != b.w.public.String() || q.Get("code") == "" {
		b.w.t.Fatalf("answer to the client: %v", q)
	}
	return q.Get("code")
}

// tokens is an answer of the token endpoint.
type tokens struct {
	Access      string `json:"access_token"`
	Type        string `json:"token_type"`
	Expires     int    `json:"expires_in"`
	Scope       string `json:"scope"`
	ID          string `json:"id_token"`
	Refresh     string `json:"refresh_token"`
	Error       string `json:"error"`
	Description string `json:"error_description"`
	status      int
}

// direct posts to an endpoint the way a client authenticates; the empty client says nothing of itself.
func (n *instance) direct(w *world, path, client string, form url.Values) reply {
	w.t.Helper()
	form = must(url.ParseQuery(form.Encode()))
	basic := client == "web" || strings.HasPrefix(client, "rs") || strings.HasPrefix(client, "svc")
	if client != "" && !basic {
		form.Set("client_id", client)
		if w.secrets[client] != "" {
			form.Set("client_secret", w.secrets[client])
		}
	}
	r := must(http.NewRequest(http.MethodPost, n.server.URL+path, strings.NewReader(form.Encode())))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if basic {
		r.SetBasicAuth(client, w.secrets[client])
	}
	return w.do(http.DefaultClient, r)
}

func (n *instance) token(w *world, client string, form url.Values) tokens {
	w.t.Helper()
	r := n.direct(w, "/token", client, form)
	var out tokens
	if err := json.Unmarshal([]byte(r.body), &out); err != nil {
		w.t.Fatalf("%d %s: %v", r.status, r.body, err)
	}
	out.status = r.status
	return out
}

func (f *flow) redemption(code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirectOf(f.client)}, "code_verifier": {f.verifier}}
}

func refreshing(token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
}

// obtain runs a whole flow and redeems its code.
func (w *world) obtain(b *browser, f *flow, p *person) tokens {
	w.t.Helper()
	got := w.instances[0].token(w, f.client, f.redemption(b.signIn(f, p)))
	if got.status != http.StatusOK || got.Access == "" {
		w.t.Fatalf("no tokens: %+v", got)
	}
	return got
}

func (w *world) userinfo(access string) reply {
	w.t.Helper()
	r := must(http.NewRequest(http.MethodGet, w.address("/userinfo"), nil))
	r.Header.Set("Authorization", "Bearer "+access)
	return w.do(http.DefaultClient, r)
}

// claims reads a token without verifying it: whether it verifies is the business of standard_test.go.
func claims(t testing.TB, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	out := map[string]any{}
	if len(parts) != 3 {
		t.Fatalf("not a JWT: %q", token)
	}
	if err := json.Unmarshal(must(base64.RawURLEncoding.DecodeString(parts[1])), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// listen is a server of somebody else that notes what is asked of it.
func (w *world) listen(heard func(path string)) string {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { heard(r.URL.Path) }))
	w.t.Cleanup(s.Close)
	return s.URL
}
