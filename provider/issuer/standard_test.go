package issuer_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"sallyport/mfa"
	"sallyport/provider/client"
)

// TestAStandardClientSignsIn uses the libraries that most Go applications use: discovery, PKCE, nonce,
// verification, userinfo, refresh.
func TestAStandardClientSignsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.register(client.New{ID: "rsa", AuthMethod: client.SecretPost, RequirePKCE: true, IDTokenAlg: "RS256", AccessTokenFormat: client.JWT})
	p := w.enrolled(w.acme, "ann@acme.test")
	for _, name := range []string{"web", "web2", "spa", "rsa"} {
		t.Run(name, func(t *testing.T) { w.standard(t, name, p) })
	}
}

func (w *world) standard(t *testing.T, name string, p *person) {
	ctx := context.Background()
	provider, err := oidc.NewProvider(ctx, w.public.String())
	if err != nil {
		t.Fatal(err)
	}
	config := oauth2.Config{ClientID: name, ClientSecret: w.secrets[name], Endpoint: provider.Endpoint(), RedirectURL: redirectOf(name),
		Scopes: []string{"openid", "profile", "email", "offline_access"}}
	b, verifier := w.browser(), oauth2.GenerateVerifier()
	link := config.AuthCodeURL("the state", oidc.Nonce("the nonce"), oauth2.S256ChallengeOption(verifier))
	r := b.get(link[len(w.public.String()):])
	q := b.answered(b.get(callbackOf(b.prove(handles.FindStringSubmatch(r.header.Get("Location"))[1], p))), "query")
	if q.Get("state") != "the state" {
		t.Errorf("state %q", q.Get("state"))
	}
	token, err := config.Exchange(ctx, q.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	first := w.verified(t, provider, name, token)
	if first.Nonce != "the nonce" || first.Subject != p.id.String() {
		t.Errorf("nonce %q, subject %q", first.Nonce, first.Subject)
	}
	w.clock.Advance(time.Minute)
	refreshed, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: token.RefreshToken, Expiry: time.Now().Add(-time.Hour)}).Token()
	if err != nil {
		t.Fatal(err)
	}
	if second := w.verified(t, provider, name, refreshed); second.Subject != first.Subject || second.Nonce != "" || !second.IssuedAt.After(first.IssuedAt) {
		t.Errorf("refreshed %+v after %+v", second, first)
	}
}

// verified checks the ID token, its link to the access token, what it tells of the sign-in, and userinfo.
func (w *world) verified(t *testing.T, provider *oidc.Provider, name string, token *oauth2.Token) *oidc.IDToken {
	t.Helper()
	ctx := context.Background()
	raw, _ := token.Extra("id_token").(string)
	verified, err := provider.Verifier(&oidc.Config{ClientID: name, Now: w.clock.Now}).Verify(ctx, raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := verified.VerifyAccessToken(token.AccessToken); err != nil {
		t.Error(err)
	}
	var c struct {
		ACR      string   `json:"acr"`
		AMR      []string `json:"amr"`
		AuthTime int64    `json:"auth_time"`
		SID      string   `json:"sid"`
		TID      string   `json:"tid"`
		Tenant   string   `json:"tenant"`
		Email    string   `json:"email"`
	}
	if err := verified.Claims(&c); err != nil {
		t.Fatal(err)
	}
	if c.ACR != mfa.AAL2.ACR() || !slices.Equal(c.AMR, []string{"pwd", "otp", "mfa"}) || c.AuthTime == 0 || c.SID == "" || c.TID != w.acme.String() || c.Tenant != "acme" || c.Email != "" {
		t.Errorf("claims %+v", c)
	}
	info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		t.Fatal(err)
	}
	if info.Subject != verified.Subject || info.Email != "ann@acme.test" || !info.EmailVerified {
		t.Errorf("userinfo %+v", info)
	}
	if token.Type() != "Bearer" || token.Extra("scope") != "openid profile email offline_access" {
		t.Errorf("type %q, scope %q", token.Type(), token.Extra("scope"))
	}
	return verified
}
