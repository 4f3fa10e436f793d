package oidcrp_test

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"testing"
	"time"

	"sallyport/provider/federation/federationtest"
	"sallyport/provider/federation/oidcrp"
	"sallyport/provider/outbound"
)

const callback = "https://login.example.test/federation/a.b/callback"

// clock is turned by hand.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// world is a provider and our client of it.
type world struct {
	*federationtest.Provider
	clock   *clock
	client  *oidcrp.Client
	relying oidcrp.Relying
}

func setup(t *testing.T) world {
	t.Helper()
	c := &clock{t: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}
	p := federationtest.New(t, c.now)
	out := outbound.New(outbound.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Timeout: 5 * time.Second})
	return world{Provider: p, clock: c, client: oidcrp.New(out, c.now),
		relying: oidcrp.Relying{Issuer: p.Issuer(), ClientID: p.ClientID, Auth: "client_secret_basic", Secret: p.Secret}}
}

func entra(t *testing.T, authority string) world {
	t.Helper()
	w := setup(t)
	w.relying.Issuer, w.relying.Entra = w.Directory(authority), true
	return w
}

func ask() oidcrp.Ask {
	return oidcrp.Ask{RedirectURI: callback, State: "state-1", Nonce: "nonce-1", Verifier: "verifier-of-forty-three-characters-at-least-1"}
}

// travel is the browser: it goes to the provider and returns with what the provider says.
func (w world) travel(t *testing.T, a oidcrp.Ask) url.Values {
	t.Helper()
	address, err := w.client.Begin(t.Context(), w.relying, a)
	if err != nil {
		t.Fatal(err)
	}
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if action, form, ok := federationtest.Posted(string(body)); ok && action == callback {
		return form
	}
	back, err := res.Location()
	if err != nil {
		t.Fatalf("status %d: %s", res.StatusCode, body)
	}
	return back.Query()
}

func answer(a oidcrp.Ask, q url.Values) oidcrp.Answer {
	return oidcrp.Answer{Code: q.Get("code"), Issuer: q.Get("iss"), RedirectURI: a.RedirectURI, Nonce: a.Nonce, Verifier: a.Verifier}
}

func (w world) signIn(t *testing.T) (oidcrp.Token, error) {
	t.Helper()
	a := ask()
	return w.client.Redeem(t.Context(), w.relying, answer(a, w.travel(t, a)))
}

func (w world) mustSignIn(t *testing.T) oidcrp.Token {
	t.Helper()
	token, err := w.signIn(t)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// refuses wants a sign-in to fail for this reason and to give nothing.
func (w world) refuses(t *testing.T, reason string) {
	t.Helper()
	token, err := w.signIn(t)
	if !errors.Is(err, oidcrp.ErrToken) || oidcrp.Reason(err) != reason {
		t.Fatalf("want %s, got %v", reason, err)
	}
	if token.Subject != "" || token.Claims != nil {
		t.Fatalf("a refused token says %v", token)
	}
}

// claims has the next ID tokens say this beside the truth; nil takes a claim away.
func (w world) claims(c map[string]any) {
	w.Script(func(s *federationtest.Script) { s.Claims = func(federationtest.Request) map[string]any { return c } })
}
