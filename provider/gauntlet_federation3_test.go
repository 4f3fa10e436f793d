package provider_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/provider/federation/federationtest"
	"sallyport/provider/session"
	"sallyport/storage/audit"
)

func TestG05TokenForSomebodyElseOrAnotherTimeIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	u := w.connect(w.acme, federation.OIDC).exempt(policy.Skip)
	u.knows(alice)
	now, ours := w.clock.Now(), u.op.ClientID
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	u.spurnsAll(map[string]lies{
		"another audience":           {map[string]any{"aud": "somebody else"}, "audience"},
		"no audience":                {map[string]any{"aud": nil}, "audience"},
		"an audience that begins so": {map[string]any{"aud": ours + "1"}, "audience"},
		"several, without azp":       {map[string]any{"aud": []string{ours, "other"}}, ""},
		"several, azp of another":    {map[string]any{"aud": []string{ours, "other"}, "azp": "other"}, "azp"},
		"azp of another":             {map[string]any{"azp": "other"}, "azp"},
		"expired":                    {map[string]any{"iat": at(-time.Hour), "exp": at(-30 * time.Minute)}, "expired"},
		"never expires":              {map[string]any{"exp": nil}, "expired"},
		"expires as text":            {map[string]any{"exp": "tomorrow"}, ""},
		"issued tomorrow":            {map[string]any{"iat": at(24 * time.Hour), "exp": at(25 * time.Hour)}, "iat"},
		"issued at no time":          {map[string]any{"iat": nil}, "iat"},
		"not yet":                    {map[string]any{"nbf": at(time.Hour)}, ""},
		"no nonce":                   {map[string]any{"nonce": nil}, "nonce"},
		"another nonce":              {map[string]any{"nonce": "n"}, "nonce"},
		"a list of nonces":           {map[string]any{"nonce": []string{"n"}}, "nonce"},
		"another issuer":             {map[string]any{"iss": "https://login.example.com"}, "issuer"},
		"issuer with a slash":        {map[string]any{"iss": u.op.Issuer() + "/"}, "issuer"},
		"nobody":                     {map[string]any{"sub": nil}, ""},
		"a number for nobody":        {map[string]any{"sub": 7}, ""},
		"a hash of another token":    {map[string]any{"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, ""},
	})
	// Tokens of other flows: each is good where it belongs.
	var flows []string
	u.op.Script(func(s *federationtest.Script) {
		s.Tamper = func(token string) string { flows = append(flows, token); return token }
	})
	w.browser().through(u)
	foreign := u.op.Sign(map[string]any{"iss": u.op.Issuer(), "sub": "alice", "aud": ours, "iat": now.Unix(), "exp": at(time.Hour), "nonce": nonceOf(t, flows[0])}, federationtest.Signing{})
	for what, token := range map[string]string{"token of another flow": flows[0], "nonce of another flow": foreign, "no token": "", "not a token": "a.b.c",
		"a logout token": u.op.LogoutToken(nil, federationtest.Signing{}), "without a signature": flows[0][:strings.LastIndex(flows[0], ".")+1], "two tokens": flows[0] + "." + flows[0]} {
		u.op.Script(func(s *federationtest.Script) { s.Tamper = func(string) string { return token } })
		w.spurns(w.acme, what, "", func(b *browser) { b.through(u) })
	}
	for what, tamper := range map[string]func(string) string{
		"signed with our secret": func(token string) string { return hs256(token, []byte(u.op.Secret)) },
		"signed with nothing":    func(token string) string { return hs256(token, nil) },
		"another payload": func(token string) string {
			p := strings.Split(token, ".")
			p[1] = strings.Split(flows[0], ".")[1]
			return strings.Join(p, ".")
		},
		"the signature of another": func(token string) string {
			p := strings.Split(token, ".")
			p[2] = strings.Split(flows[0], ".")[2]
			return strings.Join(p, ".")
		},
	} {
		u.op.Script(func(s *federationtest.Script) { s.Tamper = tamper })
		w.spurns(w.acme, what, "", func(b *browser) { b.through(u) })
	}
	if n := w.count("SELECT count(*) FROM sessions"); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

func nonceOf(t *testing.T, token string) any {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	var c map[string]any
	if err == nil {
		err = json.Unmarshal(payload, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c["nonce"]
}

// hs256 signs the claims of a token with a secret that both sides have, or that everybody has.
func hs256(token string, key []byte) string {
	signed := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","kid":"key-1"}`)) + "." + strings.Split(token, ".")[1]
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// departed is a browser that has been to the provider, and the answer that it carries back.
func (u *upstream) departed(extra ...string) (b *browser, back string, form url.Values) {
	u.w.t.Helper()
	b = u.w.browser()
	b.authorize(u.w.web, append([]string{"tenant", u.Tenant.String()}, extra...)...)
	b.expect("identify").press(u)
	back, form = u.visit(b.departs())
	return b, back, form
}

// changed is an address with one parameter replaced; without values it is taken away.
func changed(t *testing.T, address, name string, values ...string) string {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := at.Query()
	if q[name] = values; len(values) == 0 {
		q.Del(name)
	}
	at.RawQuery = q.Encode()
	return at.String()
}

func TestG09AnswerIsWorthNothingInAnotherBrowser(t *testing.T) {
	t.Parallel()
	for _, posted := range []bool{false, true} {
		w := newWorld(t, 1)
		u := w.connect(w.acme, federation.OIDC, func(s *federation.Settings) { s.FormPost = posted }).exempt(policy.Skip)
		attacker, back, form := u.departed()
		before, hits := w.ledger(), u.op.Hits(federationtest.Token)
		own, _, _ := u.departed()
		renamed := w.browser()
		for _, c := range own.client.Jar.Cookies(w.issuer) {
			renamed.client.Jar.SetCookies(w.issuer, []*http.Cookie{{Name: c.Name, Value: c.Value, Path: "/"}})
			for _, theirs := range attacker.client.Jar.Cookies(w.issuer) {
				renamed.client.Jar.SetCookies(w.issuer, []*http.Cookie{{Name: theirs.Name, Value: c.Value, Path: "/"}})
			}
		}
		for what, b := range map[string]*browser{"no cookie": w.browser(), "an own attempt's cookie": own, "an own attempt's cookie under that name": renamed} {
			if b.comeBack(back, form); b.status != http.StatusForbidden || has(b, session.Cookie) {
				t.Errorf("posted %v, %s: %d at %s", posted, what, b.status, b.at)
			}
			w.unmoved(b, what, before)
		}
		if u.op.Hits(federationtest.Token) != hits {
			t.Error("the code was spent for another browser")
		}
		// The browser that was sent is not kept from coming back by all that.
		if attacker.comeBack(back, form); attacker.step() != "consent" {
			t.Errorf("posted %v: its own answer: at %s (%d) %s", posted, attacker.at, attacker.status, attacker.alert())
		}
	}
}

func TestG09AnswerThatDoesNotFitChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	op := federationtest.New(t, w.clock.Now)
	a, other := w.connectTo(op, w.acme, federation.OIDC).exempt(policy.Skip), w.connectTo(op, w.acme, federation.OIDC).exempt(policy.Skip)
	b, back, _ := a.departed()
	at, err := url.Parse(back)
	if err != nil {
		t.Fatal(err)
	}
	state := at.Query().Get("state")
	handle, random, _ := strings.Cut(state, ".")
	before, hits := w.ledger(), op.Hits(federationtest.Token)
	for what, address := range map[string]string{
		"at another connection": strings.ReplaceAll(back, a.Handle(), other.Handle()),
		"at another tenant":     strings.ReplaceAll(back, a.Tenant.String(), w.globex.String()),
		"at none":               strings.ReplaceAll(back, a.Handle(), "x"),
		"without a state":       changed(t, back, "state"),
		"with half a state":     changed(t, back, "state", handle),
		"with a short state":    changed(t, back, "state", state[:len(state)-1]),
		"with a longer state":   changed(t, back, "state", state+"A"),
		"with another handle":   changed(t, back, "state", "x."+random),
		"with two states":       changed(t, back, "state", "x", state),
		"with endless state":    changed(t, back, "state", strings.Repeat("s", 20<<10)),
		"with broken encoding":  back + "&x=%zz",
		"as an error":           changed(t, changed(t, back, "error", "access_denied"), "state", handle+".x"),
	} {
		if b.comeBack(address, nil); b.status >= 500 {
			t.Errorf("%s: %d", what, b.status)
		}
		w.unmoved(b, what, before)
	}
	r, err := http.NewRequest(http.MethodHead, w.issuer.String()+at.RequestURI(), nil)
	if err != nil {
		t.Fatal(err)
	}
	b.do(r)
	b.post(at.Path, url.Values{"connection": {a.ID.String()}, "state": {""}})
	if op.Hits(federationtest.Token) != hits || w.ledger() != before || w.failures(w.acme) != "" {
		t.Errorf("%d exchanges, %q on record", op.Hits(federationtest.Token)-hits, w.failures(w.acme))
	}
	b.comeBack(back, nil).expect("consent")
	told := w.text("SELECT facts::text FROM signin_attempts WHERE user_id IS NOT NULL")
	b.comeBack(back, nil).expect("consent") // used
	if w.text("SELECT facts::text FROM signin_attempts WHERE user_id IS NOT NULL") != told || op.Hits(federationtest.Token) != hits+1 {
		t.Error("a used state has changed something")
	}
	// Whoever sets out anew makes the answer to the last time worthless.
	c, old, _ := a.departed()
	c.get(c.attempt() + "/identify").expect("identify").press(a)
	hits = op.Hits(federationtest.Token)
	if c.comeBack(old, nil); c.step() != "identify" || op.Hits(federationtest.Token) != hits {
		t.Errorf("the answer to an older question: at %s (%d)", c.at, c.status)
	}
}

func TestG09MixUpAndForeignCodesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.connect(w.acme, federation.OIDC).exempt(policy.Skip)
	evil := w.connect(w.acme, federation.OIDC)
	answer := func(edit func(string) string) func(*browser) {
		return func(b *browser) {
			b.authorize(w.web, "tenant", "acme")
			b.expect("identify").press(u)
			back, _ := u.visit(b.departs())
			b.comeBack(edit(back), nil)
		}
	}
	hits := u.op.Hits(federationtest.Token)
	for what, iss := range map[string]string{"another provider": evil.op.Issuer(), "a slash": u.op.Issuer() + "/", "nobody": "x", "capitals": strings.ToUpper(u.op.Issuer())} {
		w.spurns(w.acme, what+" answers", "mixup", answer(func(back string) string { return changed(t, back, "iss", iss) }))
	}
	w.clock.Advance(48 * time.Hour) // what is remembered of the provider is read anew
	u.op.Script(func(s *federationtest.Script) { s.Iss = true })
	w.spurns(w.acme, "nobody says who answers", "mixup", answer(func(back string) string { return changed(t, back, "iss") }))
	if u.op.Hits(federationtest.Token) != hits {
		t.Error("the code was sent away before that was seen")
	}
	// The code of an attacker's own sign-in at the provider, in the victim's browser: PKCE ties it to the attacker's attempt.
	_, theirs, _ := u.departed()
	at, err := url.Parse(theirs)
	if err != nil {
		t.Fatal(err)
	}
	w.spurns(w.acme, "code of another sign-in", "exchange", answer(func(back string) string { return changed(t, back, "code", at.Query().Get("code")) }))
	w.spurns(w.acme, "no code", "", answer(func(back string) string { return changed(t, back, "code") }))
	for what, word := range map[string]string{"access_denied": "access_denied", "server_error": "server_error", "<script>": "script"} {
		w.spurns(w.acme, what, word, answer(func(back string) string { return changed(t, changed(t, back, "code"), "error", what) }))
	}
	answer(func(back string) string { return back })(w.browser())
	if w.count("SELECT count(*) FROM identities") != 1 {
		t.Error("the honest answer is worth nothing")
	}
}

func TestG09FormPostOfAnotherSiteIsTakenFromTheBrowserThatWasSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.connect(w.acme, federation.OIDC, func(s *federation.Settings) { s.FormPost = true }).exempt(policy.Skip)
	b, back, form := u.departed()
	path := strings.TrimPrefix(back, w.issuer.String())
	cross := func(path string, form url.Values) {
		r, err := http.NewRequest(http.MethodPost, w.issuer.String()+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", u.op.URL)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		b.do(r)
	}
	before := w.ledger()
	answer := strings.TrimSuffix(path, "callback") + "answer"
	if cross(answer, form); b.status != http.StatusForbidden || u.op.Hits(federationtest.Token) != 0 {
		t.Errorf("the second post from another site: %d", b.status)
	}
	hostile := url.Values{"state": form["state"], "code": {`"><script>alert(1)</script>`}, "iss": {"javascript:alert(1)"}}
	if cross(path, hostile); strings.Contains(b.body, "<script>alert") || w.ledger() != before {
		t.Error("the page carries what was posted as it is")
	}
	cross(path, form)
	if b.status != http.StatusOK || w.ledger() != before || u.op.Hits(federationtest.Token) != 0 || b.header.Get("Set-Cookie") != "" {
		t.Errorf("a post of another site has done something: %d", b.status)
	}
	b.submitFields().expect("consent")
}

func TestG10AnswerIsTakenOnceHoweverOftenItComes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	u := w.connect(w.acme, federation.OIDC).exempt(policy.Skip)
	for range 3 {
		b, back, _ := u.departed()
		jar := b.client.Jar.Cookies(w.issuer)
		copies := make([]*browser, 20)
		var barrier, all sync.WaitGroup
		barrier.Add(1)
		for i := range copies {
			copies[i] = w.browser()
			copies[i].server = i % 2
			copies[i].client.Jar.SetCookies(w.issuer, jar)
			all.Go(func() { barrier.Wait(); copies[i].comeBack(back, nil) })
		}
		barrier.Done()
		all.Wait()
		won := 0
		for _, c := range copies {
			if c.status >= 500 {
				t.Errorf("%d at %s", c.status, c.at)
			}
			if c.step() == "consent" {
				c.submit("decision", "allow")
			}
			if c.left != nil && c.left.Query().Get("code") != "" {
				won++
			}
		}
		if won != 1 {
			t.Errorf("%d of 20 got in", won)
		}
		other := w.browser()
		other.client.Jar.SetCookies(w.issuer, jar)
		if other.comeBack(back, nil); other.left != nil || has(other, session.Cookie) {
			t.Errorf("afterwards: at %s (%d)", other.at, other.status)
		}
	}
	if s, i, p := w.count("SELECT count(*) FROM sessions"), w.count("SELECT count(*) FROM identities"), w.count("SELECT count(*) FROM users"); s != 3 || i != 1 || p != 1 {
		t.Errorf("%d sessions, %d identities, %d people after three sign-ins of one", s, i, p)
	}
	if n := w.events(w.acme, audit.SignInDone); n != 3 {
		t.Errorf("%d sign-ins on record", n)
	}
}

func TestG13HostileDocumentsLeadNowhere(t *testing.T) {
	t.Parallel()
	documents := map[string]func(*federationtest.Script, *federationtest.Provider){
		"another issuer":     edit("issuer", "https://login.example.com"),
		"issuer and a slash": func(s *federationtest.Script, op *federationtest.Provider) { edit("issuer", op.Issuer()+"/")(s, op) },
		"no issuer":          edit("issuer", nil),
		"only HMAC":          edit("id_token_signing_alg_values_supported", []string{"HS256"}),
		"only none":          edit("id_token_signing_alg_values_supported", []string{"none"}),
		"a script":           edit("authorization_endpoint", "javascript:alert(1)"),
		"somebody's secret":  edit("authorization_endpoint", "https://user:password@login.example.com/"),
		"no token endpoint":  edit("token_endpoint", nil),
		"a file":             edit("jwks_uri", "file:///etc/passwd"),
		"a number":           edit("authorization_endpoint", 7),
		"50 MB":              answered(federationtest.Discovery, federationtest.Huge(50<<20)),
		"endless":            answered(federationtest.Discovery, federationtest.Endless),
		"500":                answered(federationtest.Discovery, federationtest.Status(500, "{}")),
		"no JSON":            answered(federationtest.Discovery, federationtest.Status(200, "<html>")),
		"nested":             answered(federationtest.Discovery, federationtest.Status(200, strings.Repeat(`{"a":`, 100_000)+"1"+strings.Repeat("}", 100_000))),
	}
	keys := map[string]func(*federationtest.Script, *federationtest.Provider){
		"10k keys": func(s *federationtest.Script, _ *federationtest.Provider) {
			s.Keys = func(all []map[string]any) []map[string]any {
				for i := range 10_000 {
					all = append(all, map[string]any{"kty": "EC", "kid": fmt.Sprint(i)})
				}
				return all
			}
		},
		"endless keys":  answered(federationtest.Keys, federationtest.Endless),
		"endless token": answered(federationtest.Token, federationtest.Endless),
		"50 MB token":   answered(federationtest.Token, federationtest.Huge(50<<20)),
		"no keys":       answered(federationtest.Keys, federationtest.Status(200, `{"keys":[]}`)),
	}
	w := newWorld(t, 1)
	for what, hostile := range documents {
		u := w.connect(w.acme, federation.OIDC).exempt(policy.Skip)
		u.op.Script(func(s *federationtest.Script) { hostile(s, u.op) })
		w.spurns(w.acme, what, "", func(b *browser) {
			b.authorize(w.web, "tenant", "acme")
			if b.expect("identify").press(u); b.departs() != "" {
				t.Errorf("%s: leads to %s", what, b.departs())
			}
		})
	}
	for what, hostile := range keys {
		u := w.connect(w.acme, federation.OIDC).exempt(policy.Skip)
		u.op.Script(func(s *federationtest.Script) { hostile(s, u.op) })
		w.spurns(w.acme, what, "", func(b *browser) { b.through(u) })
	}
	if n := w.count("SELECT count(*) FROM users"); n != 0 {
		t.Errorf("%d people were made", n)
	}
}

func edit(name string, value any) func(*federationtest.Script, *federationtest.Provider) {
	return func(s *federationtest.Script, _ *federationtest.Provider) {
		s.Discovery = func(d map[string]any) {
			if d[name] = value; value == nil {
				delete(d, name)
			}
		}
	}
}

func answered(e federationtest.Endpoint, h http.HandlerFunc) func(*federationtest.Script, *federationtest.Provider) {
	return func(s *federationtest.Script, _ *federationtest.Provider) {
		s.Answer = map[federationtest.Endpoint]http.HandlerFunc{e: h}
	}
}
