package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"sallyport/mfa/policy"
	"sallyport/provider/client"
	"sallyport/provider/tenant"
	"sallyport/provider/token"
	"sallyport/provider/user"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

const clientID = "sample-app"

// edition rises with every change to people or policies below, so that a demo kept from before gets them.
const edition = 3

// seed makes what is missing. People and policies are made once and then belong to the visitor; the
// application's addresses and those of the simulated Entra follow the ports of this run.
func (d *demo) seed(ctx context.Context) error {
	if d.state.Edition < edition {
		for _, o := range organisations {
			if err := d.organisation(ctx, o); err != nil {
				return fmt.Errorf("%s: %w", o.name, err)
			}
		}
		if err := d.application(ctx); err != nil {
			return err
		}
		d.state.Edition = edition
		if err := d.keep(d.state); err != nil {
			return err
		}
	}
	if err := d.address(ctx); err != nil {
		return err
	}
	return d.follow(ctx)
}

func (d *demo) organisation(ctx context.Context, o organisation) error {
	t, err := d.tenant(ctx, o)
	if err != nil {
		return err
	}
	var bound []id.User
	for _, p := range o.people {
		u, err := d.person(ctx, t, p)
		if err != nil {
			return fmt.Errorf("%s: %w", p.email, err)
		}
		if p.breakGlass {
			bound = append(bound, u)
		}
	}
	c, err := d.connect(ctx, t, o)
	if err != nil {
		return fmt.Errorf("%s: %w", o.upstream.name, err)
	}
	return d.policy(ctx, t, o, c, bound)
}

func (d *demo) tenant(ctx context.Context, o organisation) (id.Tenant, error) {
	t, err := tenant.Create(ctx, d.instance.Store, o.slug, o.name, policy.Default(), audit.Operator, d.Now())
	if !errors.Is(err, storage.ErrConflict) {
		return t, err
	}
	known, err := (&tenant.Directory{Store: d.instance.Store}).Find(ctx, o.slug)
	return known.ID, err
}

// policy is set when the people and the connection are there, because it names them.
func (d *demo) policy(ctx context.Context, t id.Tenant, o organisation, c id.Connection, breakGlass []id.User) error {
	current, err := tenant.CurrentPolicy(ctx, d.instance.Store, t)
	if err != nil {
		return err
	}
	p := policy.Default()
	o.rules(&p)
	stand := o.upstream.stand
	stand.Connection = c
	p.Version, p.BreakGlass, p.Exemptions = current.Version, breakGlass, []policy.Exemption{stand}
	return tenant.SetPolicy(ctx, d.instance.Store, t, p, audit.Operator, nil, audit.Origin{}, d.Now())
}

// person leaves alone who is there already: from a first run that was interrupted, or an earlier edition.
func (d *demo) person(ctx context.Context, t id.Tenant, p person) (id.User, error) {
	hash, err := d.instance.Hasher().Hash(ctx, p.password)
	if err != nil {
		return id.User{}, err
	}
	u, err := user.Create(ctx, d.instance.Store, t, user.New{Email: p.email, Name: p.name, PasswordHash: hash, Role: cmp.Or(p.role, "user"),
		Service: p.service, Confirmed: !p.unconfirmed}, audit.Operator, d.Now())
	if errors.Is(err, storage.ErrConflict) {
		known, err := d.instance.Store.Tenant(t).UserByEmail(ctx, db.UserByEmailParams{TenantID: t, EmailKey: p.email})
		return known.ID, err
	}
	if err != nil || len(p.factors) == 0 {
		return u, err
	}
	return u, d.enrol(ctx, t, u, p)
}

// application is not first-party, so that the visitor sees the consent page.
func (d *demo) application(ctx context.Context) error {
	redirect, after := d.addresses()
	_, err := client.Create(ctx, d.instance.Store, client.New{Tenant: id.Lobby, ID: clientID, Name: "Sample app", ApplicationType: client.Web,
		AuthMethod: client.SecretBasic, RedirectURIs: redirect, PostLogoutRedirectURIs: after,
		GrantTypes: []string{client.AuthorizationCode, client.RefreshToken},
		Scopes:     []string{"openid", "profile", "email", "offline_access"}, RequirePKCE: true}, audit.Operator, d.Now())
	if errors.Is(err, storage.ErrConflict) {
		return nil // from a first run that was interrupted
	}
	return err
}

// address gives the application the addresses of this run, and the secret that we remember.
func (d *demo) address(ctx context.Context) error {
	redirect, after := d.addresses()
	return d.instance.Store.InTenant(ctx, id.Lobby, func(tx *storage.Tx) error {
		return tx.Later().ReplaceClientURIs(ctx, db.ReplaceClientURIsParams{TenantID: id.Lobby, ID: clientID,
			RedirectUris: redirect, PostLogoutRedirectUris: after, SecretHash: token.Hash(d.state.ClientSecret)})
	})
}

func (d *demo) addresses() (redirect, after []string) {
	self := origin(d.PortBase + 1)
	return []string{self + "/callback"}, []string{self + "/"}
}
