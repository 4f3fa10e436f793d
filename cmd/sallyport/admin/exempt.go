package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sallyport/cmd/sallyport/instance"
	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/provider/tenant"
	"sallyport/storage/audit"
)

// ConnectionExempt says in the tenant's policy what a sign-in at a connection spares.
type ConnectionExempt struct {
	which
	Mode      string   `required:"" enum:"skip,evidence,local" help:"skip trusts every sign-in there; evidence accepts a second factor that the provider proves; local asks here, always."`
	Accept    string   `enum:"weak,medium,good,strong" default:"good" help:"Lowest grade of evidence that counts: ${enum}."`
	Context   []string `help:"Entra: authentication contexts (c1) that you attest a Conditional Access policy protects, separated by commas; evidence of them is strong."`
	Document  []byte   `type:"filecontent" placeholder:"FILE" help:"A JSON list of evidence in place of the usual one of the kind, as connection show --json prints it. - reads the standard input."`
	MailApart bool     `help:"Whoever signs in there does not read the person's mailbox by that, so a code by mail is a second factor beside it."`
}

// Run runs the command.
func (c *ConnectionExempt) Run(ctx context.Context, d *Desk) error {
	return c.find(ctx, d, func(i *instance.Instance, k federation.Connection) error {
		e, err := c.exemption(k)
		if err != nil {
			return err
		}
		p, err := tenant.CurrentPolicy(ctx, i.Store, k.Tenant)
		if err != nil {
			return err
		}
		p.Exemptions = slices.DeleteFunc(p.Exemptions, func(o policy.Exemption) bool { return o.Connection == k.ID })
		p.Exemptions = append(p.Exemptions, e)
		if err := tenant.SetPolicy(ctx, i.Store, k.Tenant, p, audit.Operator, nil, audit.Origin{}, d.Now()); err != nil {
			return taken(err, "somebody else changed the policy meanwhile; look at it and try again")
		}
		return d.say("%s", meaning(k.Name, e))
	})
}

func (c *ConnectionExempt) exemption(k federation.Connection) (policy.Exemption, error) {
	e := policy.Exemption{Connection: k.ID, Mode: policy.Exempt(c.Mode), MailApart: c.MailApart}
	attested := given(c.Context)
	switch {
	case len(attested) > 0 && (k.Kind != federation.Entra || len(c.Document) > 0):
		return e, usage("--context is for Microsoft Entra, and not with --document")
	case e.Mode != policy.ByEvidence && (len(c.Document) > 0 || len(attested) > 0):
		return e, usage("--context and --document need --mode evidence")
	case e.Mode != policy.ByEvidence:
		return e, nil
	}
	e.Accept, e.Evidence = mfa.Grade(c.Accept), k.Kind.Evidence()
	if len(attested) > 0 {
		e.Evidence = append(federation.Attested(attested...), e.Evidence...)
	}
	if len(c.Document) > 0 {
		e.Evidence = nil
		if err := strictly(c.Document, &e.Evidence); err != nil {
			return e, usage("document: %v", err)
		}
	}
	return e, nil
}

// meaning says what was just decided, in words that whoever decided it can be held to.
func meaning(name string, e policy.Exemption) string {
	switch e.Mode {
	case policy.Skip:
		return fmt.Sprintf("People who sign in with %s are not asked for a second step here. Nothing proves that they were asked for one there: "+
			"every such sign-in is trusted as it is, counts as one factor, and the record says that it was not proven. Rules that demand more still do.", name)
	case policy.ByEvidence:
		return fmt.Sprintf("People who sign in with %s are not asked for a second step here when %s proves one of grade %s or better. "+
			"Whoever comes without it is sent back there for it once, and is then asked here.\n%s", name, name, e.Accept, strings.Join(graded(e), "\n"))
	}
	return fmt.Sprintf("People who sign in with %s are asked for their second step here, whatever %s says.", name, name)
}

func graded(e policy.Exemption) (lines []string) {
	for _, r := range e.Evidence {
		counts := "does not count"
		if r.Grade.AtLeast(e.Accept) {
			counts = "counts as " + r.Level
		}
		lines = append(lines, fmt.Sprintf("  %-7s %s: %s", r.Grade, strings.Join(conditions(r), ", "), counts))
	}
	return clean(lines)
}

func conditions(r policy.Evidence) (all []string) {
	for _, claim := range []struct {
		name   string
		values []string
	}{{"amr", r.AMR}, {"acr", r.ACR}, {"acrs", r.ACRS}} {
		if len(claim.values) > 0 {
			all = append(all, claim.name+" has "+strings.Join(claim.values, " or "))
		}
	}
	if len(r.Without) > 0 {
		all = append(all, "amr has no "+strings.Join(r.Without, " or "))
	}
	if r.MaxAge > 0 {
		all = append(all, "auth_time at most "+r.MaxAge.Duration().String()+" ago")
	}
	return all
}
