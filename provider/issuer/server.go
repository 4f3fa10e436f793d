package issuer

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"sallyport/provider/client"
	"sallyport/provider/gate"
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
	c, err := callerOf(ctx)
	if err != nil {
		return nil, noted(ctx, err).library()
	}
	return relying{c.Client}, nil
}

// CodeExchange is the authorization code grant (RFC 6749 4.1.3, RFC 7636 4.5).
func (s server) CodeExchange(ctx context.Context, r *op.ClientRequest[oidc.AccessTokenRequest]) (*op.Response, error) {
	return s.exchange(ctx, func(c caller) (gate.Tokens, error) {
		return s.Gate.RedeemCode(ctx, gate.CodeRequest{Code: r.Data.Code, ClientID: c.ID, RedirectURI: r.Data.RedirectURI,
			Verifier: r.Data.CodeVerifier, Refreshes: c.Allows(client.RefreshToken), Origin: c.from})
	})
}

// RefreshToken is the refresh grant with rotation (RFC 6749 6, RFC 9700 4.14.2).
func (s server) RefreshToken(ctx context.Context, r *op.ClientRequest[oidc.RefreshTokenRequest]) (*op.Response, error) {
	return s.exchange(ctx, func(c caller) (gate.Tokens, error) {
		t, err := s.Gate.Refresh(ctx, gate.RefreshRequest{Token: r.Data.RefreshToken, ClientID: c.ID, Scopes: narrowed(r.Form), Origin: c.from})
		// A nonce answers one authorization request, and this is none (OpenID Connect Core 12.2).
		t.Nonce = ""
		return t, err
	})
}

// narrowed is nil when the request does not speak of scopes.
func narrowed(form url.Values) []string {
	if form.Get("scope") == "" {
		return nil
	}
	return strings.Fields(form.Get("scope"))
}

func (s server) exchange(ctx context.Context, grant func(caller) (gate.Tokens, error)) (*op.Response, error) {
	c, err := callerOf(ctx)
	if err != nil {
		return nil, noted(ctx, err).library()
	}
	tokens, err := grant(c)
	if err != nil {
		return nil, noted(ctx, err).library()
	}
	answer, err := s.tokens(c.Client, tokens)
	if err != nil {
		return nil, noted(ctx, err).library()
	}
	return op.NewResponse(answer), nil
}

// ClientCredentialsExchange gives a client a token of its own: no person, so no ID token, and no refresh
// token, since the client can ask again (RFC 6749 4.4.3).
func (s server) ClientCredentialsExchange(ctx context.Context, r *op.ClientRequest[oidc.ClientCredentialsRequest]) (*op.Response, error) {
	c, err := callerOf(ctx)
	if err != nil {
		return nil, noted(ctx, err).library()
	}
	answer, err := s.ownToken(ctx, c.Client, r.Form)
	if err != nil {
		return nil, noted(ctx, err).library()
	}
	return op.NewResponse(answer), nil
}

// relying is a client as the library asks for it; of what it asks, only the grant types and the method matter
// at the endpoints that we leave to it.
type relying struct{ client.Client }

func (r relying) GetID() string                       { return r.ID }
func (r relying) RedirectURIs() []string              { return r.RedirectUris }
func (r relying) PostLogoutRedirectURIs() []string    { return r.PostLogoutRedirectUris }
func (r relying) ApplicationType() op.ApplicationType { return op.ApplicationTypeWeb }
func (r relying) AuthMethod() oidc.AuthMethod         { return oidc.AuthMethod(r.Client.AuthMethod) }
func (r relying) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}
func (r relying) LoginURL(string) string                                              { return "" }
func (r relying) AccessTokenType() op.AccessTokenType                                 { return op.AccessTokenTypeBearer }
func (r relying) IDTokenLifetime() time.Duration                                      { return 0 }
func (r relying) DevMode() bool                                                       { return false }
func (r relying) RestrictAdditionalIdTokenScopes() func(scopes []string) []string     { return none }
func (r relying) RestrictAdditionalAccessTokenScopes() func(scopes []string) []string { return none }
func (r relying) IsScopeAllowed(string) bool                                          { return false }
func (r relying) IDTokenUserinfoClaimsAssertion() bool                                { return false }
func (r relying) ClockSkew() time.Duration                                            { return 0 }

func (r relying) GrantTypes() []oidc.GrantType {
	out := make([]oidc.GrantType, len(r.Client.GrantTypes))
	for i, g := range r.Client.GrantTypes {
		out[i] = oidc.GrantType(g)
	}
	return out
}

func none([]string) []string { return nil }
