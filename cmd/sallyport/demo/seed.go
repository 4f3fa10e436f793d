package demo

import (
	"context"
	"errors"
	"fmt"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/client"
	"sallyport/provider/tenant"
	"sallyport/provider/token"
	"sallyport/provider/user"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/seal"
)

const clientID = "sample-app"

// seed makes what is missing. People and policies are made once and then belong to the visitor; the
// application's addresses follow the ports of this run.
func (d *demo) seed(ctx context.Context) error {
	if !d.state.Seeded {
		for _, o := range organisations {
			if err := d.organisation(ctx, o); err != nil {
				return err
			}
		}
		if err := d.application(ctx); err != nil {
			return err
		}
		d.state.Seeded = true
		if err := d.keep(d.state); err != nil {
			return err
		}
	}
	return d.address(ctx)
}

func (d *demo) organisation(ctx context.Context, o organisation) error {
	t, err := d.tenant(ctx, o)
	if err != nil {
		return err
	}
	for _, p := range o.people {
		if err := d.person(ctx, t, p); err != nil {
			return fmt.Errorf("%s: %w", p.email, err)
		}
	}
	return nil
}

func (d *demo) tenant(ctx context.Context, o organisation) (id.Tenant, error) {
	p := policy.Default()
	p.SecondFactor = o.second
	t, err := tenant.Create(ctx, d.instance.Store, o.slug, o.name, p, audit.Operator, d.Now())
	if !errors.Is(err, storage.ErrConflict) {
		return t, err
	}
	known, err := (&tenant.Directory{Store: d.instance.Store}).Find(ctx, o.slug)
	return known.ID, err
}

func (d *demo) person(ctx context.Context, t id.Tenant, p person) error {
	hash, err := d.instance.Hasher().Hash(ctx, p.password)
	if err != nil {
		return err
	}
	u, err := user.Create(ctx, d.instance.Store, t, user.New{Email: p.email, Name: p.name, PasswordHash: hash, Role: p.role, Confirmed: true},
		audit.Operator, d.Now())
	if errors.Is(err, storage.ErrConflict) {
		return nil // from a first run that was interrupted
	}
	if err == nil && p.enrolled {
		err = d.enrol(ctx, t, u)
	}
	return err
}

func (d *demo) enrol(ctx context.Context, t id.Tenant, u id.User) error {
	sealer, err := d.instance.Sealer()
	if err != nil {
		return err
	}
	f, now := id.NewFactor(), d.Now()
	sealed, err := sealer.Seal(place(t, f), d.state.Seed)
	if err != nil {
		return err
	}
	return d.instance.Store.InTenant(ctx, t, func(tx *storage.Tx) error {
		return errors.Join(
			tx.Later().CreateFactor(ctx, db.CreateFactorParams{TenantID: t, ID: f, UserID: u, Kind: string(mfa.TOTP),
				Name: "Authenticator app", Secret: sealed, CreatedAt: now}),
			audit.Record(ctx, tx, t, audit.Event{Kind: audit.FactorEnrolled, At: now, Actor: audit.Operator, Target: audit.OnUser(u),
				Detail: map[string]any{"factor": f, "kind": mfa.TOTP}}),
		)
	})
}

func place(t id.Tenant, f id.Factor) seal.Place {
	return seal.Place{Tenant: t, Table: "factors", Row: f.String(), Column: "secret"}
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
