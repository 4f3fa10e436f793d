package federation

import "slices"

// Kind is what is known beforehand about a provider: how it names directories and people, what evidence it gives and how it
// is asked.
type Kind string

// The kinds. OIDC is any OpenID provider; nothing about it is taken for granted.
const (
	Entra  Kind = "entra"
	Google Kind = "google"
	Okta   Kind = "okta"
	OIDC   Kind = "oidc"
)

// traits are what a kind of provider can do.
type traits struct {
	// directories: the issuer serves many organisations, and a claim tells which one somebody belongs to.
	directories bool
	// reauth: prompt=login has people prove themselves again. Google knows no such thing.
	reauth bool
	// maxAge: max_age is obeyed, so auth_time must come back (OpenID Connect Core 3.1.2.1).
	maxAge bool
	// acr: acr_values is obeyed. acrs: authentication contexts are.
	acr, acrs bool
	// verified is the claim that says that an address was verified.
	verified string
}

var kinds = map[Kind]traits{
	Entra:  {directories: true, reauth: true, acrs: true, verified: "xms_edov"},
	Google: {directories: true, verified: "email_verified"},
	Okta:   {reauth: true, maxAge: true, acr: true, verified: "email_verified"},
	OIDC:   {reauth: true, maxAge: true, acr: true, verified: "email_verified"},
}

// Kinds lists the kinds, the known ones first.
func Kinds() []Kind { return []Kind{Entra, Google, Okta, OIDC} }

// Known reports whether somebody defined the kind.
func (k Kind) Known() bool { return slices.Contains(Kinds(), k) }

// Directories reports whether Settings.Directories and Settings.Personal mean anything for the kind.
func (k Kind) Directories() bool { return kinds[k].directories }

// Defaults are the settings to begin with: nobody is created, nobody is linked, and an address counts only where the
// provider is known to verify it.
func (k Kind) Defaults() Settings {
	s := Settings{Auth: SecretBasic, Addresses: Untrusted, Role: "user"}
	switch k {
	case Entra:
		s.Issuer, s.Auth, s.Addresses = "https://login.microsoftonline.com/organizations/v2.0", SecretPost, Verified
	case Google:
		s.Issuer, s.Auth, s.Addresses = "https://accounts.google.com", SecretPost, Verified
	case Okta:
		s.Addresses = Verified
	}
	return s
}
