package demo

import (
	"sallyport/cmd/sallyport/demo/entra"
	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/federation"
)

// upstream is how a tenant is connected with the simulated Entra, and what it makes of sign-ins there. Whoever comes gets
// an account.
type upstream struct {
	name, authority string
	directories     []string // who is let in where the authority stands for several
	roles           []federation.RoleOf
	stand           policy.Exemption
	home            string // the domain whose people go straight there
	note            string
}

// contoso's people are not touched by what Acme requires.
var contoso = upstream{name: "Microsoft (Contoso)", authority: entra.Contoso, home: "contoso.test",
	roles: []federation.RoleOf{{Group: entra.Administrators, Role: "admin"}},
	stand: policy.Exemption{Mode: policy.Skip}, note: "skip: whatever Entra did is enough"}

// fabrikam's second factor counts if Entra proves it and saw it within the hour.
var fabrikam = upstream{name: "Microsoft (Fabrikam)", authority: entra.Fabrikam, home: "fabrikam.test",
	stand: policy.Exemption{Mode: policy.ByEvidence, Accept: mfa.GradeGood, Evidence: recent()},
	note:  "evidence: a second factor there counts if proven within the hour"}

// everybody of an organisation comes to Initech, and is asked there as if they had typed a password.
var everybody = upstream{name: "Microsoft", authority: "common", directories: []string{entra.Contoso, entra.Fabrikam},
	stand: policy.Exemption{Mode: policy.Local}, note: "local: a second factor here, always"}

// recent is what is taken for evidence by default, and that of context c1, but fresh for an hour only: the simulated Entra
// offers a sign-in of eight hours ago to show what happens then.
func recent() []policy.Evidence {
	all := append(federation.Attested("c1"), federation.Entra.Evidence()...)
	for i := range all {
		if all[i].MaxAge > 0 {
			all[i].MaxAge = 3600
		}
	}
	return all
}
