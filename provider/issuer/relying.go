package issuer

import (
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"sallyport/provider/client"
)

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
