package templates

import "time"

// Account is "My settings": factors, sessions and apps of the person signed in. Row actions are links (GET) to a Confirm page; signing out is posted.
type Account struct {
	Frame
	Name, Email       string
	Factors           []Factor
	AddTOTPAction     string // posted to; empty hides the button
	BackupCodes       int    // how many are unused
	ReplaceCodesURL   string // page that asks before making new ones; empty hides the codes
	SecondFactorState string // message key, one of the State constants
	Sessions          []Session
	EndOthersAction   string // posted to; empty hides the button
	Consents          []Grant
	SignOutAction     string // posts "decision" with signout; empty hides the button
	PolicyURL         string // set for administrators
}

func (p Account) view() view { return view{file: "account.html", title: "account.title", wide: true} }

// Factor is one enrolled way to prove oneself.
type Factor struct {
	ID           string
	Kind         string // "totp"
	Name         string
	Added        time.Time
	LastUsed     time.Time // zero: never
	RemoveAction string    // page that asks before removing; empty hides the link
}

// Session is one browser that is signed in.
type Session struct {
	ID      string
	Current bool
	Browser string
	Address string
	Started time.Time
	Seen    time.Time
	Action  string   // page that asks before signing it out; empty hides the link
	Proofs  []string // "password", "totp"; others are shown by name
}

// Grant is one app that was allowed access.
type Grant struct {
	Client  string
	Scopes  []string
	Granted time.Time
	Action  string // page that asks before revoking; empty hides the link
}

// Policy is the administrators' page of the tenant's sign-in policy; it posts "mode" (off, optional, required), "method_"
// with each checked method's name and "enrol_with_password" (both "on"), "session_hours", "idle_minutes", "step_up_minutes"
// and "version".
type Policy struct {
	Frame
	Action  string
	Mode    string // "off", "optional" or "required"
	Methods []Method
	// EnrolWithPassword lets people without a second factor enrol one with their password alone.
	EnrolWithPassword bool
	SessionHours      int
	IdleMinutes       int
	StepUpMinutes     int
	Version           int // the version this form was made from, for the check against a lost update
	History           []PolicyVersion
	BackURL           string // empty hides the link
}

func (p Policy) view() view { return view{file: "policy.html", title: "policy.title", wide: true} }

// Modes returns the choices for two-step sign-in, in the order shown.
func (p Policy) Modes() []string { return []string{"off", "optional", "required"} }

// Method is one method of the policy; one without a message is shown by its name.
type Method struct {
	Name    string // "totp"
	Checked bool
}

// PolicyVersion is one saved version; By and Summary are shown as they are.
type PolicyVersion struct {
	Version int
	At      time.Time
	By      string
	Summary string
}
