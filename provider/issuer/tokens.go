package issuer

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"sallyport/provider/client"
	"sallyport/provider/gate"
	"sallyport/provider/token"
	"sallyport/storage"
	"sallyport/storage/id"
)

// answer is the successful answer of the token endpoint (RFC 6749 5.1).
type answer struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"`
	Scope        string `json:"scope"`
	IDToken      string `json:"id_token,omitempty"`
	RefreshToken string `json:"refresh_token,omitempty"`
}

// idClaims is the ID token (OpenID Connect Core 2). How somebody proved themselves is told as it was, also
// after a refresh: acr, amr and auth_time are those of the grant.
type idClaims struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience string   `json:"aud"`
	Expires  int64    `json:"exp"`
	Issued   int64    `json:"iat"`
	AuthTime int64    `json:"auth_time"`
	Nonce    string   `json:"nonce,omitempty"`
	ACR      string   `json:"acr"`
	AMR      []string `json:"amr"`
	SID      string   `json:"sid"`
	TID      string   `json:"tid"`
	Tenant   string   `json:"tenant"`
	AtHash   string   `json:"at_hash"`
}

// accessClaims is a JWT access token (RFC 9068 2.2). Its jti is the opaque secret that stands behind it, so
// that revocation, introspection and userinfo find the same row.
type accessClaims struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience []string `json:"aud"`
	ClientID string   `json:"client_id"`
	Expires  int64    `json:"exp"`
	Issued   int64    `json:"iat"`
	JTI      string   `json:"jti"`
	Scope    string   `json:"scope"`
	ACR      string   `json:"acr,omitempty"`
	AMR      []string `json:"amr,omitempty"`
	AuthTime int64    `json:"auth_time,omitempty"`
	SID      string   `json:"sid,omitempty"`
	TID      string   `json:"tid,omitempty"`
	Tenant   string   `json:"tenant,omitempty"`
}

// tokens is what the gate issued, as the client gets it.
func (i *Issuer) tokens(c client.Client, t gate.Tokens) (a answer, err error) {
	now := i.Now()
	g := t.Grant
	a = answer{TokenType: "Bearer", ExpiresIn: seconds(t.Expires, now), Scope: strings.Join(t.Scopes, " "), RefreshToken: t.Refresh.Text}
	if a.AccessToken, err = i.access(c, t.Access, accessClaims{Subject: g.UserID.String(), Expires: t.Expires.Unix(), Issued: now.Unix(),
		Scope: a.Scope, ACR: g.Acr, AMR: g.Amr, AuthTime: g.AuthTime.Unix(), SID: g.SessionID.String(), TID: g.TenantID.String(), Tenant: t.Slug}); err != nil {
		return answer{}, err
	}
	if !slices.Contains(t.Scopes, "openid") {
		return a, nil
	}
	a.IDToken, err = i.keys.sign(c.IDTokenAlg, idKind, idClaims{Issuer: i.name, Subject: g.UserID.String(), Audience: c.ID,
		Expires: now.Add(i.IDTokenLife).Unix(), Issued: now.Unix(), AuthTime: g.AuthTime.Unix(), Nonce: t.Nonce, ACR: g.Acr, AMR: g.Amr,
		SID: g.SessionID.String(), TID: g.TenantID.String(), Tenant: t.Slug, AtHash: halfHash(a.AccessToken)})
	return a, err
}

func seconds(end, now time.Time) int64 { return int64(end.Sub(now) / time.Second) }

// access is the access token in the client's format.
func (i *Issuer) access(c client.Client, secret token.Secret, claims accessClaims) (string, error) {
	if c.AccessTokenFormat != client.JWT {
		return secret.Text, nil
	}
	claims.Issuer, claims.ClientID, claims.JTI, claims.Audience = i.name, c.ID, secret.Text, i.audience(c.Audience)
	return i.keys.sign(c.IDTokenAlg, accessKind, claims)
}

// audience is never empty: RFC 9068 requires one, and userinfo is a resource of ours.
func (i *Issuer) audience(registered []string) []string {
	if len(registered) == 0 {
		return []string{i.name}
	}
	return registered
}

// ownToken is the client credentials grant.
func (i *Issuer) ownToken(ctx context.Context, c client.Client, form url.Values) (answer, error) {
	asked := strings.Fields(form.Get("scope"))
	scopes := c.Scoped(asked)
	if len(asked) > 0 && len(scopes) == 0 {
		return answer{}, refuse("invalid_scope", "none of the scopes is registered for this client")
	}
	slug, err := i.slug(ctx, c.TenantID)
	if err != nil {
		return answer{}, err
	}
	secret, expires, err := i.Gate.IssueToClient(ctx, c.TenantID, c.ID, scopes)
	if err != nil {
		return answer{}, err
	}
	now := i.Now()
	claims := accessClaims{Subject: c.ID, Expires: expires.Unix(), Issued: now.Unix(), Scope: strings.Join(scopes, " "), Tenant: slug}
	if slug != "" {
		claims.TID = c.TenantID.String()
	}
	text, err := i.access(c, secret, claims)
	return answer{AccessToken: text, TokenType: "Bearer", ExpiresIn: seconds(expires, now), Scope: claims.Scope}, err
}

// slug names the tenant that owns a client, "" for a shared one; a disabled tenant's clients get nothing.
func (i *Issuer) slug(ctx context.Context, t id.Tenant) (string, error) {
	if t == id.Lobby {
		return "", nil
	}
	found, err := i.Tenants.Find(ctx, t.String())
	if errors.Is(err, storage.ErrNotFound) {
		return "", refuse("unauthorized_client", "the organisation of this client is disabled")
	}
	return found.Slug, err
}
