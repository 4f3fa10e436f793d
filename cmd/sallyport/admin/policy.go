package admin

import (
	"context"
	"slices"
	"strings"
	"time"

	"sallyport/cmd/sallyport/instance"
	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/tenant"
	"sallyport/storage/audit"
	"sallyport/storage/db"
)

// PolicyShow prints the policy in force.
type PolicyShow struct {
	Tenant string `required:"" help:"Short name of the tenant."`
	listing
}

// Run runs the command.
func (c *PolicyShow) Run(ctx context.Context, d *Desk) error {
	return d.inTenant(ctx, c.Tenant, func(i *instance.Instance, t db.Tenant) error {
		p, err := tenant.CurrentPolicy(ctx, i.Store, t.TenantID)
		if err != nil {
			return err
		}
		if c.JSON {
			return d.json(p)
		}
		return d.show(p)
	})
}

func (d *Desk) show(p policy.Policy) error {
	return d.say("version              %d\nsecond factor        %s\nmethods              %s\nenrol with password  %t\nsession              %s\nidle                 %s\nstep-up              %s",
		p.Version, p.SecondFactor, methods(p.Methods), p.EnrolWithPassword, p.Session.Duration(), p.Idle.Duration(), p.StepUp.Duration())
}

func methods(kinds []mfa.Kind) string {
	var names []string
	for _, k := range kinds {
		names = append(names, string(k))
	}
	return strings.Join(clean([]string{strings.Join(names, ", ")}), "")
}

// PolicySet makes the next version of a policy.
type PolicySet struct {
	Tenant            string        `required:"" help:"Short name of the tenant."`
	SecondFactor      string        `enum:",off,optional,required" default:"" help:"off, optional or required."`
	Methods           []string      `help:"Second factors that count, separated by commas: totp."`
	Session           time.Duration `help:"Longest time from sign-in to sign-in, such as 24h."`
	Idle              time.Duration `help:"Longest time without use, such as 1h."`
	StepUp            time.Duration `help:"How fresh a proof must be to change factors or policies, such as 10m."`
	EnrolWithPassword *bool         `negatable:"" help:"Let people enrol their first second factor during sign-in."`
}

// Run runs the command.
func (c *PolicySet) Run(ctx context.Context, d *Desk) error {
	return d.inTenant(ctx, c.Tenant, func(i *instance.Instance, t db.Tenant) error {
		p, err := tenant.CurrentPolicy(ctx, i.Store, t.TenantID)
		if err != nil {
			return err
		}
		c.change(&p)
		if err := tenant.SetPolicy(ctx, i.Store, t.TenantID, p, audit.Operator, nil, audit.Origin{}, d.Now()); err != nil {
			return taken(err, "somebody else changed the policy meanwhile; look at it and try again")
		}
		p.Version++
		return d.show(p)
	})
}

func (c *PolicySet) change(p *policy.Policy) {
	if c.SecondFactor != "" {
		p.SecondFactor = policy.Mode(c.SecondFactor)
	}
	if c.EnrolWithPassword != nil {
		p.EnrolWithPassword = *c.EnrolWithPassword
	}
	if c.Methods != nil {
		p.Methods = kinds(c.Methods)
	}
	for age, given := range map[*policy.Seconds]time.Duration{&p.Session: c.Session, &p.Idle: c.Idle, &p.StepUp: c.StepUp} {
		if given != 0 {
			*age = policy.Seconds(given / time.Second)
		}
	}
}

func kinds(names []string) []mfa.Kind {
	all := []mfa.Kind{}
	for _, name := range names {
		if k := mfa.Kind(name); name != "" && !slices.Contains(all, k) {
			all = append(all, k)
		}
	}
	return all
}
