package admin

import (
	"context"
	"strings"
	"time"

	"sallyport/cmd/sallyport/instance"
	"sallyport/mfa/policy"
	"sallyport/provider/explain"
	"sallyport/provider/user"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/templates"
)

// PolicyExplain lists past sign-ins or explains one.
type PolicyExplain struct {
	Tenant string `required:"" help:"Short name of the tenant."`
	User   string `placeholder:"EMAIL" help:"Only the sign-ins of this person."`
	Event  string `arg:"" optional:"" help:"The sign-in to explain, by its event; without one they are listed."`
	listing
}

// Run runs the command.
func (c *PolicyExplain) Run(ctx context.Context, d *Desk) error {
	return d.inTenant(ctx, c.Tenant, func(i *instance.Instance, t db.Tenant) error {
		if c.Event == "" {
			return c.list(ctx, d, i, t)
		}
		var e id.Event
		if c.User != "" || e.Parse(c.Event) != nil {
			return usage("name either a person with --user or an event by its identifier")
		}
		x, err := explain.SignIn(ctx, i.Store, t.TenantID, e)
		if err != nil {
			return taken(err, "tenant %s has no sign-in %s", c.Tenant, c.Event)
		}
		if c.JSON {
			return d.json(x)
		}
		heading := []string{stamp(x.At), x.Email, x.Client, x.Address, x.RequestID}
		return d.say("%s\n%s", strings.Join(clean(heading), "  "), words(x.Sentences))
	})
}

func (c *PolicyExplain) list(ctx context.Context, d *Desk, i *instance.Instance, t db.Tenant) error {
	var person *id.User
	if c.User != "" {
		u, err := find(ctx, i, t, c.User)
		if err != nil {
			return err
		}
		person = &u
	}
	rows, err := explain.List(ctx, i.Store, t.TenantID, person)
	if err != nil {
		return err
	}
	return list(d, c.listing, rows, "TIME USER CLIENT ADDRESS OUTCOME RULE EVENT", func(r explain.Row) []string {
		return []string{stamp(r.At), r.Email, r.Client, r.Address, outcome(r.Outcome), r.Rule, r.Event.String()}
	})
}

// find is the person with an address.
func find(ctx context.Context, i *instance.Instance, t db.Tenant, email string) (id.User, error) {
	key, err := user.Key(email)
	if err != nil {
		return id.User{}, err
	}
	u, err := i.Store.Tenant(t.TenantID).UserByEmail(ctx, db.UserByEmailParams{TenantID: t.TenantID, EmailKey: key})
	return u.ID, taken(err, "tenant %s has no user %s", t.Slug, email)
}

// words are the sentences in English, which is the first language, each with the time of what was shown.
func words(sentences []explain.Sentence) string {
	var out []string
	for _, s := range sentences {
		line := clean([]string{templates.Say(templates.Languages()[0], s.Key, s.Data)})[0]
		if at, known := s.Data["At"].(time.Time); known {
			line += " (" + stamp(at) + ")"
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func outcome(o policy.Outcome) string {
	return templates.Say(templates.Languages()[0], "outcome."+string(o), nil)
}
