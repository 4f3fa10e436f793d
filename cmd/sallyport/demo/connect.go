package demo

import (
	"context"
	"errors"
	"slices"

	"sallyport/cmd/sallyport/demo/entra"
	"sallyport/provider/domain"
	"sallyport/provider/federation"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

// connect gives the tenant its connection, and to the people of a domain the way there.
func (d *demo) connect(ctx context.Context, t id.Tenant, o organisation) (id.Connection, error) {
	c, err := d.connection(ctx, t, o.upstream)
	if err != nil {
		return id.Connection{}, err
	}
	for _, name := range o.domains() {
		_, err := domain.Add(ctx, d.instance.Store, t, name, audit.Operator, audit.Origin{}, d.Now())
		if err != nil && !errors.Is(err, storage.ErrConflict) {
			return id.Connection{}, err
		}
	}
	if o.upstream.home == "" {
		return c, nil
	}
	return c, domain.Connect(ctx, d.instance.Store, t, o.upstream.home, &c, audit.Operator, audit.Origin{}, d.Now())
}

// connection leaves alone what is there already: from a first run that was interrupted.
func (d *demo) connection(ctx context.Context, t id.Tenant, u upstream) (id.Connection, error) {
	sealer, err := d.instance.Sealer()
	if err != nil {
		return id.Connection{}, err
	}
	c := federation.Connection{Tenant: t, Kind: federation.Entra, Name: u.name, Settings: u.settings(origin(d.PortBase + 2))}
	made, err := federation.Create(ctx, d.instance.Store, sealer, c, d.state.EntraSecret, audit.Operator, audit.Origin{}, d.Now())
	if !errors.Is(err, storage.ErrConflict) {
		return made, err
	}
	all, err := federation.List(ctx, d.instance.Store, t)
	if err != nil {
		return id.Connection{}, err
	}
	i := slices.IndexFunc(all, func(o federation.Connection) bool { return o.Name == u.name })
	if i < 0 {
		return id.Connection{}, storage.ErrNotFound
	}
	return all[i].ID, nil
}

func (u upstream) settings(at string) federation.Settings {
	s := federation.Entra.Defaults()
	s.Issuer, s.ClientID, s.Directories = entra.Issuer(at, u.authority), entra.ClientID, u.directories
	s.Create, s.Roles = true, u.roles
	return s
}
