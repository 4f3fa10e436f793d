package app

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// party is the relying party: what the libraries do for the application.
type party struct {
	Config
	mu       sync.Mutex
	provider *oidc.Provider
}

// discover asks the provider once for what it can do; a failure is asked about again next time.
func (p *party) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.provider == nil {
		// Its keys are fetched later, when the request that came first is long gone.
		found, err := oidc.NewProvider(context.WithoutCancel(ctx), p.Issuer)
		if err != nil {
			return nil, fmt.Errorf("discover the provider: %w", err)
		}
		p.provider = found
	}
	return p.provider, nil
}

func (p *party) oauth(found *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.Secret, Endpoint: found.Endpoint(), RedirectURL: p.Self + "/callback",
		Scopes: []string{oidc.ScopeOpenID, "profile", "email", oidc.ScopeOfflineAccess}}
}

// ask is the address of the authorization request, and what to remember of it.
func (p *party) ask(ctx context.Context, extra map[string]string) (string, *question, error) {
	found, err := p.discover(ctx)
	if err != nil {
		return "", nil, err
	}
	q := &question{state: oauth2.GenerateVerifier(), nonce: oauth2.GenerateVerifier(), verifier: oauth2.GenerateVerifier()}
	options := []oauth2.AuthCodeOption{oidc.Nonce(q.nonce), oauth2.S256ChallengeOption(q.verifier)}
	for name, value := range extra {
		options = append(options, oauth2.SetAuthURLParam(name, value))
	}
	return p.oauth(found).AuthCodeURL(q.state, options...), q, nil
}

var errToken = errors.New("the provider sent no ID token")

// redeem exchanges a code and checks what comes: signature, issuer, audience and expiry by the library, the nonce here.
func (p *party) redeem(ctx context.Context, code string, q *question) (*visitor, error) {
	found, err := p.discover(ctx)
	if err != nil {
		return nil, err
	}
	tokens, err := p.oauth(found).Exchange(ctx, code, oauth2.VerifierOption(q.verifier))
	if err != nil {
		return nil, err
	}
	v := &visitor{tokens: tokens}
	return v, p.read(ctx, found, v, q.nonce)
}

// renew uses the refresh token; the new ID token may lack a nonce (OpenID Connect Core 12.2).
func (p *party) renew(ctx context.Context, old *visitor) (*visitor, error) {
	found, err := p.discover(ctx)
	if err != nil {
		return nil, err
	}
	tokens, err := p.oauth(found).TokenSource(ctx, &oauth2.Token{RefreshToken: old.tokens.RefreshToken}).Token()
	if err != nil {
		return nil, err
	}
	v := &visitor{tokens: tokens, idToken: old.idToken, claims: old.claims, about: old.about}
	if tokens.Extra("id_token") == nil {
		return v, nil
	}
	return v, p.read(ctx, found, v, "")
}

func (p *party) read(ctx context.Context, found *oidc.Provider, v *visitor, nonce string) error {
	v.idToken, _ = v.tokens.Extra("id_token").(string)
	if v.idToken == "" {
		return errToken
	}
	verified, err := found.Verifier(&oidc.Config{ClientID: p.ClientID, Now: p.Now}).Verify(ctx, v.idToken)
	if err != nil {
		return err
	}
	if nonce != "" && verified.Nonce != nonce {
		return errors.New("the ID token was made for another sign-in: nonce differs")
	}
	v.claims = nil
	if err := verified.Claims(&v.claims); err != nil {
		return fmt.Errorf("read ID token: %w", err)
	}
	return p.describe(ctx, found, v, verified.Subject)
}

func (p *party) describe(ctx context.Context, found *oidc.Provider, v *visitor, subject string) error {
	about, err := found.UserInfo(ctx, oauth2.StaticTokenSource(v.tokens))
	if err != nil {
		return fmt.Errorf("ask for user info: %w", err)
	}
	// Another person's answer must not be taken for this one's (OpenID Connect Core 5.3.2).
	if about.Subject != subject {
		return errors.New("user info is about somebody else")
	}
	v.about = nil
	return about.Claims(&v.about)
}

// farewell is the address that ends the session at the provider (RP-initiated logout); ok is false where it has none.
func (p *party) farewell(ctx context.Context, idToken string) (address string, ok bool) {
	found, err := p.discover(ctx)
	var announced struct {
		EndSession string `json:"end_session_endpoint"`
	}
	if err != nil || found.Claims(&announced) != nil || announced.EndSession == "" {
		return "", false
	}
	q := url.Values{"id_token_hint": {idToken}, "post_logout_redirect_uri": {p.Self + "/"}, "client_id": {p.ClientID}}
	return announced.EndSession + "?" + q.Encode(), true
}
