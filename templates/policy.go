package templates

import (
	"slices"
	"time"
)

// Policy is the administrators' page of the tenant's sign-in policy. It posts "version" and each field of the struct by the name beside it; boxes
// that are checked post "on", those that are not post nothing.
type Policy struct {
	Frame
	Action            string
	Mode              string   // mode: "off", "optional" or "required"
	Methods           []Method // method_ and the name of each
	EnrolWithPassword bool     // enrol_with_password: a first second factor may be enrolled with the password alone
	ForgetEnrolled    bool     // forget_enrolled
	EnrolUntil        string   // enrol_until: a date as in 2026-03-12, or empty
	EnrolSkips        int      // enrol_skips
	SessionHours      int      // session_hours
	IdleMinutes       int      // idle_minutes
	StepUpMinutes     int      // step_up_minutes
	TrustedDays       int      // trusted_days; 0 trusts no browser
	CodeSeconds       int      // code_seconds
	Access            AccessCodes
	SMSCountries      string // sms_countries: codes with spaces between
	KeyVerify         bool   // key_verify
	KeyAttest         bool   // key_attest
	KeyModels         string // key_models: AAGUIDs, one a line
	Rules             []Rule // a blank one follows them on the page
	BreakGlass        string // break_glass: one a line
	PasswordsChoice   bool   // passwords can be turned off: there is another way in
	NoPasswords       bool   // no_passwords
	ResetOutside      bool   // reset_outside
	TryName           string // posted (on) by the button that has the policy only watched; empty hides it
	Version           int    // the version this form was made from, for the check against a lost update
	History           []PolicyVersion
	BackURL           string // empty hides the link
}

func (p Policy) view() view { return view{file: "policy.html", title: "policy.title", wide: true} }

// Modes returns the choices for two-step sign-in, in the order shown.
func (p Policy) Modes() []string { return []string{"off", "optional", "required"} }

// Levels returns what a rule can demand, weakest first.
func (p Policy) Levels() []string { return []string{"none", "2sv", "aal2", "phr"} }

// Rows are the rules with a blank one after them.
func (p Policy) Rows() []Rule { return append(slices.Clone(p.Rules), Rule{Level: "2sv"}) }

// Method is one method of the policy; one without a message is shown by its name.
type Method struct {
	Name    string // "totp"
	Checked bool
}

// AccessCodes says what codes administrators may issue.
type AccessCodes struct {
	Enabled bool // access_enabled
	Length  int  // access_length
	Minutes int  // access_minutes
	Uses    int  // access_uses
	Admins  bool // access_admins: administrators may, not the owners alone
}

// Rule demands a level of some, posted as rule_<n>_name, _level, _roles, _domains, _clients, _networks and _outside with n from 0; lists are as typed,
// with spaces between. One whose name is emptied is removed.
type Rule struct{ Name, Level, Roles, Domains, Clients, Networks, Outside string }

// PolicyVersion is one saved version; By and Summary are shown as they are.
type PolicyVersion struct {
	Version int
	At      time.Time
	By      string
	Summary string
}

// PolicyPreview tells whom a new policy affects and asks whether to save it; it posts Fields and "confirmed" (on).
type PolicyPreview struct {
	Frame
	Action    string
	Fields    []Field // the form once more
	Sentences []Passage
	CancelURL string // empty hides the link
}

func (p PolicyPreview) view() view {
	return view{file: "policy_preview.html", title: "policy_preview.title"}
}

// Passage is one sentence of a page: a message key, one of the Preview constants, with its named data.
type Passage struct {
	Key  string
	Data map[string]any
}
