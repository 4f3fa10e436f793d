package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sallyport/cmd/sallyport/instance"
	"sallyport/provider/domain"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// place names one domain of a tenant.
type place struct {
	Tenant string `required:"" help:"Short name of the tenant."`
	Name   string `arg:"" help:"Mail domain, such as example.com."`
}

func (p place) find(ctx context.Context, d *Desk, work func(*instance.Instance, id.Tenant) error) error {
	return d.inTenant(ctx, p.Tenant, func(i *instance.Instance, t db.Tenant) error { return work(i, t.TenantID) })
}

func (p place) missing(err error) error {
	return taken(err, "tenant %s has no domain %s", p.Tenant, p.Name)
}

// DomainAdd notes a domain and prints the record that proves it.
type DomainAdd struct{ place }

// Run runs the command.
func (c *DomainAdd) Run(ctx context.Context, d *Desk) error {
	return c.find(ctx, d, func(i *instance.Instance, t id.Tenant) error {
		added, err := domain.Add(ctx, i.Store, t, c.Name, audit.Operator, audit.Origin{}, d.Now())
		if err != nil {
			return taken(err, "tenant %s has the domain %s already", c.Tenant, c.Name)
		}
		return d.say("added domain %s to tenant %s; it is proven by this record in its DNS:\n%s", added.Name, c.Tenant, txt(added))
	})
}

// txt is what is copied to wherever the domain is run from.
func txt(d domain.Domain) string {
	host, value := domain.Record(d.Name, d.Challenge)
	return fmt.Sprintf("type:  TXT\nhost:  %s\nvalue: %s", host, value)
}

// DomainList lists the domains of a tenant.
type DomainList struct {
	Tenant string `required:"" help:"Short name of the tenant."`
	listing
}

type domainRow struct {
	Name       string     `json:"name"`
	State      string     `json:"state"`
	Connection string     `json:"connection"`
	Host       string     `json:"txt_host"`
	Value      string     `json:"txt_value"`
	Proven     *time.Time `json:"proven"`
	Checked    *time.Time `json:"checked"`
	Absent     *time.Time `json:"absent_since"`
}

// Run runs the command.
func (c *DomainList) Run(ctx context.Context, d *Desk) error {
	return d.inTenant(ctx, c.Tenant, func(i *instance.Instance, t db.Tenant) error {
		all, err := domain.List(ctx, i.Store, t.TenantID)
		if err != nil {
			return err
		}
		connections, err := i.Store.Tenant(t.TenantID).ListConnections(ctx, t.TenantID)
		if err != nil {
			return fmt.Errorf("list connections: %w", err)
		}
		var rows []domainRow
		for _, v := range all {
			rows = append(rows, describe(v, connections))
		}
		return list(d, c.listing, rows, "NAME STATE CONNECTION CHECKED HOST VALUE", func(r domainRow) []string {
			return []string{r.Name, r.State, r.Connection, when(r.Checked), r.Host, r.Value}
		})
	})
}

func describe(d domain.Domain, connections []db.Connection) domainRow {
	r := domainRow{Name: d.Name, State: standing(d), Proven: d.Proven, Checked: d.Checked, Absent: d.Absent}
	r.Host, r.Value = domain.Record(d.Name, d.Challenge)
	for _, c := range connections {
		if d.Connection != nil && c.ID == *d.Connection {
			r.Connection = c.Name
		}
	}
	return r
}

func standing(d domain.Domain) string {
	switch {
	case d.Proven != nil && d.Absent != nil:
		return "missed"
	case d.Proven != nil:
		return "proven"
	case d.Absent != nil:
		return "lost"
	}
	return "pending"
}

func when(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return stamp(*t)
}

// DomainCheck looks for the record of a domain.
type DomainCheck struct{ place }

// Run runs the command.
func (c *DomainCheck) Run(ctx context.Context, d *Desk) error {
	return c.find(ctx, d, func(i *instance.Instance, t id.Tenant) error {
		seen, err := i.Domains().Check(ctx, t, c.Name, audit.Operator, audit.Origin{})
		if errors.Is(err, domain.ErrAbsent) {
			return fmt.Errorf("%s is %s: %w; it is looked for as\n%s", seen.Name, standing(seen), err, txt(seen))
		}
		if err != nil {
			return c.missing(err)
		}
		return d.say("%s is proven since %s", seen.Name, stamp(*seen.Proven))
	})
}

// DomainConnect says where the people of a domain sign in.
type DomainConnect struct {
	place
	Connection string `help:"Name or id of a connection of the tenant."`
	None       bool   `help:"Sign in here again."`
}

// Run runs the command.
func (c *DomainConnect) Run(ctx context.Context, d *Desk) error {
	if c.None == (c.Connection != "") {
		return usage("name a connection with --connection, or say --none")
	}
	return c.find(ctx, d, func(i *instance.Instance, t id.Tenant) error {
		at, where, err := c.connection(ctx, i, t)
		if err != nil {
			return err
		}
		if err := domain.Connect(ctx, i.Store, t, c.Name, at, audit.Operator, audit.Origin{}, d.Now()); err != nil {
			return c.missing(err)
		}
		return d.say("the people of %s sign in %s, once the domain is proven", c.Name, where)
	})
}

func (c *DomainConnect) connection(ctx context.Context, i *instance.Instance, t id.Tenant) (*id.Connection, string, error) {
	if c.None {
		return nil, "here", nil
	}
	all, err := i.Store.Tenant(t).ListConnections(ctx, t)
	if err != nil {
		return nil, "", fmt.Errorf("list connections: %w", err)
	}
	for _, v := range all {
		if v.Name == c.Connection || v.ID.String() == c.Connection {
			return &v.ID, "at " + c.Connection, nil
		}
	}
	return nil, "", fmt.Errorf("tenant %s has no connection %s", c.Tenant, c.Connection)
}

// DomainRemove forgets a domain.
type DomainRemove struct{ place }

// Run runs the command.
func (c *DomainRemove) Run(ctx context.Context, d *Desk) error {
	return c.find(ctx, d, func(i *instance.Instance, t id.Tenant) error {
		if err := domain.Remove(ctx, i.Store, t, c.Name, audit.Operator, audit.Origin{}, d.Now()); err != nil {
			return c.missing(err)
		}
		return d.say("tenant %s has no domain %s any more", c.Tenant, c.Name)
	})
}
