package oidcrp

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/oauth2"
)

// Ask is what a sign-in wants of the provider.
type Ask struct {
	// RedirectURI is where the answer goes; State comes back with it, Nonce in the ID token, and Verifier is PKCE's (RFC 7636).
	RedirectURI, State, Nonce, Verifier string
	// LoginHint names the person and DomainHint their organisation (Entra) to the provider, as a courtesy.
	LoginHint, DomainHint string
	// Scopes are asked for beside openid.
	Scopes []string
	// Prompt is passed on, for instance "login".
	Prompt string
	// MaxAge is how many seconds ago the provider may have seen the person; nil does not say.
	MaxAge *int
	// ACRValues and Claims are wishes; whether they came true only the token tells.
	ACRValues []string
	Claims    json.RawMessage
	// FormPost has the answer posted (OAuth 2.0 Form Post Response Mode).
	FormPost bool
	// Extra are further parameters; they never replace ours.
	Extra url.Values
}

// Begin returns the address at which the person signs in. The request is pushed where the provider takes it (RFC 9126), so
// that nobody on the way can change what was asked; where pushing fails and is not required, it goes into the address.
func (c *Client) Begin(ctx context.Context, r Relying, a Ask) (string, error) {
	m, err := c.Metadata(ctx, r)
	if err != nil {
		return "", err
	}
	form := a.parameters(r)
	if m.PAREndpoint != "" {
		uri, err := c.push(ctx, r, m, form)
		if err == nil {
			form = url.Values{"client_id": {r.ClientID}, "request_uri": {uri}}
		} else if m.PARRequired {
			return "", err
		}
	}
	return join(m.AuthorizationEndpoint, form)
}

func (a Ask) parameters(r Relying) url.Values {
	v := url.Values{}
	for name, values := range a.Extra {
		v[name] = values
	}
	put := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	put("login_hint", a.LoginHint)
	put("domain_hint", a.DomainHint)
	put("prompt", a.Prompt)
	put("acr_values", strings.Join(a.ACRValues, " "))
	put("claims", string(a.Claims))
	if a.MaxAge != nil {
		put("max_age", strconv.Itoa(*a.MaxAge))
	}
	a.fixed(v, r)
	return v
}

// fixed sets what makes the answer ours; it comes last, so that nothing said before replaces it.
func (a Ask) fixed(v url.Values, r Relying) {
	v.Set("response_type", "code")
	v.Set("client_id", r.ClientID)
	v.Set("redirect_uri", a.RedirectURI)
	v.Set("scope", strings.Join(append([]string{"openid"}, a.Scopes...), " "))
	v.Set("state", a.State)
	v.Set("nonce", a.Nonce)
	v.Set("code_challenge", oauth2.S256ChallengeFromVerifier(a.Verifier))
	v.Set("code_challenge_method", "S256")
	v.Del("response_mode")
	if a.FormPost {
		v.Set("response_mode", "form_post")
	}
	v.Del("request")
	v.Del("request_uri")
}

func (c *Client) push(ctx context.Context, r Relying, m Metadata, form url.Values) (string, error) {
	res, err := c.send(ctx, r, m, m.PAREndpoint, form)
	if err != nil {
		return "", err
	}
	if res.Status != http.StatusCreated && res.Status != http.StatusOK {
		return "", unusable("push the request: status %d", res.Status)
	}
	answer, err := readClaims(res.Body)
	if err != nil {
		return "", unusable("push the request: %w", err)
	}
	uri := answer.text("request_uri")
	if uri == "" || len(uri) > maxAddress {
		return "", unusable("push the request: it gave no request_uri")
	}
	return uri, nil
}

// join keeps what the endpoint's own query says (RFC 6749, 3.1).
func join(endpoint string, v url.Values) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", unusable("read its authorization endpoint: %w", err)
	}
	q := u.Query()
	for name, values := range v {
		q[name] = values
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}
