package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"sallyport/provider/token"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// ErrInvalid says that a client cannot be registered like this; the message says why.
var ErrInvalid = errors.New("invalid client")

// New is a client to be registered. Tenant is id.Lobby for one that serves all tenants. The empty
// AccessTokenFormat is opaque, the empty IDTokenAlg is ES256.
type New struct {
	Tenant                               id.Tenant
	ID, Name                             string
	ApplicationType, AuthMethod          string
	RedirectURIs, PostLogoutRedirectURIs []string
	GrantTypes, Scopes                   []string
	// Audience names the clients (resource servers) that may introspect this client's tokens; it becomes
	// the aud of JWT access tokens.
	Audience                      []string
	RequirePKCE, FirstParty       bool
	AccessTokenFormat, IDTokenAlg string
}

// Create registers the client and returns its secret, which exists nowhere else from then on; it is "" for a
// public client. Errors: ErrInvalid, storage.ErrConflict when the identifier is taken.
func Create(ctx context.Context, s *storage.Store, n New, by audit.Actor, now time.Time) (string, error) {
	n.AccessTokenFormat, n.IDTokenAlg = cmp.Or(n.AccessTokenFormat, Opaque), cmp.Or(n.IDTokenAlg, "ES256")
	if err := n.validate(); err != nil {
		return "", err
	}
	var secret token.Secret
	if n.AuthMethod != None {
		secret = token.New(token.Client, n.Tenant)
	}
	err := s.InTenant(ctx, n.Tenant, func(tx *storage.Tx) error {
		return errors.Join(
			tx.Later().CreateClient(ctx, n.row(secret.Hash, now)),
			audit.Record(ctx, tx, n.Tenant, audit.Event{Kind: audit.ClientCreated, At: now, Actor: by,
				Target: audit.Target{Kind: "client", ID: n.ID}, Detail: map[string]any{"name": n.Name, "redirect_uris": n.RedirectURIs}}))
	})
	if err != nil {
		return "", fmt.Errorf("create client: %w", err)
	}
	return secret.Text, nil
}

func (n New) row(hash []byte, now time.Time) db.CreateClientParams {
	return db.CreateClientParams{TenantID: n.Tenant, ID: n.ID, Name: n.Name, ApplicationType: n.ApplicationType, AuthMethod: n.AuthMethod,
		SecretHash: hash, RedirectUris: list(n.RedirectURIs), PostLogoutRedirectUris: list(n.PostLogoutRedirectURIs),
		GrantTypes: list(n.GrantTypes), Scopes: list(n.Scopes), Audience: list(n.Audience), RequirePkce: n.RequirePKCE,
		FirstParty: n.FirstParty, AccessTokenFormat: n.AccessTokenFormat, IDTokenAlg: n.IDTokenAlg, CreatedAt: now}
}

// list is never nil: nil would be NULL.
func list(s []string) []string { return append([]string{}, s...) }
