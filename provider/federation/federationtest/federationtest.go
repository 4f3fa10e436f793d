// Package federationtest is an OpenID provider for tests that lies on demand.
//
// It owns a small, strict provider on loopback (discovery, authorization with query and form_post answers, PKCE, pushed requests,
// client authentication in three ways, keys, sign-out, UserInfo) and a Script by which a test makes it dishonest, broken or
// endless. One server plays all kinds: Issuer is a provider with one issuer, Directory one Entra directory, Shared Entra's
// "organizations" or "common" with the template and keys that belong to issuers. It knows nothing of Sallyport, so what it
// believes about OpenID is a second opinion. Tests of oidcrp, federation and provider call it.
//
// Dependency: go-jose/v4 signs, honestly and otherwise.
//
// The person is signed in at once: the authorization endpoint answers immediately, so that an HTTP client which follows
// redirects comes back to the redirect URI:
//
//	op := federationtest.New(t, clock.Now)
//	// a connection with Issuer: op.Issuer(), ClientID: op.ClientID, Secret: op.Secret, Auth: "client_secret_basic";
//	// its client may go to loopback: outbound.New(outbound.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
//	op.Script(func(s *federationtest.Script) {
//		s.Claims = func(r federationtest.Request) map[string]any {
//			return map[string]any{"email": "alice@example.com", "amr": []string{"pwd", "mfa"}, "auth_time": nil}
//		}
//	})
//	res, err := browser.Get(signInAddress) // … op … → {redirect URI}?code&state → our page
//	asked := op.Asked()                    // asked[0].Get("prompt") == "login"
//
// With form_post the authorization endpoint answers with a page, which Posted reads:
//
//	action, form, ok := federationtest.Posted(page)
//	res, err := browser.PostForm(action, form)
package federationtest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// Endpoint is one of the provider's addresses, whatever the issuer that it is asked for.
type Endpoint string

// The endpoints, by which hits are counted and answers replaced.
const (
	Discovery     Endpoint = "discovery"
	Authorization Endpoint = "authorization"
	PAR           Endpoint = "par"
	Token         Endpoint = "token"
	Keys          Endpoint = "keys"
	EndSession    Endpoint = "end_session"
	Userinfo      Endpoint = "userinfo"
)

// Directories that exist in every Provider.
const (
	// HomeDirectory is where people of Entra's shared authorities come from unless the script says otherwise.
	HomeDirectory = "11111111-1111-4111-8111-111111111111"
	// PersonalDirectory is that of personal Microsoft accounts.
	PersonalDirectory = "9188040d-6c67-4c5b-b112-36a304b66dad"
)

// Provider is a running provider; its methods are safe for concurrent use.
type Provider struct {
	// URL is where it listens, without a slash at the end.
	URL string
	// ClientID and Secret are those of its one client; the id has characters that must be encoded in a Basic header.
	ClientID, Secret string
	// ClientKey is the client's private key as PEM (PKCS #8, P-256), for private_key_jwt.
	ClientKey string

	now    func() time.Time
	client clientKey
	// scripting is held while the script is changed, mu for everything below.
	scripting sync.Mutex
	mu        sync.Mutex
	script    Script
	ring      ring
	codes     map[string]Request
	pushed    map[string]url.Values
	jtis      map[string]bool
	seen      record
}

// New starts a provider for the length of the test; its tokens are of the time that now tells.
func New(t testing.TB, now func() time.Time) *Provider {
	t.Helper()
	p := &Provider{ClientID: "sallyport:1", Secret: "s3cret/+ %:&", now: now,
		codes: map[string]Request{}, pushed: map[string]url.Values{}, jtis: map[string]bool{}, seen: record{hits: map[Endpoint]int{}}}
	p.ring = newRing(t)
	p.client, p.ClientKey = newClientKey(t)
	mux := http.NewServeMux()
	p.mount(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

// mount serves every endpoint twice: for the provider itself, and below the name of an Entra directory.
func (p *Provider) mount(mux *http.ServeMux) {
	mux.HandleFunc("/.well-known/openid-configuration", p.serve(Discovery, p.discovery))
	mux.HandleFunc("/{dir}/v2.0/.well-known/openid-configuration", p.serve(Discovery, p.discovery))
	for e, h := range map[Endpoint]http.HandlerFunc{Authorization: p.authorize, PAR: p.push, Token: p.token, Keys: p.jwks,
		EndSession: p.endSession, Userinfo: p.userinfo} {
		mux.HandleFunc("/"+string(e), p.serve(e, h))
		mux.HandleFunc("/{dir}/"+string(e), p.serve(e, h))
	}
}

func (p *Provider) serve(e Endpoint, honest http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.seen.hits[e]++
		answer := p.script.Answer[e]
		p.mu.Unlock()
		if answer == nil {
			answer = honest
		}
		answer(w, r)
	}
}

// Issuer is the issuer of the provider that is nobody in particular.
func (p *Provider) Issuer() string { return p.URL }

// Directory is the issuer of one Entra directory.
func (p *Provider) Directory(tid string) string { return p.URL + "/" + tid + "/v2.0" }

// Shared is a shared authority of Entra: "organizations" or "common".
func (p *Provider) Shared(name string) string { return p.URL + "/" + name + "/v2.0" }

// At is the address of an endpoint of the provider that is nobody in particular.
func (p *Provider) At(e Endpoint) string { return p.URL + "/" + string(e) }

// Script changes what the provider does from now on; what is not mentioned stays.
func (p *Provider) Script(change func(*Script)) {
	// change may ask p for its keys, so that p is not locked meanwhile.
	p.scripting.Lock()
	defer p.scripting.Unlock()
	s := p.current()
	change(&s)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script = s
}

// Honest ends all lies.
func (p *Provider) Honest() { p.Script(func(s *Script) { *s = Script{} }) }

func (p *Provider) current() Script {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.script
}
