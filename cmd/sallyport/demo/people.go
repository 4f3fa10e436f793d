package demo

import (
	"sallyport/cmd/sallyport/demo/app"
	"sallyport/mfa"
	"sallyport/mfa/policy"
)

type organisation struct {
	slug, name, about string
	rules             func(*policy.Policy)
	people            []person
	upstream          upstream
	proven            []string // domains, beside the upstream's
}

// domains are all that the tenant has proven.
func (o organisation) domains() []string {
	if o.upstream.home == "" {
		return o.proven
	}
	return append([]string{o.upstream.home}, o.proven...)
}

type person struct {
	email, name, password, role string
	factors                     []mfa.Kind // enrolled from the beginning
	phone                       string     // that texts go to
	note                        string

	unconfirmed, service, breakGlass bool
}

var organisations = []organisation{
	{"acme", "Acme", "everybody needs a second factor; browsers can be trusted for 30 days", acme, []person{
		{email: "ada@acme.test", name: "Ada Lovelace", password: "ada-loves-engines", note: "sets one up at her first sign-in"},
		{email: "grace@acme.test", name: "Grace Hopper", password: "grace-finds-the-moth", factors: []mfa.Kind{mfa.TOTP}, note: "authenticator app, backup codes"},
		{email: "mary@acme.test", name: "Mary Jackson", password: "mary-maps-the-wind", factors: []mfa.Kind{mfa.Email, mfa.SMS}, phone: "+4791234512",
			note: "code by mail, or as a text to +47 912 34 512"},
		{email: "edith@acme.test", name: "Edith Clarke", password: "edith-charts-the-lines", unconfirmed: true, note: "address not confirmed yet"},
		{email: "robot@acme.test", name: "Nightly Import", password: "robot-works-at-night", service: true, note: "service user: never signs in here"},
		{email: "rescue@acme.test", name: "Rescue Account", password: "rescue-breaks-the-glass", role: "owner", breakGlass: true, note: "break-glass: password is enough, Olivia is told"},
		{email: "olivia@acme.test", name: "Olivia Owner", password: "olivia-keeps-the-keys", role: "owner", note: "administrator"},
	}, contoso, []string{"acme.test"}},
	{"globex", "Globex", "a second factor is up to each person", globex, []person{
		{email: "alan@globex.test", name: "Alan Turing", password: "alan-breaks-enigma", note: "may set one up"},
		{email: "barbara@globex.test", name: "Barbara Liskov", password: "barbara-likes-clu", note: "may set one up"},
		{email: "carol@secure.test", name: "Carol Shaw", password: "carol-guards-the-river", note: "must: a rule for secure.test"},
	}, fabrikam, []string{"globex.test"}},
	{"initech", "Initech", "required, but everybody may say \"not now\" twice", initech, []person{
		{email: "peter@initech.test", name: "Peter Gibbons", password: "peter-skips-mondays", note: "may put it off twice"},
	}, everybody, []string{"initech.test"}},
}

func acme(p *policy.Policy) {
	p.SecondFactor, p.Methods = policy.Required, mfa.Kinds()
	p.SMSCountries, p.TrustedDevice = []string{"NO", "NL"}, 30*24*3600
}

func globex(p *policy.Policy) {
	p.SecondFactor, p.Methods = policy.Optional, []mfa.Kind{mfa.WebAuthn, mfa.TOTP}
	p.Rules = []policy.Rule{{Name: "domain", Level: "2sv", Domains: []string{"secure.test", "fabrikam.test"}}}
}

func initech(p *policy.Policy) {
	p.SecondFactor, p.EnrolSkips = policy.Required, 2
}

func tenants() []app.Tenant {
	var all []app.Tenant
	for _, o := range organisations {
		all = append(all, app.Tenant{Slug: o.slug, Name: o.name, Home: o.upstream.home})
	}
	return all
}
