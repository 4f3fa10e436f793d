package admin

import (
	"context"
	"fmt"
	"strings"

	"sallyport/cmd/sallyport/instance"
	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/provider/tenant"
	"sallyport/storage/db"
)

// which names one connection.
type which struct {
	Tenant string `required:"" help:"Short name of the tenant."`
	Name   string `arg:"" help:"Name of the connection, or its identifier."`
}

func (w which) find(ctx context.Context, d *Desk, work func(*instance.Instance, federation.Connection) error) error {
	return d.inTenant(ctx, w.Tenant, func(i *instance.Instance, t db.Tenant) error {
		all, err := federation.List(ctx, i.Store, t.TenantID)
		if err != nil {
			return err
		}
		for _, c := range all {
			if c.Name == w.Name || c.ID.String() == w.Name {
				return work(i, c)
			}
		}
		return fmt.Errorf("tenant %s has no connection %q", w.Tenant, w.Name)
	})
}

// ConnectionList lists the connections of a tenant.
type ConnectionList struct {
	Tenant string `required:"" help:"Short name of the tenant."`
	listing
}

type connectionRow struct {
	Name     string              `json:"name"`
	ID       string              `json:"id"`
	Kind     string              `json:"kind"`
	State    string              `json:"state"`
	Version  int                 `json:"version"`
	Redirect string              `json:"redirect_uri"`
	Settings federation.Settings `json:"settings"`
	Exempt   policy.Exemption    `json:"exemption"`
}

func rowOf(i *instance.Instance, c federation.Connection, p policy.Policy) connectionRow {
	return connectionRow{c.Name, c.ID.String(), string(c.Kind), state(c.Disabled), c.Version, redirectURI(i, c), c.Settings, p.Exemption(c.ID)}
}

// Run runs the command.
func (c *ConnectionList) Run(ctx context.Context, d *Desk) error {
	return d.inTenant(ctx, c.Tenant, func(i *instance.Instance, t db.Tenant) error {
		all, err := federation.List(ctx, i.Store, t.TenantID)
		if err != nil {
			return err
		}
		p, err := tenant.CurrentPolicy(ctx, i.Store, t.TenantID)
		if err != nil {
			return err
		}
		var rows []connectionRow
		for _, k := range all {
			rows = append(rows, rowOf(i, k, p))
		}
		return list(d, c.listing, rows, "NAME KIND ISSUER EXEMPTION STATE ID", func(r connectionRow) []string {
			return []string{r.Name, r.Kind, r.Settings.Issuer, string(r.Exempt.Mode), r.State, r.ID}
		})
	})
}

// ConnectionShow prints one connection.
type ConnectionShow struct {
	which
	listing
}

// Run runs the command.
func (c *ConnectionShow) Run(ctx context.Context, d *Desk) error {
	return c.find(ctx, d, func(i *instance.Instance, k federation.Connection) error {
		p, err := tenant.CurrentPolicy(ctx, i.Store, k.Tenant)
		if err != nil {
			return err
		}
		r := rowOf(i, k, p)
		if c.JSON {
			return d.json(r)
		}
		return d.say("%s", strings.Join(clean(r.lines()), "\n"))
	})
}

func (r connectionRow) lines() []string {
	s := r.Settings
	return []string{
		"name             " + r.Name,
		"identifier       " + r.ID,
		"kind             " + r.Kind,
		"state            " + r.State,
		"issuer           " + s.Issuer,
		"client id        " + s.ClientID,
		"authentication   " + s.Auth,
		"redirect URI     " + r.Redirect,
		"directories      " + strings.Join(s.Directories, ", "),
		fmt.Sprintf("personal         %t", s.Personal),
		"addresses        " + s.Addresses,
		fmt.Sprintf("create           %t, as %s", s.Create, s.Role),
		fmt.Sprintf("link by address  %t", s.LinkByAddress),
		fmt.Sprintf("roles by group   %d", len(s.Roles)),
		fmt.Sprintf("sign out there   %t", s.SignOut),
		fmt.Sprintf("exemption        %s", r.Exempt.Mode),
	}
}
