package oidcrp

import (
	"context"
	"encoding/json"
	"time"
)

// longestLogout bounds how long the caller has to remember that a logout token was used.
const longestLogout = 24 * time.Hour

const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// Logout is a verified logout token: the provider ended the session SID, or all of Subject's.
type Logout struct {
	Issuer, Subject, SID string
	// ID is the token's jti; the caller remembers it until Expires, so that it works once.
	ID      string
	Expires time.Time
}

// logoutType is what a logout token may call itself (Back-Channel Logout 1.0, 2.4).
const logoutType = "logout+jwt"

// Logout verifies a logout token by OpenID Connect Back-Channel Logout 1.0, 2.6, but for whether it was used before; ErrToken or
// ErrProvider.
func (c *Client) Logout(ctx context.Context, r Relying, token string) (Logout, error) {
	m, err := c.Metadata(ctx, r)
	if err != nil {
		return Logout{}, err
	}
	cl, _, err := c.verify(ctx, r, m, token, logoutType)
	if err != nil {
		return Logout{}, err
	}
	if err := c.ends(cl); err != nil {
		return Logout{}, err
	}
	end, _ := cl.moment("exp")
	return Logout{Issuer: cl.text("iss"), Subject: cl.name("sub"), SID: cl.name("sid"), ID: cl.name("jti"), Expires: end.Add(skew)}, nil
}

// ends says whether the claims are those of a sign-out. A nonce would make it an ID token, which any client of the provider has.
func (c *Client) ends(cl claims) error {
	var events map[string]map[string]json.RawMessage
	end, _ := cl.moment("exp")
	_ = json.Unmarshal(cl["events"], &events)
	switch {
	case events[logoutEvent] == nil:
		return disbelieve(reasonEvents, "it does not sign anybody out")
	case cl.has("nonce"):
		return disbelieve(reasonNonce, "it is an ID token")
	case cl.name("sub") == "" && cl.name("sid") == "":
		return disbelieve(reasonSubject, "it is about nobody")
	case cl.name("jti") == "":
		return disbelieve(reasonClaims, "it has no jti")
	case end.After(c.now().Add(longestLogout)):
		return disbelieve(reasonLifetime, "it is valid until %s", end)
	}
	return nil
}
