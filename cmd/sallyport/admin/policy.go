package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"sallyport/cmd/sallyport/instance"
	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/provider/tenant"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// Policies is the tree below `sallyport admin policy`.
type Policies struct {
	Show    PolicyShow    `cmd:"" help:"Show the sign-in policy of a tenant."`
	Set     PolicySet     `cmd:"" help:"Change the sign-in policy of a tenant; what is not named stays."`
	Explain PolicyExplain `cmd:"" help:"List past sign-ins, or say why one ended as it did."`
	WhatIf  PolicyWhatIf  `cmd:"" name:"what-if" help:"Say what would happen at a sign-in that nobody makes."`
	Report  struct {
		Begin   ReportBegin   `cmd:"" help:"Watch a policy beside the one in force; what is not named is as in force."`
		Show    ReportShow    `cmd:"" help:"Show what the watched policy would have done."`
		End     ReportEnd     `cmd:"" help:"Stop watching."`
		Enforce ReportEnforce `cmd:"" help:"Put the watched policy in force."`
	} `cmd:"" help:"A policy that is only watched."`
}

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
	return d.say("%s", strings.Join([]string{
		fmt.Sprintf("version              %d", p.Version),
		fmt.Sprintf("second factor        %s", p.SecondFactor),
		"methods              " + methods(p.Methods),
		fmt.Sprintf("enrol with password  %t", p.EnrolWithPassword),
		fmt.Sprintf("enrolment put off    until %s, %d times", day(p.EnrolUntil), p.EnrolSkips),
		fmt.Sprintf("session              %s", p.Session.Duration()),
		fmt.Sprintf("idle                 %s", p.Idle.Duration()),
		fmt.Sprintf("step-up              %s", p.StepUp.Duration()),
		fmt.Sprintf("trusted devices      %s", p.TrustedDevice.Duration()),
		fmt.Sprintf("codes that are sent  %s", p.CodeLife.Duration()),
		fmt.Sprintf("texts go to          %s", strings.Join(p.SMSCountries, ", ")),
		fmt.Sprintf("access codes         %t, %s, %d uses", p.AccessCode.Enabled, p.AccessCode.Life.Duration(), p.AccessCode.Uses),
		fmt.Sprintf("rules                %d (--json shows them)", len(p.Rules)),
		fmt.Sprintf("break glass          %d people", len(p.BreakGlass)),
	}, "\n"))
}

func day(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.DateOnly)
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
	Tenant string `required:"" help:"Short name of the tenant."`
	changes
}

// Run runs the command.
func (c *PolicySet) Run(ctx context.Context, d *Desk) error {
	return d.inTenant(ctx, c.Tenant, func(i *instance.Instance, t db.Tenant) error {
		p, err := c.changed(ctx, i, t)
		if err != nil {
			return err
		}
		if err := d.wayIn(ctx, i, t.TenantID, p); err != nil {
			return err
		}
		if err := tenant.SetPolicy(ctx, i.Store, t.TenantID, p, audit.Operator, nil, audit.Origin{}, d.Now()); err != nil {
			return taken(err, "somebody else changed the policy meanwhile; look at it and try again")
		}
		p.Version++
		return d.show(p)
	})
}

// wayIn refuses a policy that turns passwords off with nothing in their place, and warns where nobody could get in when the
// provider is down.
func (d *Desk) wayIn(ctx context.Context, i *instance.Instance, t id.Tenant, p policy.Policy) error {
	if !p.NoPasswords {
		return nil
	}
	usable, err := federation.Usable(ctx, i.Store, t, id.Connection{})
	switch {
	case err != nil:
		return err
	case !usable:
		return usage("passwords can be turned off only when a connection is enabled: nobody could sign in")
	case len(p.BreakGlass) == 0:
		return d.say("warning: nobody is named in break_glass, so nobody can sign in while the provider is down")
	}
	return nil
}

// changes are what makes another policy of the one in force.
type changes struct {
	SecondFactor      string        `enum:",off,optional,required" default:"" help:"off, optional or required."`
	Methods           []string      `help:"Second factors that count, separated by commas: webauthn, totp, sms, email."`
	Session           time.Duration `help:"Longest time from sign-in to sign-in, such as 24h."`
	Idle              time.Duration `help:"Longest time without use, such as 1h."`
	StepUp            time.Duration `help:"How fresh a proof must be to change factors or policies, such as 10m."`
	EnrolWithPassword *bool         `negatable:"" help:"Let people enrol their first second factor during sign-in."`
	Document          []byte        `type:"filecontent" placeholder:"FILE" help:"The whole policy, as policy show --json prints it; other flags change it further. - reads the standard input."`
}

// changed is the policy in force, or the document, with what the flags say.
func (c changes) changed(ctx context.Context, i *instance.Instance, t db.Tenant) (policy.Policy, error) {
	p, err := tenant.CurrentPolicy(ctx, i.Store, t.TenantID)
	if err != nil {
		return p, err
	}
	if len(c.Document) > 0 {
		if p, err = policy.Parse(p.Version, c.Document); err != nil {
			return p, err
		}
	}
	c.change(&p)
	return p, nil
}

func (c changes) change(p *policy.Policy) {
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
