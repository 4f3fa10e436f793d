package entra_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"sallyport/cmd/sallyport/demo/entra"
)

const (
	party  = "http://localhost:8080"
	back   = party + "/federation/somewhere/callback"
	secret = "not told: +/%"
)

var moment = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// world is a provider and an application that was written with the usual libraries.
type world struct {
	t        *testing.T
	origin   string
	browser  *http.Client
	config   oauth2.Config
	provider *oidc.Provider
	verifier string
}

// open discovers an authority. Issuers with {tenantid} are wrong by the standard: as every application of several
// directories, this one says that it knows.
func open(t *testing.T, authority string) *world {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	t.Cleanup(s.Close)
	handler, err := entra.New(entra.Config{Self: "http://" + s.Listener.Addr().String(), Party: party, Secret: secret, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return moment }})
	if err != nil {
		t.Fatal(err)
	}
	s.Config.Handler = handler
	s.Start()
	w := &world{t: t, origin: s.URL, verifier: oauth2.GenerateVerifier()}
	w.browser = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ctx := context.Background()
	if authority == "organizations" || authority == "common" {
		ctx = oidc.InsecureIssuerURLContext(ctx, entra.Issuer(s.URL, "{tenantid}"))
	}
	if w.provider, err = oidc.NewProvider(ctx, entra.Issuer(s.URL, authority)); err != nil {
		t.Fatal(err)
	}
	w.config = oauth2.Config{ClientID: entra.ClientID, ClientSecret: secret, Endpoint: w.provider.Endpoint(), RedirectURL: back,
		Scopes: []string{"openid", "profile", "email"}}
	return w
}

// ask is the address of a request with PKCE, state and nonce, and what else is given in pairs.
func (w *world) ask(more ...string) string {
	options := []oauth2.AuthCodeOption{oidc.Nonce("n-1"), oauth2.S256ChallengeOption(w.verifier)}
	for i := 0; i < len(more); i += 2 {
		options = append(options, oauth2.SetAuthURLParam(more[i], more[i+1]))
	}
	return w.config.AuthCodeURL("s-1", options...)
}

// pick fills in the page as it comes, but for what is given, and says where the answer led.
func (w *world) pick(address string, changes url.Values) (*http.Response, string) {
	w.t.Helper()
	status, text := read(w.t)(w.browser.Get(address))
	if status != http.StatusOK {
		w.t.Fatalf("%d %s", status, text)
	}
	form := filled(w.t, text)
	for name, values := range changes {
		form[name] = values
	}
	at, _, _ := strings.Cut(address, "?")
	res, err := w.browser.PostForm(at, form)
	if err != nil {
		w.t.Fatal(err)
	}
	_, text = read(w.t)(res, nil)
	return res, text
}

// answer is the one in an address.
func (w *world) answer(res *http.Response) url.Values {
	w.t.Helper()
	to, err := res.Location()
	if err != nil || !strings.HasPrefix(to.String(), back+"?") {
		w.t.Fatalf("%d leads to %v, %v", res.StatusCode, to, err)
	}
	if got := to.Query().Get("state"); got != "s-1" {
		w.t.Fatalf("state is %q", got)
	}
	return to.Query()
}

// claims exchanges the code and lets the library check the token.
func (w *world) claims(code, tenant string) map[string]any {
	w.t.Helper()
	tokens, err := w.config.Exchange(w.t.Context(), code, oauth2.VerifierOption(w.verifier))
	if err != nil {
		w.t.Fatal(err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	var about struct {
		Keys string `json:"jwks_uri"`
	}
	if err := w.provider.Claims(&about); err != nil {
		w.t.Fatal(err)
	}
	verifier := oidc.NewVerifier(entra.Issuer(w.origin, tenant), oidc.NewRemoteKeySet(context.Background(), about.Keys),
		&oidc.Config{ClientID: entra.ClientID, Now: func() time.Time { return moment }})
	token, err := verifier.Verify(w.t.Context(), raw)
	if err != nil {
		w.t.Fatal(err)
	}
	all := map[string]any{}
	if err := token.Claims(&all); err != nil {
		w.t.Fatal(err)
	}
	return all
}
