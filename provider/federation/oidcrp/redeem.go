package oidcrp

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"sallyport/provider/outbound"
)

// Answer is what came back with the browser, and what we remember of the question.
type Answer struct {
	Code string
	// Issuer is the iss parameter (RFC 9207), "" if there was none.
	Issuer string
	// RedirectURI, Nonce and Verifier are those of the Ask.
	RedirectURI, Nonce, Verifier string
}

// Token is a verified ID token.
type Token struct {
	Issuer, Subject string
	// Claims are all of the token's, as they stand there.
	Claims map[string]json.RawMessage
	// Raw is the token itself, the hint for a sign-out.
	Raw string
}

// Redeem exchanges the code and returns the ID token after every check of OpenID Connect Core 1.0, 3.1.3.7. ErrToken says that
// the answer is not to be believed, ErrProvider that there was none.
func (c *Client) Redeem(ctx context.Context, r Relying, a Answer) (Token, error) {
	m, err := c.Metadata(ctx, r)
	if err != nil {
		return Token{}, err
	}
	// Before the code is sent anywhere: the code of an honest provider must not go to a dishonest one.
	if err := m.answered(a.Issuer); err != nil {
		return Token{}, err
	}
	raw, access, err := c.exchange(ctx, r, m, a)
	if err != nil {
		return Token{}, err
	}
	cl, alg, err := c.verify(ctx, r, m, raw, "jwt")
	if err != nil {
		return Token{}, err
	}
	if err := c.bound(cl, alg, access, a); err != nil {
		return Token{}, err
	}
	return Token{Issuer: cl.text("iss"), Subject: cl.name("sub"), Claims: cl, Raw: raw}, nil
}

// answered compares who says to have answered with whom we asked (RFC 9207, 2.4).
func (m Metadata) answered(iss string) error {
	switch {
	case iss == "" && m.IssParameter:
		return disbelieve(reasonMixup, "the answer does not say who gave it")
	case iss != "" && !m.names(iss):
		return disbelieve(reasonMixup, "%.200q answered", iss)
	}
	return nil
}

func (c *Client) exchange(ctx context.Context, r Relying, m Metadata, a Answer) (id, access string, err error) {
	res, err := c.send(ctx, r, m, m.TokenEndpoint, url.Values{"grant_type": {"authorization_code"}, "code": {a.Code},
		"redirect_uri": {a.RedirectURI}, "code_verifier": {a.Verifier}})
	if err != nil {
		return "", "", err
	}
	body, err := readClaims(res.Body)
	if res.Status != http.StatusOK {
		return "", "", refused(res, body)
	}
	if err != nil {
		return "", "", unusable("read the answer of its token endpoint: %w", err)
	}
	if id = body.text("id_token"); id == "" {
		return "", "", disbelieve(reasonExchange, "it gave no ID token")
	}
	return id, body.text("access_token"), nil
}

// refused tells a refusal (RFC 6749, 5.2) from a provider that is out of order.
func refused(res *outbound.Response, body claims) error {
	if word := body.name("error"); word != "" && res.Status >= 400 && res.Status < 500 {
		return disbelieve(reasonExchange, "it refused the code: %q, %.300q", word, body.text("error_description"))
	}
	return unusable("exchange the code: status %d", res.Status)
}
