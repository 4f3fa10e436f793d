package federation

import (
	"fmt"

	"sallyport/mfa"
	"sallyport/mfa/policy"
)

// fresh is how long ago a second factor upstream may have been shown by default: a working day.
const fresh policy.Seconds = 12 * 3600

// The levels of evidence, as policies write them.
const (
	aal2 = "aal2"
	phr  = "phr"
)

// Okta's levels of assurance. "2fa:any:ifpossible" proves nothing and is not among them.
const oktaTwo = "urn:okta:loa:2fa:any"

// resistant are the values of acr that promise phishing resistance (OpenID Connect Extended Authentication Profile 1.0, 2).
var resistant = []string{"phr", "phrh"}

// Evidence is how what the provider says is graded by default: the first that fits decides. A level that withstands phishing is
// told only by values that say so by their definition; a hardware key is one factor like another.
func (k Kind) Evidence() []policy.Evidence {
	switch k {
	case Entra:
		return entraEvidence()
	case Google:
		return []policy.Evidence{{AMR: []string{"mfa"}, MaxAge: fresh, Grade: mfa.GradeGood, Level: aal2}}
	case Okta:
		return oktaEvidence()
	}
	return ofAnyAge(policy.Evidence{ACR: []string{"https://refeds.org/profile/mfa"}, Level: aal2}, policy.Evidence{AMR: []string{"mfa"}, Level: aal2})
}

// Attested is evidence by authentication contexts of Entra ("c1") of which the administrator says that a Conditional Access
// policy protects them. It goes before Evidence: without the policy the context is given to everybody.
func Attested(contexts ...string) []policy.Evidence {
	return []policy.Evidence{{AMR: twoFactors(), ACRS: contexts, MaxAge: fresh, Grade: mfa.GradeStrong, Level: aal2}}
}

// twoFactors are the two names that Entra has had for the same thing.
func twoFactors() []string { return []string{"mfa", "multipleauthn"} }

func entraEvidence() []policy.Evidence {
	contexts := make([]string, 25)
	for i := range contexts {
		contexts[i] = fmt.Sprintf("c%d", i+1)
	}
	return []policy.Evidence{
		{AMR: []string{"fido"}, MaxAge: fresh, Grade: mfa.GradeGood, Level: phr},
		{AMR: twoFactors(), MaxAge: fresh, Grade: mfa.GradeGood, Level: aal2},
		{AMR: twoFactors(), Grade: mfa.GradeMedium, Level: aal2},
		{ACRS: contexts, Grade: mfa.GradeWeak, Level: aal2},
	}
}

// oktaEvidence: acr comes only when it was asked for, so a value there was met, not assumed. "fed" says that Okta itself
// believed somebody else.
func oktaEvidence() []policy.Evidence {
	fed := []string{"fed"}
	return ofAnyAge(policy.Evidence{ACR: resistant, Without: fed, Level: phr}, policy.Evidence{ACR: []string{oktaTwo}, Without: fed, Level: aal2},
		policy.Evidence{AMR: []string{"mfa"}, Without: fed, Level: aal2})
}

// ofAnyAge makes each good when it is fresh, and medium when it is not.
func ofAnyAge(rules ...policy.Evidence) []policy.Evidence {
	all := make([]policy.Evidence, 0, 2*len(rules))
	for _, r := range rules {
		r.MaxAge, r.Grade = fresh, mfa.GradeGood
		all = append(all, r)
	}
	for _, r := range rules {
		r.Grade = mfa.GradeMedium
		all = append(all, r)
	}
	return all
}
