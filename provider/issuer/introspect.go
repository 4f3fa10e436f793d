package issuer

import (
	"context"
	"slices"
	"strings"

	"sallyport/provider/client"
	"sallyport/provider/token"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// description is what introspection tells of a live token (RFC 7662 2.2). Of any other it tells Active: false
// and nothing else, so that a token of somebody else looks like none.
type description struct {
	Active   bool     `json:"active"`
	Scope    string   `json:"scope,omitempty"`
	ClientID string   `json:"client_id,omitempty"`
	Type     string   `json:"token_type,omitempty"`
	Expires  int64    `json:"exp,omitempty"`
	Issued   int64    `json:"iat,omitempty"`
	Subject  string   `json:"sub,omitempty"`
	Audience []string `json:"aud,omitempty"`
	Issuer   string   `json:"iss,omitempty"`
	ACR      string   `json:"acr,omitempty"`
	AMR      []string `json:"amr,omitempty"`
	AuthTime int64    `json:"auth_time,omitempty"`
	SID      string   `json:"sid,omitempty"`
	TID      string   `json:"tid,omitempty"`
	Tenant   string   `json:"tenant,omitempty"`
}

// describe looks one kind up, the one that the token's prefix names: one round trip.
func (i *Issuer) describe(ctx context.Context, c client.Client, text string) (description, error) {
	if secret, ok := token.Parse(token.Refresh, text); ok {
		return i.describeRefresh(ctx, c, secret)
	}
	secret, ok := i.accessSecret(text)
	if !ok {
		return description{}, nil
	}
	row, err := i.live(ctx, secret)
	if err != nil || (row.ClientID != c.ID && !slices.Contains(row.Audience, c.ID)) {
		return description{}, err
	}
	return i.describeAccess(row, secret.Tenant), nil
}

func (i *Issuer) live(ctx context.Context, secret token.Secret) (db.LiveAccessTokenRow, error) {
	return i.Store.Tenant(secret.Tenant).LiveAccessToken(ctx, db.LiveAccessTokenParams{TenantID: secret.Tenant, Hash: secret.Hash, Now: i.Now()})
}

func (i *Issuer) describeAccess(row db.LiveAccessTokenRow, t id.Tenant) description {
	d := description{Active: true, Scope: strings.Join(row.Scopes, " "), ClientID: row.ClientID, Type: "Bearer", Expires: row.ExpiresAt.Unix(),
		Issued: row.CreatedAt.Unix(), Subject: row.ClientID, Audience: i.audience(row.Audience), Issuer: i.name}
	if t != id.Lobby {
		d.TID, d.Tenant = t.String(), row.TenantSlug
	}
	if row.GrantID != nil {
		d.Subject, d.SID, d.ACR, d.AMR, d.AuthTime = row.Subject.String(), row.Sid.String(), *row.Acr, row.Amr, row.AuthTime.Unix()
	}
	return d
}

// describeRefresh tells of a refresh token only to its own client: a resource server has no use for one.
func (i *Issuer) describeRefresh(ctx context.Context, c client.Client, secret token.Secret) (description, error) {
	row, err := i.Store.Tenant(secret.Tenant).LiveRefreshToken(ctx, db.LiveRefreshTokenParams{TenantID: secret.Tenant, Hash: secret.Hash, Now: i.Now()})
	g := row.Grant
	if err != nil || g.ClientID != c.ID {
		return description{}, err
	}
	return description{Active: true, Scope: strings.Join(g.Scopes, " "), ClientID: g.ClientID, Expires: row.ExpiresAt.Unix(), Issued: row.CreatedAt.Unix(),
		Subject: g.UserID.String(), Issuer: i.name, ACR: g.Acr, AMR: g.Amr, AuthTime: g.AuthTime.Unix(), SID: g.SessionID.String(), TID: g.TenantID.String(), Tenant: row.TenantSlug}, nil
}

// accessSecret is the secret behind an access token of either format.
func (i *Issuer) accessSecret(text string) (token.Secret, bool) {
	if secret, ok := token.Parse(token.Access, text); ok {
		return secret, true
	}
	var claims accessClaims
	if err := i.keys.verify(text, accessKind, &claims); err != nil || claims.Issuer != i.name {
		return token.Secret{}, false
	}
	return token.Parse(token.Access, claims.JTI)
}

func (i *Issuer) revoke(ctx context.Context, c client.Client, text string) error {
	if secret, ok := token.Parse(token.Refresh, text); ok {
		return i.Store.Tenant(secret.Tenant).EndGrantOfRefreshToken(ctx, db.EndGrantOfRefreshTokenParams{TenantID: secret.Tenant,
			Hash: secret.Hash, ClientID: c.ID, Now: i.Now()})
	}
	if secret, ok := i.accessSecret(text); ok {
		return i.Store.Tenant(secret.Tenant).EndAccessToken(ctx, db.EndAccessTokenParams{TenantID: secret.Tenant, Hash: secret.Hash,
			ClientID: c.ID, Now: i.Now()})
	}
	return nil
}
