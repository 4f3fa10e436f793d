package issuer

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"sallyport/provider/client"
	"sallyport/provider/gate"
	"sallyport/storage"
)

// server is our half of zitadel/oidc's dispatch. Whatever it does not implement is refused by the library.
type server struct {
	op.UnimplementedServer
	*Issuer
}

func dispatch(i *Issuer) http.Handler {
	// A value of our own: the library's default endpoints are one shared variable.
	endpoints := op.Endpoints{Token: op.NewEndpoint("/token"), Introspection: op.NewEndpoint("/introspect"), Revocation: op.NewEndpoint("/revoke")}
	return op.RegisterServer(server{Issuer: i}, endpoints, op.WithServerCORSOptions(nil))
}

// VerifyClient hands over the client that authenticate has proven; the library parses credentials more loosely.
func (s server) VerifyClient(ctx context.Context, _ *op.Request[op.ClientCredentials]) (op.Client, error) {
	return relying{callOf(ctx).Client}, nil
}

// CodeExchange is the authorization code grant (RFC 6749 4.1.3, RFC 7636 4.5).
func (s server) CodeExchange(ctx context.Context, r *op.ClientRequest[oidc.AccessTokenRequest]) (*op.Response, error) {
	c := callOf(ctx)
	t, err := s.Gate.RedeemCode(ctx, gate.CodeRequest{Code: r.Data.Code, ClientID: c.ID, RedirectURI: r.Data.RedirectURI,
		Verifier: r.Data.CodeVerifier, Refreshes: c.Allows(client.RefreshToken), Origin: c.from})
	return s.hand(c, t, err)
}

// RefreshToken is the refresh grant with rotation (RFC 6749 6, RFC 9700 4.14.2).
func (s server) RefreshToken(ctx context.Context, r *op.ClientRequest[oidc.RefreshTokenRequest]) (*op.Response, error) {
	c := callOf(ctx)
	t, err := s.Gate.Refresh(ctx, gate.RefreshRequest{Token: r.Data.RefreshToken, ClientID: c.ID, Scopes: narrowed(r.Form), Origin: c.from})
	// A nonce answers one authorization request, and this is none (OpenID Connect Core 12.2).
	t.Nonce = ""
	return s.hand(c, t, err)
}

// narrowed is nil when the request does not speak of scopes.
func narrowed(form url.Values) []string {
	if form.Get("scope") == "" {
		return nil
	}
	return strings.Fields(form.Get("scope"))
}

func (s server) hand(c *call, t gate.Tokens, err error) (*op.Response, error) {
	if err != nil {
		return c.outcome(nil, err)
	}
	return c.outcome(s.tokens(c.Client, t))
}

// ClientCredentialsExchange gives a client a token of its own: no person, so no ID token, and no refresh
// token, since the client can ask again (RFC 6749 4.4.3).
func (s server) ClientCredentialsExchange(ctx context.Context, r *op.ClientRequest[oidc.ClientCredentialsRequest]) (*op.Response, error) {
	c := callOf(ctx)
	return c.outcome(s.ownToken(ctx, c.Client, r.Form))
}

// Introspect describes a token to the client it was given to, or to one that is registered as its audience (RFC 7662 2).
func (s server) Introspect(ctx context.Context, r *op.Request[op.IntrospectionRequest]) (*op.Response, error) {
	c := callOf(ctx)
	told, err := s.describe(ctx, c.Client, r.Data.Token)
	if errors.Is(err, storage.ErrNotFound) {
		told, err = description{}, nil
	}
	return c.outcome(told, err)
}

// Revocation ends a token of the calling client; a refresh token takes its whole grant with it. What is unknown,
// or somebody else's, is left alone and answered alike (RFC 7009 2.1, 2.2).
func (s server) Revocation(ctx context.Context, r *op.ClientRequest[oidc.RevocationRequest]) (*op.Response, error) {
	c := callOf(ctx)
	return c.outcome(nil, s.revoke(ctx, c.Client, r.Data.Token))
}
