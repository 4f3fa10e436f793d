package admin

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"sallyport/cmd/sallyport/instance"
	"sallyport/provider/client"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// owner says whose application it is.
type owner struct {
	Tenant string `help:"Short name of the tenant it belongs to."`
	Shared bool   `help:"It serves all tenants."`
}

// ClientAdd registers an application and prints its secret once.
type ClientAdd struct {
	owner
	Name          string   `arg:"" help:"Name that people see."`
	ID            string   `help:"Client identifier; one is made if empty."`
	Type          string   `enum:"web,native,user_agent,service" default:"web" help:"One of ${enum}."`
	SecretPost    bool     `help:"It sends its secret in the form (client_secret_post), not by HTTP Basic."`
	RedirectURI   []string `sep:"none" help:"Where answers may be sent; may be repeated."`
	PostLogoutURI []string `sep:"none" help:"Where people may be sent after signing out; may be repeated."`
	Scopes        []string `default:"openid,profile,email,offline_access" help:"What it may ask for, separated by commas."`
	Audience      []string `help:"Resource servers, by client identifier, that may introspect its access tokens."`
	Refresh       bool     `default:"true" negatable:"" help:"It may use refresh tokens."`
	FirstParty    bool     `help:"It is yours: people are not asked for consent."`
	JWT           bool     `name:"jwt" help:"Its access tokens are JWTs (RFC 9068), not opaque."`
	RS256         bool     `name:"rs256" help:"Its ID tokens are signed with RS256, not ES256."`
}

// Run runs the command.
func (c *ClientAdd) Run(ctx context.Context, d *Desk) error {
	return d.owned(ctx, c.Tenant, c.Shared, func(i *instance.Instance, t id.Tenant) error {
		n := c.registration(t)
		secret, err := client.Create(ctx, i.Store, n, audit.Operator, d.Now())
		if err != nil {
			return taken(err, "there is a client %q already", n.ID)
		}
		if secret != "" {
			secret = "\nclient secret (shown once): " + secret
		}
		return d.say("added client %s\nclient id: %s%s", n.Name, n.ID, secret)
	})
}

func (c *ClientAdd) registration(t id.Tenant) client.New {
	n := client.New{Tenant: t, ID: c.ID, Name: c.Name, ApplicationType: c.Type, AuthMethod: c.method(), GrantTypes: c.grants(),
		RedirectURIs: c.RedirectURI, PostLogoutRedirectURIs: c.PostLogoutURI, Scopes: c.Scopes, Audience: c.Audience,
		RequirePKCE: true, FirstParty: c.FirstParty}
	if n.ID == "" {
		n.ID = strings.ToLower(rand.Text()[:16])
	}
	if c.JWT {
		n.AccessTokenFormat = client.JWT
	}
	if c.RS256 {
		n.IDTokenAlg = "RS256"
	}
	return n
}

func (c *ClientAdd) method() string {
	switch {
	case c.Type == client.Native || c.Type == client.UserAgent:
		return client.None
	case c.SecretPost:
		return client.SecretPost
	}
	return client.SecretBasic
}

func (c *ClientAdd) grants() []string {
	switch {
	case c.Type == client.Service:
		return []string{client.ClientCredentials}
	case c.Refresh:
		return []string{client.AuthorizationCode, client.RefreshToken}
	}
	return []string{client.AuthorizationCode}
}

// ClientList lists applications.
type ClientList struct {
	owner
	listing
}

type clientRow struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	Type       string    `json:"type"`
	Auth       string    `json:"auth_method"`
	Redirects  []string  `json:"redirect_uris"`
	Grants     []string  `json:"grant_types"`
	Scopes     []string  `json:"scopes"`
	FirstParty bool      `json:"first_party"`
	State      string    `json:"state"`
	Created    time.Time `json:"created"`
}

// Run runs the command.
func (c *ClientList) Run(ctx context.Context, d *Desk) error {
	return d.owned(ctx, c.Tenant, c.Shared, func(i *instance.Instance, t id.Tenant) error {
		all, err := i.Store.Tenant(t).ListClients(ctx, t)
		if err != nil {
			return fmt.Errorf("list clients: %w", err)
		}
		// Every tenant may read the shared ones; they are not its own.
		all = slices.DeleteFunc(all, func(k db.Client) bool { return k.TenantID != t })
		var rows []clientRow
		for _, k := range all {
			rows = append(rows, clientRow{k.ID, k.Name, k.ApplicationType, k.AuthMethod, k.RedirectUris, k.GrantTypes, k.Scopes,
				k.FirstParty, state(k.Disabled), k.CreatedAt})
		}
		return list(d, c.listing, rows, "ID NAME TYPE AUTH REDIRECTS STATE", func(r clientRow) []string {
			return []string{r.ID, r.Name, r.Type, r.Auth, strings.Join(r.Redirects, " "), r.State}
		})
	})
}

// ClientDisable takes an application out of use; what it holds ends with it.
type ClientDisable struct {
	owner
	ID string `arg:"" help:"Client identifier."`
}

// Run runs the command.
func (c *ClientDisable) Run(ctx context.Context, d *Desk) error {
	return d.setClient(ctx, c.owner, c.ID, true)
}

// ClientEnable puts a disabled application into use again.
type ClientEnable struct {
	owner
	ID string `arg:"" help:"Client identifier."`
}

// Run runs the command.
func (c *ClientEnable) Run(ctx context.Context, d *Desk) error {
	return d.setClient(ctx, c.owner, c.ID, false)
}

func (d *Desk) setClient(ctx context.Context, o owner, name string, disabled bool) error {
	return d.owned(ctx, o.Tenant, o.Shared, func(i *instance.Instance, t id.Tenant) error {
		if err := client.SetDisabled(ctx, i.Store, t, name, disabled, audit.Operator, d.Now()); err != nil {
			return taken(err, "there is no client %q here", name)
		}
		return d.say("client %s is %s", name, state(disabled))
	})
}
