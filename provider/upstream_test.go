package provider_test

import (
	"context"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"testing"

	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/provider/federation/federationtest"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// upstream is a connection of a tenant to a scripted provider.
type upstream struct {
	w  *world
	op *federationtest.Provider
	federation.Connection
	// jar keeps what the browser has at the provider.
	jar http.CookieJar
}

// connect gives the tenant a connection of the kind that makes accounts for whoever comes.
func (w *world) connect(t id.Tenant, kind federation.Kind, change ...func(*federation.Settings)) *upstream {
	w.t.Helper()
	return w.connectTo(federationtest.New(w.t, w.clock.Now), t, kind, change...)
}

func (w *world) connectTo(op *federationtest.Provider, t id.Tenant, kind federation.Kind, change ...func(*federation.Settings)) *upstream {
	w.t.Helper()
	s := kind.Defaults()
	s.Issuer, s.ClientID, s.Create, s.Role, s.Auth = op.Issuer(), op.ClientID, true, "user", "client_secret_basic"
	if kind == federation.Entra {
		s.Issuer = op.Directory(federationtest.HomeDirectory)
	}
	for _, c := range change {
		c(&s)
	}
	u := &upstream{w: w, op: op, Connection: federation.Connection{Tenant: t, Kind: kind, Name: "Up " + string(kind) + " " + secret()[:8], Settings: s}}
	var err error
	if u.ID, err = federation.Create(context.Background(), w.store, w.seal, u.Connection, op.Secret, audit.Operator, audit.Origin{}, w.clock.Now()); err != nil {
		w.t.Fatal(err)
	}
	u.jar, _ = cookiejar.New(nil)
	w.changed()
	return u
}

// changed is what the notice of the database does.
func (w *world) changed() { w.provider.Changed("") }

// exempt is the tenant's stand on the connection, with the evidence that the kind brings.
func (u *upstream) exempt(mode policy.Exempt, change ...func(*policy.Exemption)) *upstream {
	u.w.t.Helper()
	e := policy.Exemption{Connection: u.ID, Mode: mode}
	if mode == policy.ByEvidence {
		e.Accept, e.Evidence = "good", u.Kind.Evidence()
	}
	for _, c := range change {
		c(&e)
	}
	u.w.setPolicy(u.Tenant, func(p *policy.Policy) {
		p.Exemptions = append(p.Exemptions, e)
	})
	return u
}

// says puts claims over those of the next ID tokens.
func (u *upstream) says(pairs ...any) *upstream {
	claims := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		claims[pairs[i].(string)] = pairs[i+1]
	}
	u.op.Script(func(s *federationtest.Script) {
		s.Claims = func(federationtest.Request) map[string]any { return claims }
	})
	return u
}

var departure = regexp.MustCompile(`http-equiv="refresh" content="0; url=([^"]+)"`)

// departs is where the page takes the browser, "" when it takes it nowhere.
func (b *browser) departs() string {
	m := departure.FindStringSubmatch(b.body)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// visit goes to the provider and returns what it answers with: an address to go to, or a form to post there.
func (u *upstream) visit(address string) (back string, form url.Values) {
	u.w.t.Helper()
	client := &http.Client{Jar: u.jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(address)
	if err != nil {
		u.w.t.Fatal(err)
	}
	defer res.Body.Close()
	if location, err := res.Location(); err == nil {
		return location.String(), nil
	}
	page, err := io.ReadAll(res.Body)
	if err != nil {
		u.w.t.Fatal(err)
	}
	back, form, ok := federationtest.Posted(string(page))
	if !ok {
		u.w.t.Fatalf("the provider says %d: %s", res.StatusCode, page)
	}
	return back, form
}

// follow goes where the page leads, signs in there and comes back.
func (b *browser) follow(u *upstream) *browser {
	b.w.t.Helper()
	address := b.departs()
	if address == "" {
		b.w.t.Fatalf("%s (%d) leads to no provider: %s", b.at, b.status, b.alert())
	}
	back, form := u.visit(address)
	return b.comeBack(back, form)
}

// comeBack answers the attempt as a provider's redirect or form does.
func (b *browser) comeBack(back string, form url.Values) *browser {
	b.w.t.Helper()
	if form == nil {
		at, err := url.Parse(back)
		if err != nil {
			b.w.t.Fatal(err)
		}
		return b.get(at.RequestURI())
	}
	at, err := url.Parse(back)
	if err != nil {
		b.w.t.Fatal(err)
	}
	b.post(at.RequestURI(), form)
	return b.submitFields()
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// submitFields posts the page's form with its hidden fields, as its script does.
func (b *browser) submitFields() *browser {
	b.w.t.Helper()
	var pairs []string
	for _, m := range hidden.FindAllStringSubmatch(b.body, -1) {
		pairs = append(pairs, html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	return b.submit(pairs...)
}

// press chooses the connection on a page that offers it.
func (b *browser) press(u *upstream) *browser {
	b.w.t.Helper()
	return b.post("/signin/"+b.handle()+"/upstream", url.Values{"connection": {u.ID.String()}})
}

var handleInPath = regexp.MustCompile(`/signin/([^/]+)`)

// handle is that of the attempt shown.
func (b *browser) handle() string {
	b.w.t.Helper()
	m := handleInPath.FindStringSubmatch(b.at.Path)
	if m == nil {
		b.w.t.Fatalf("no attempt at %s", b.at)
	}
	return m[1]
}

// aliceThere and bobThere are objects in the directory of Entra.
const aliceThere, bobThere = "0a11ce00-0000-4000-8000-000000000001", "0b0b0000-0000-4000-8000-000000000002"

// is connects the person to alice at the provider.
func (u *upstream) is(p *person) *person {
	u.w.t.Helper()
	subject := map[bool]string{false: "alice", true: aliceThere}[u.Kind == federation.Entra]
	must(u.w.t, u.w.store.Tenant(u.Tenant).CreateIdentity(context.Background(), db.CreateIdentityParams{TenantID: u.Tenant, ID: id.NewIdentity(), UserID: p.id,
		ConnectionID: u.ID, Issuer: u.Settings.Issuer, Subject: subject, Label: p.email, CreatedAt: u.w.clock.Now()}))
	return p
}

// arrive is follow, by way of the button where the page has one.
func (b *browser) arrive(u *upstream) *browser {
	b.w.t.Helper()
	if b.departs() == "" {
		b.press(u)
	}
	return b.follow(u)
}

// through opens the application's sign-in and goes to the connection at once.
func (b *browser) through(u *upstream, extra ...string) flow {
	b.w.t.Helper()
	f := b.authorize(b.w.web, append([]string{"tenant", u.Tenant.String()}, extra...)...)
	b.expect("identify").press(u)
	b.follow(u)
	return f
}

func TestR4R22FederatedSignInSkipsTheSecondFactorWherePolicySaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.connect(w.acme, federation.Entra).exempt(policy.Skip)
	b := w.browser()
	f := b.through(u)
	level(t, b.told(f), "urn:sallyport:acr:1fa")
}
