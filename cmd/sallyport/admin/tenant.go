package admin

import (
	"cmp"
	"context"
	"time"

	"sallyport/cmd/sallyport/instance"
	"sallyport/mfa/policy"
	"sallyport/provider/tenant"
	"sallyport/storage/audit"
	"sallyport/storage/db"
)

// TenantAdd makes a tenant with the default policy.
type TenantAdd struct {
	Slug string `arg:"" help:"Short name: lower-case letters, digits and hyphens. It appears in tokens and cannot change."`
	Name string `help:"Name that people see; the short name if empty."`
}

// Run runs the command.
func (c *TenantAdd) Run(ctx context.Context, d *Desk) error {
	return d.with(ctx, func(i *instance.Instance) error {
		t, err := tenant.Create(ctx, i.Store, c.Slug, cmp.Or(c.Name, c.Slug), policy.Default(), audit.Operator, d.Now())
		if err != nil {
			return taken(err, "there is a tenant %q already", c.Slug)
		}
		return d.say("added tenant %s (%s)", c.Slug, t)
	})
}

// TenantList lists all tenants.
type TenantList struct{ listing }

type tenantRow struct {
	Slug    string    `json:"slug"`
	Name    string    `json:"name"`
	ID      string    `json:"id"`
	State   string    `json:"state"`
	Created time.Time `json:"created"`
}

// Run runs the command.
func (c *TenantList) Run(ctx context.Context, d *Desk) error {
	return d.with(ctx, func(i *instance.Instance) error {
		all, err := i.Store.AllTenants().ListTenantsAllTenants(ctx)
		if err != nil {
			return err
		}
		var rows []tenantRow
		for _, t := range all {
			rows = append(rows, tenantRow{t.Slug, t.Name, t.TenantID.String(), state(t.Disabled), t.CreatedAt})
		}
		return list(d, c.listing, rows, "SLUG NAME ID STATE CREATED", func(r tenantRow) []string {
			return []string{r.Slug, r.Name, r.ID, r.State, stamp(r.Created)}
		})
	})
}

// TenantDisable locks a tenant out.
type TenantDisable struct {
	Slug string `arg:""`
}

// Run runs the command.
func (c *TenantDisable) Run(ctx context.Context, d *Desk) error {
	return d.setTenant(ctx, c.Slug, true)
}

// TenantEnable lets a tenant in again.
type TenantEnable struct {
	Slug string `arg:""`
}

// Run runs the command.
func (c *TenantEnable) Run(ctx context.Context, d *Desk) error {
	return d.setTenant(ctx, c.Slug, false)
}

func (d *Desk) setTenant(ctx context.Context, slug string, disabled bool) error {
	return d.inTenant(ctx, slug, func(i *instance.Instance, t db.Tenant) error {
		if err := tenant.SetDisabled(ctx, i.Store, t.TenantID, disabled, audit.Operator, d.Now()); err != nil {
			return err
		}
		return d.say("tenant %s is %s", slug, state(disabled))
	})
}
