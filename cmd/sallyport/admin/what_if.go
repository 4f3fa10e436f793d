package admin

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sallyport/cmd/sallyport/instance"
	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/explain"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// PolicyWhatIf supposes a sign-in.
type PolicyWhatIf struct {
	Tenant     string         `required:"" help:"Short name of the tenant."`
	User       string         `required:"" placeholder:"EMAIL" help:"Who signs in."`
	Client     string         `help:"Identifier of the application; none is a page of Sallyport."`
	Connection string         `placeholder:"NAME" help:"Sign in at this connection; without it with the password here."`
	AMR        []string       `name:"amr" help:"Methods that the connection tells, separated by commas."`
	ACR        string         `name:"acr" help:"Class that the connection tells."`
	ACRS       []string       `name:"acrs" help:"Authentication contexts that the connection tells, separated by commas."`
	AuthAge    *time.Duration `help:"How long ago the person signed in there, such as 5m; without it the connection does not tell."`
	Address    netip.Addr     `help:"Network address of the person; without it rules by network apply."`
	At         time.Time      `help:"When, as in 2026-03-01T12:00:00Z; now without it."`
	Level      string         `help:"What the application asks for: 2sv, aal2, phr or an acr value."`
	Document   []byte         `type:"filecontent" placeholder:"FILE" help:"Judge by this policy rather than the one in force."`
	listing
}

// Run runs the command.
func (c *PolicyWhatIf) Run(ctx context.Context, d *Desk) error {
	return d.inTenant(ctx, c.Tenant, func(i *instance.Instance, t db.Tenant) error {
		q, err := c.question(ctx, i, t, d.Now())
		if err != nil {
			return err
		}
		v, err := explain.WhatIf(ctx, i.Store, t.TenantID, q, d.Now())
		if err != nil {
			return err
		}
		if c.JSON {
			return d.json(v)
		}
		return d.say("%s", words(v.Sentences))
	})
}

func (c *PolicyWhatIf) question(ctx context.Context, i *instance.Instance, t db.Tenant, now time.Time) (q explain.Question, err error) {
	q = explain.Question{Client: c.Client, Address: c.Address, At: c.At}
	if q.At.IsZero() {
		q.At = now
	}
	if q.Level, err = level(c.Level); err != nil {
		return q, err
	}
	if q.User, err = find(ctx, i, t, c.User); err != nil {
		return q, err
	}
	if err = known(ctx, i, t, c.Client); err != nil {
		return q, err
	}
	if len(c.Document) > 0 {
		p, err := policy.Parse(0, c.Document)
		if err != nil {
			return q, err
		}
		q.Policy = &p
	}
	return q, c.upstream(ctx, i, t, &q)
}

func (c *PolicyWhatIf) upstream(ctx context.Context, i *instance.Instance, t db.Tenant, q *explain.Question) error {
	if c.Connection == "" {
		if len(c.AMR)+len(c.ACRS) > 0 || c.ACR != "" || c.AuthAge != nil {
			return usage("--amr, --acr, --acrs and --auth-age are what a connection tells: name it with --connection")
		}
		return nil
	}
	all, err := i.Store.Tenant(t.TenantID).NamesOfConnections(ctx, t.TenantID)
	if err != nil {
		return fmt.Errorf("list connections: %w", err)
	}
	n := slices.IndexFunc(all, func(r db.NamesOfConnectionsRow) bool { return r.Name == c.Connection })
	if n < 0 {
		return fmt.Errorf("tenant %s has no connection %q", t.Slug, c.Connection)
	}
	q.Connection = all[n].ID
	q.Evidence = mfa.Upstream{AMR: strings.Join(c.AMR, " "), ACR: c.ACR, ACRS: strings.Join(c.ACRS, " ")}
	if c.AuthAge != nil {
		q.Evidence.Time = q.At.Add(-*c.AuthAge)
	}
	return nil
}

// known refuses an application that nobody has: no rule would fit it, and the answer would be about nothing.
func known(ctx context.Context, i *instance.Instance, t db.Tenant, client string) error {
	if client == "" {
		return nil
	}
	for _, owner := range []id.Tenant{t.TenantID, id.Lobby} {
		all, err := i.Store.Tenant(owner).ListClients(ctx, owner)
		if err != nil {
			return fmt.Errorf("list clients: %w", err)
		}
		for _, c := range all {
			if c.ID == client {
				return nil
			}
		}
	}
	return fmt.Errorf("tenant %s has no client %q", t.Slug, client)
}

func level(s string) (mfa.Level, error) {
	for _, spelling := range []string{s, "urn:sallyport:acr:" + s} {
		if l, ok := mfa.ParseACR(spelling); ok || s == "" {
			return l, nil
		}
	}
	return mfa.None, usage("--level must be 2sv, aal2, phr or an acr value")
}
