// Package oidcrp is the OpenID client by which people sign in with a provider of their organisation.
//
// It owns the protocol: where a provider's endpoints and keys are (OpenID Connect Discovery 1.0), the address to which a
// browser is sent (Core 1.0, 3.1.2; PKCE, RFC 7636; pushed requests, RFC 9126), the exchange of the code (3.1.3), and whether an
// ID token (3.1.3.7) or a logout token (Back-Channel Logout 1.0, 2.6) is to be believed. It knows no tenant, no person and no
// database, and does not say who somebody is or what their sign-in is worth: package federation does, and calls it, as the
// sign-in pages do for the round trip. Claims come from the verified ID token alone. UserInfo is never asked: whatever it says
// would have to be tied to the token again, and what it says about an address is not what the token says (gauntlet G08).
//
// Endpoints may be on other hosts than the issuer, as Google's and Microsoft's are; package outbound keeps all of them out of our
// network, so that a hostile document can send a secret only where its author could have received it anyway.
//
// Dependencies, weighed:
//   - go-jose/v4: signatures and JWKs. It is told which algorithms to take before it looks at a token.
//   - golang.org/x/oauth2: the PKCE challenge. Its exchange knows neither pushed requests nor assertions, and one authenticated
//     POST of our own serves both.
//   - golang.org/x/sync/singleflight: a document is fetched once, however many wait for it.
//   - go-oidc was weighed and is not used: its provider compares issuers in a way that Microsoft's template fails, it fetches keys
//     on a schedule of its own with no bound on size or frequency, and it does not know that a key may belong to one issuer.
package oidcrp

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"sallyport/provider/outbound"
)

// ErrProvider says that a provider could not be reached or answers nonsense; it wraps outbound.ErrRefused in the first case.
var ErrProvider = errors.New("the provider cannot be used")

// ErrSettings says that a Relying cannot be used as it is; it is the caller's mistake, not the provider's.
var ErrSettings = errors.New("the settings cannot be used")

// ways to prove who we are to a provider (OpenID Connect Core 1.0, 9).
const (
	basic         = "client_secret_basic"
	post          = "client_secret_post"
	privateKeyJWT = "private_key_jwt"
)

// skew is how far the clock of a provider may be from ours.
const skew = time.Minute

// Relying is who we are at a provider.
type Relying struct {
	// Issuer is the provider's, as configured; what the provider calls itself must be equal to it.
	Issuer string
	// ClientID is the name that the provider gave us.
	ClientID string
	// Auth is client_secret_basic, client_secret_post or private_key_jwt.
	Auth string
	// Secret is the client secret, or the private key as PEM; a certificate beside the key is named to the provider (x5t#S256).
	Secret string
	// Entra lets the issuer be a template with {tenantid} and ties each key to an issuer.
	Entra bool
}

// Check returns ErrSettings, wrapped with what is wrong, when r can never work.
func (r Relying) Check() error {
	u, err := url.Parse(r.Issuer)
	if err != nil || !web(u, true) || u.RawQuery != "" || len(r.Issuer) > maxAddress {
		return fmt.Errorf("the issuer is no address: %w", ErrSettings)
	}
	if r.ClientID == "" {
		return fmt.Errorf("the client id is missing: %w", ErrSettings)
	}
	switch r.Auth {
	case basic, post:
		if r.Secret == "" {
			return fmt.Errorf("the client secret is missing: %w", ErrSettings)
		}
		return nil
	case privateKeyJWT:
		_, err := readKey(r.Secret)
		return err
	}
	return fmt.Errorf("%q is no way to authenticate: %w", r.Auth, ErrSettings)
}

// Client talks to providers; it is safe for concurrent use.
type Client struct {
	out       *outbound.Client
	now       func() time.Time
	documents *shelf[Metadata]
	keys      *shelf[keys]
}

// New returns a client that fetches through h and remembers discovery documents and keys.
func New(h *outbound.Client, now func() time.Time) *Client {
	return &Client{out: h, now: now, documents: newShelf[Metadata](h, now), keys: newShelf[keys](h, now)}
}

// Metadata returns what the provider says about itself, remembered or fetched; ErrProvider or ErrSettings.
func (c *Client) Metadata(ctx context.Context, r Relying) (Metadata, error) {
	if err := r.Check(); err != nil {
		return Metadata{}, err
	}
	address := strings.TrimSuffix(r.Issuer, "/") + "/.well-known/openid-configuration"
	// Two connections may read the same document by different rules; what passed one must not answer for the other.
	name := fmt.Sprint(r.Entra, " ", r.Issuer)
	return c.documents.get(ctx, name, address, func(body []byte) (Metadata, error) { return readMetadata(body, r) })
}
