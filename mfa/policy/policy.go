package policy

import (
	"net/netip"
	"time"

	"sallyport/mfa"
	"sallyport/storage/id"
)

// Mode is the tenant's stand on second factors.
type Mode string

// Off offers no enrolment but keeps asking those who enrolled (R5); Optional lets people enrol;
// Required makes everybody.
const (
	Off      Mode = "off"
	Optional Mode = "optional"
	Required Mode = "required"
)

// Policy is one version of a tenant's sign-in policy.
type Policy struct {
	Version      int        `json:"-"`
	SecondFactor Mode       `json:"second_factor"`
	Methods      []mfa.Kind `json:"methods"` // which second factors count and may be enrolled
	// EnrolWithPassword lets somebody who has no second factor yet enrol the first one in mid
	// sign-in on a password alone: the weak spot of forced MFA (gauntlet C08), so it is the tenant's choice. Until
	// EnrolUntil they may all the same.
	EnrolWithPassword bool `json:"enrol_with_password"`
	// ForgetEnrolled stops asking those who enrolled when SecondFactor is off; without it they are asked on (R5).
	ForgetEnrolled bool    `json:"forget_enrolled,omitempty"`
	Session        Seconds `json:"session_seconds"`
	Idle           Seconds `json:"idle_seconds"`
	StepUp         Seconds `json:"step_up_seconds"`
	// Rules demand more of some: the strictest that applies decides.
	Rules []Rule `json:"rules,omitempty"`
	// BreakGlass are the people whom neither SecondFactor nor Rules bind: who gets in when nobody else can. Each of
	// their sign-ins is told to the administrators.
	BreakGlass []id.User `json:"break_glass,omitempty"`
	// EnrolUntil lets people without a factor put enrolment off until then, EnrolSkips that many times; zero: not.
	EnrolUntil time.Time `json:"enrol_until,omitzero"`
	EnrolSkips int       `json:"enrol_skips,omitempty"`
	// TrustedDevice is for how long a browser may skip the second factor; 0: never.
	TrustedDevice Seconds `json:"trusted_device_seconds,omitempty"`
	// CodeLife is how long a code that was sent can be used.
	CodeLife   Seconds     `json:"code_seconds"`
	AccessCode AccessCodes `json:"access_codes"`
	WebAuthn   WebAuthn    `json:"webauthn"`
	// Exemptions are the tenant's stand on sign-ins at its connections.
	Exemptions []Exemption `json:"exemptions,omitempty"`
	// NoPasswords lets nobody sign in with a password of ours but the people for emergencies.
	NoPasswords bool `json:"no_passwords,omitempty"`
	// ResetOutside lets administrators help people whose address is in no domain that the tenant has proven (R17).
	ResetOutside bool `json:"reset_outside_domains,omitempty"`
	// SMSCountries are the countries that texts are sent to (ISO 3166-1 alpha-2); none: no texts.
	SMSCountries []string `json:"sms_countries,omitempty"`
}

// Rule demands a level of those whom all its conditions fit; a condition that is empty fits everybody.
type Rule struct {
	Name  string `json:"name"`
	Level string `json:"level"` // "none", "2sv", "aal2" or "phr"
	// Roles are "user", "admin" and "owner"; Domains those of e-mail addresses; Clients their ids.
	Roles   []string `json:"roles,omitempty"`
	Domains []string `json:"domains,omitempty"`
	Clients []string `json:"clients,omitempty"`
	// Networks fits addresses inside, Outside those that are in none of them (CIDR).
	Networks []netip.Prefix `json:"networks,omitempty"`
	Outside  []netip.Prefix `json:"outside,omitempty"`
}

// AccessCodes says what temporary codes administrators may issue.
type AccessCodes struct {
	Enabled bool    `json:"enabled"`
	Length  int     `json:"length"` // symbols
	Life    Seconds `json:"life_seconds"`
	Uses    int     `json:"uses"`
	// Issuers are the roles that may: "admin" and "owner".
	Issuers []string `json:"issuers"`
}

// WebAuthn says which authenticators may be enrolled.
type WebAuthn struct {
	// UserVerification demands PIN or biometrics when enrolling and when signing in.
	UserVerification bool `json:"user_verification"`
	// Attestation demands that the maker vouches for it; AAGUIDs are the models allowed, none: all.
	Attestation bool     `json:"attestation"`
	AAGUIDs     []string `json:"aaguids,omitempty"`
}

// Seconds is a duration as policy documents store it.
type Seconds int64

// Duration converts to Go's unit.
func (s Seconds) Duration() time.Duration { return time.Duration(s) * time.Second }

// Default is what a new tenant starts with. Ages follow NIST SP 800-63B-4 2.2.3 (AAL2): a day, an hour idle.
func Default() Policy {
	return Policy{SecondFactor: Optional, Methods: []mfa.Kind{mfa.WebAuthn, mfa.TOTP}, EnrolWithPassword: true,
		Session: 24 * 3600, Idle: 3600, StepUp: 600, CodeLife: 300,
		AccessCode: AccessCodes{Enabled: true, Length: 12, Life: 3600, Uses: 1, Issuers: []string{"admin", "owner"}}}
}
