package provider_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/provider/federation/federationtest"
	"sallyport/storage/id"
)

// What testdata/upstream/server.mjs knows.
const (
	nodeDirectory = "11111111-2222-4333-8444-555555555555"
	nodeSecret    = "a secret that only the test knows"
	kimThere      = "aaaaaaaa-0000-4000-8000-000000000001"
	leeThere      = "aaaaaaaa-0000-4000-8000-000000000002"
)

// installed is a directory with the provider and what it depends on.
func installed(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must(t, os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "upstream"))))
	npm := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	npm.Dir = dir
	if out, err := npm.CombinedOutput(); err != nil {
		t.Fatalf("npm: %v\n%s", err, out)
	}
	return dir
}

// freePort is a port that nobody listens at just now.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// node connects the tenant to a provider that this project did not write, and starts it.
func (w *world) node(t *testing.T, dir string, kind federation.Kind) *upstream {
	t.Helper()
	port := freePort(t)
	issuer := "http://localhost:" + port + "/" + nodeDirectory + "/v2.0"
	u := w.connectTo(&federationtest.Provider{URL: "http://localhost:" + port, ClientID: "sallyport", Secret: nodeSecret}, w.acme, kind,
		func(s *federation.Settings) { s.Issuer, s.SignOut = issuer, true })
	at := w.issuer.String() + "/federation/" + u.Handle()
	server := exec.Command("node", "server.mjs", port, at+"/callback", w.issuer.String()+"/end_session/done", at+"/backchannel-logout")
	server.Dir = dir
	out, err := server.StdoutPipe()
	must(t, err)
	must(t, server.Start())
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	said := bufio.NewReader(out)
	if line, err := said.ReadString('\n'); err != nil || strings.TrimSpace(line) != "ready "+issuer {
		t.Fatalf("the provider says %q, %v", line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, said) }() // or it would block one day
	return u
}

var (
	anyForm  = regexp.MustCompile(`<form[^>]*action="([^"]+)"`)
	anyInput = regexp.MustCompile(`name="([^"]+)" value="([^"]*)"`)
)

// roam walks through the provider's redirects and forms until one leads back to us.
func (u *upstream) roam(address string) (back string, form url.Values) {
	u.w.t.Helper()
	c := &http.Client{Jar: u.jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for range 20 {
		var res *http.Response
		var err error
		if form == nil {
			res, err = c.Get(address)
		} else {
			res, err = c.PostForm(address, form)
		}
		must(u.w.t, err)
		page, err := io.ReadAll(res.Body)
		must(u.w.t, err)
		res.Body.Close()
		to, err := res.Location()
		if err != nil {
			m := anyForm.FindSubmatch(page)
			if m == nil {
				u.w.t.Fatalf("%s: %d %s", address, res.StatusCode, page)
			}
			if to, err = res.Request.URL.Parse(string(m[1])); err != nil {
				u.w.t.Fatal(err)
			}
			form = url.Values{"logout": {"yes"}}
			for _, i := range anyInput.FindAllSubmatch(page, -1) {
				form.Set(string(i[1]), string(i[2]))
			}
		} else {
			form = nil
		}
		if address = to.String(); to.Host == u.w.issuer.Host {
			return address, form
		}
	}
	u.w.t.Fatalf("the provider goes round in circles at %s", address)
	return "", nil
}

// signInThere goes where the page leads, by a pushed request, and comes back.
func (b *browser) signInThere(u *upstream) *browser {
	b.w.t.Helper()
	address, err := url.Parse(b.departs())
	must(b.w.t, err)
	if q := address.Query(); len(q) != 2 || q.Get("client_id") != "sallyport" || !strings.HasPrefix(q.Get("request_uri"), "urn:ietf:params:oauth:request_uri:") {
		b.w.t.Fatalf("the request was not pushed: %q at %s: %s", address, b.at, b.alert())
	}
	b.w.clock.Advance(time.Since(b.w.clock.Now()))
	return b.comeBack(u.roam(address.String()))
}

// nowWorld lives in the time of other people's programs.
func nowWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, 1)
	w.clock.Advance(time.Since(w.clock.Now()))
	return w
}

// there opens the application's sign-in, presses the connection's button and signs in as whoever the hint names.
func (b *browser) there(u *upstream, hint string, extra ...string) flow {
	b.w.t.Helper()
	f := b.authorize(b.w.web, append([]string{"tenant", "acme", "login_hint", hint}, extra...)...)
	b.expect("identify").press(u).signInThere(u)
	return f
}

func TestG01R22ProviderThatThisProjectDidNotWrite(t *testing.T) {
	t.Parallel()
	dir := installed(t)
	t.Run("in the manner of Entra it proves the second step when it is asked", func(t *testing.T) { inTheMannerOfEntra(t, dir) })
	t.Run("as any provider it signs people in", func(t *testing.T) { asAnyProvider(t, dir) })
}

func inTheMannerOfEntra(t *testing.T, dir string) {
	w := nowWorld(t)
	u := w.node(t, dir, federation.Entra).exempt(policy.ByEvidence, func(e *policy.Exemption) { e.Evidence = append(federation.Attested("c1"), e.Evidence...) })
	b := w.browser()
	f := b.there(u, "kim@contoso.test")
	if !strings.Contains(b.departs(), "request_uri") {
		t.Fatalf("the evidence is not asked for: at %s (%d) %s: %s", b.at, b.status, b.alert(), w.text("SELECT string_agg(detail::text, ' ') FROM audit_events WHERE kind = 'signin.upstream_failed'"))
	}
	kim := b.signInThere(u).told(f)
	level(t, kim, aal2, "pwd", "mfa")
	if got := w.text("SELECT issuer || ' ' || subject || ' ' || user_id FROM identities"); got != u.Settings.Issuer+" "+kimThere+" "+kim["sub"].(string) {
		t.Errorf("the key of the person is %s", got)
	}
	if said := w.text("SELECT proofs::text FROM sessions"); !strings.Contains(said, `"acrs": "c1"`) || !strings.Contains(said, `"grade": "strong"`) {
		t.Errorf("kept: %s", said)
	}
	// Another person of the directory, whose provider shows the second step at once, is another account.
	u.jar, _ = cookiejar.New(nil)
	other := w.browser()
	f = other.there(u, "lee+mfa@contoso.test")
	for other.departs() != "" {
		other.signInThere(u)
	}
	lee := other.told(f)
	level(t, lee, aal2, "pwd", "mfa")
	if lee["sub"] == kim["sub"] || w.count("SELECT count(*) FROM identities WHERE subject = $1", leeThere) != 1 {
		t.Errorf("lee is %v", lee["sub"])
	}
	u.signsOutThere(kim)
}

// signsOutThere has the provider end sessions: when we ask for it, and by its own notice.
func (u *upstream) signsOutThere(told map[string]any) {
	w, t := u.w, u.w.t
	t.Helper()
	var person id.User
	must(t, person.Parse(told["sub"].(string)))
	living := "SELECT count(*) FROM sessions WHERE ended_at IS NULL AND user_id = $1"

	before := w.count(living, person)
	// Kim begins a session with the provider anew, ends it there, and has none here either.
	u.jar, _ = cookiejar.New(nil)
	in := w.browser()
	f := in.there(u, "kim+mfa@contoso.test", "scope", "openid offline_access")
	for in.departs() != "" {
		in.signInThere(u)
	}
	tokens := in.tokens(f)
	if n := w.count(living, person); n != before+1 {
		t.Fatalf("%d sessions", n)
	}
	end := u.Settings.Issuer + "/session/end?" + url.Values{"client_id": {"sallyport"}, "post_logout_redirect_uri": {w.issuer.String() + "/end_session/done"}}.Encode()
	if back, _ := u.roam(end); !strings.HasPrefix(back, w.issuer.String()+"/end_session/done") {
		t.Errorf("the provider leads to %s", back)
	}
	if n := w.count(living, person); n != before {
		t.Errorf("after the provider's notice %d sessions live, want %d", n, before)
	}
	if status, _ := w.refresh(tokens); status != http.StatusBadRequest {
		t.Fatalf("refresh: %d", status)
	}

	// Signing out here signs out there.
	f = in.there(u, "kim+mfa@contoso.test")
	for in.departs() != "" {
		in.signInThere(u)
	}
	tokens = in.tokens(f)
	in.get("/end_session?" + url.Values{"id_token_hint": {tokens["id_token"].(string)}, "post_logout_redirect_uri": {w.web.redirect + "/out"}}.Encode())
	if !strings.HasPrefix(in.departs(), u.Settings.Issuer+"/session/end?") {
		t.Fatalf("sign-out leads to %q", in.departs())
	}
	if in.comeBack(u.roam(in.departs())); in.left == nil || in.left.Path != "/cb/out" {
		t.Errorf("back at %s, left %v", in.at, in.left)
	}
	if n := w.count(living, person); n != before {
		t.Errorf("after signing out %d sessions live", n)
	}
}

func asAnyProvider(t *testing.T, dir string) {
	w := nowWorld(t)
	u := w.node(t, dir, federation.OIDC).exempt(policy.Skip)
	b := w.browser()
	kim := b.told(b.there(u, "kim@contoso.test"))
	level(t, kim, oneFactor)
	if got := w.text("SELECT issuer || ' ' || subject FROM identities"); got != u.Settings.Issuer+" "+kimThere {
		t.Errorf("the key of the person is %s", got)
	}
	again := w.browser()
	if told := again.told(again.there(u, "kim@contoso.test")); told["sub"] != kim["sub"] {
		t.Errorf("another account: %v", told["sub"])
	}
	u.jar, _ = cookiejar.New(nil)
	other := w.browser()
	if told := other.told(other.there(u, "lee@contoso.test", "max_age", "60")); told["sub"] == kim["sub"] || told["auth_time"] == nil {
		t.Errorf("lee is %v", told)
	}
	u.signsOutThere(kim)
}
