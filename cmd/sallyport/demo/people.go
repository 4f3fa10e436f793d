package demo

import (
	"fmt"
	"strings"

	"sallyport/cmd/sallyport/demo/app"
	"sallyport/mfa/policy"
	"sallyport/mfa/totp"
)

type organisation struct {
	slug, name string
	second     policy.Mode
	people     []person
}

type person struct {
	email, name, password, role string
	enrolled                    bool // has an authenticator app from the beginning
	note                        string
}

var organisations = []organisation{
	{"acme", "Acme", policy.Required, []person{
		{"ada@acme.test", "Ada Lovelace", "ada-loves-engines", "user", false, "sets up an app at her first sign-in"},
		{"grace@acme.test", "Grace Hopper", "grace-finds-the-moth", "user", true, "has an app already"},
		{"olivia@acme.test", "Olivia Owner", "olivia-keeps-the-keys", "owner", false, "administrator"},
	}},
	{"globex", "Globex", policy.Optional, []person{
		{"alan@globex.test", "Alan Turing", "alan-breaks-enigma", "user", false, "may set up an app"},
		{"barbara@globex.test", "Barbara Liskov", "barbara-likes-clu", "user", false, "may set up an app"},
	}},
}

func tenants() []app.Tenant {
	var all []app.Tenant
	for _, o := range organisations {
		all = append(all, app.Tenant{Slug: o.slug, Name: o.name})
	}
	return all
}

// welcome is all a visitor has to know.
func (d *demo) welcome() {
	fmt.Fprintf(d.Out, "\n  Sample app   %s   <- begin here\n  Provider     %s   (%s/account: my settings)\n  Inbox        %s   (the mails that were sent)\n",
		origin(d.PortBase+1), origin(d.PortBase), origin(d.PortBase), origin(d.PortBase+3))
	for _, o := range organisations {
		fmt.Fprintf(d.Out, "\n  %s: second factor %s\n", o.name, o.second)
		for _, p := range o.people {
			fmt.Fprintf(d.Out, "    %-20s %-22s %s\n", p.email, p.password, p.note)
		}
	}
	fmt.Fprintf(d.Out, "\n  Codes of the authenticator apps: %s/codes\n  or, for grace@acme.test: oathtool --totp -b %s\n\n  Ctrl-C stops.\n",
		origin(d.PortBase+1), strings.Join(totp.Groups(d.state.Seed), ""))
}
