package admin

import (
	"context"
	"strconv"

	"sallyport/cmd/sallyport/instance"
	"sallyport/provider/explain"
	"sallyport/storage/audit"
	"sallyport/storage/db"
)

// ReportBegin watches a policy.
type ReportBegin struct {
	Tenant string `required:"" help:"Short name of the tenant."`
	changes
}

// Run runs the command.
func (c *ReportBegin) Run(ctx context.Context, d *Desk) error {
	return d.inTenant(ctx, c.Tenant, func(i *instance.Instance, t db.Tenant) error {
		p, err := c.changed(ctx, i, t)
		if err != nil {
			return err
		}
		if err := explain.BeginReport(ctx, i.Store, t.TenantID, p, audit.Operator, nil, audit.Origin{}, d.Now()); err != nil {
			return taken(err, "tenant %s watches a policy already; end that first", c.Tenant)
		}
		return d.say("tenant %s watches this policy from now on; nobody is bound by it", c.Tenant)
	})
}

// watched is a command about the policy that a tenant watches.
type watched struct {
	Tenant string `required:"" help:"Short name of the tenant."`
}

func (c watched) count(ctx context.Context, d *Desk, work func(*instance.Instance, db.Tenant, explain.Report) error) error {
	return d.inTenant(ctx, c.Tenant, func(i *instance.Instance, t db.Tenant) error {
		r, err := explain.Count(ctx, i.Store, t.TenantID)
		if err != nil {
			return taken(err, "tenant %s watches no policy", c.Tenant)
		}
		return work(i, t, r)
	})
}

// ReportShow prints what the watched policy would have done.
type ReportShow struct {
	watched
	listing
}

// Run runs the command.
func (c *ReportShow) Run(ctx context.Context, d *Desk) error {
	return c.count(ctx, d, func(_ *instance.Instance, _ db.Tenant, r explain.Report) error {
		if c.JSON {
			return d.json(r)
		}
		if err := d.say("watched since %s", stamp(r.Since)); err != nil {
			return err
		}
		return list(d, c.listing, r.Rows, "IN-FORCE WATCHED SIGN-INS PEOPLE", func(r explain.Difference) []string {
			return []string{outcome(r.Before), outcome(r.After), strconv.Itoa(r.SignIns), strconv.Itoa(r.People)}
		})
	})
}

// ReportEnd stops watching.
type ReportEnd struct{ watched }

// Run runs the command.
func (c *ReportEnd) Run(ctx context.Context, d *Desk) error {
	return c.count(ctx, d, func(i *instance.Instance, t db.Tenant, r explain.Report) error {
		if err := explain.EndReport(ctx, i.Store, t.TenantID, r.ID, audit.Operator, audit.Origin{}, d.Now()); err != nil {
			return taken(err, "somebody else ended it meanwhile")
		}
		return d.say("tenant %s watches no policy any more", c.Tenant)
	})
}

// ReportEnforce puts the watched policy in force.
type ReportEnforce struct{ watched }

// Run runs the command.
func (c *ReportEnforce) Run(ctx context.Context, d *Desk) error {
	return c.count(ctx, d, func(i *instance.Instance, t db.Tenant, r explain.Report) error {
		if err := d.wayIn(ctx, i, t.TenantID, r.Policy); err != nil {
			return err
		}
		if err := explain.Enforce(ctx, i.Store, t.TenantID, r.ID, r.Policy.Version, audit.Operator, nil, audit.Origin{}, d.Now()); err != nil {
			return taken(err, "somebody else changed the policy meanwhile; look at it and try again")
		}
		r.Policy.Version++
		return d.show(r.Policy)
	})
}
