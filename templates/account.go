package templates

import "time"

// Account is "My settings": factors, sessions and apps of the person signed in. Row actions are links (GET) to a Confirm page; signing out is posted.
type Account struct {
	Frame
	Name, Email string
	// EmailConfirmed says that the address has been shown to be the person's; without it, ConfirmEmailAction (posted to) sends the link again.
	EmailConfirmed     bool
	ConfirmEmailAction string // empty hides the button
	ChangeEmailURL     string // page that asks for another address; empty hides the link
	ChangePasswordURL  string // empty hides the link
	Frozen             bool   // says that nothing about the account can be changed for now
	Factors            []Factor
	AddAction          string // posted to, begins enrolment; empty hides the button
	BackupCodes        int    // how many are unused
	ReplaceCodesURL    string // page that asks before making new ones; empty hides the codes
	SecondFactorState  string // message key, one of the State constants
	Sessions           []Session
	EndOthersAction    string // posted to; empty hides the button
	Consents           []Grant
	Devices            []Device
	EndDevicesAction   string // posted to, forgets all trusted browsers; empty hides the button
	SignOutAction      string // posts "decision" with signout; empty hides the button
	AdminURL           string // set for administrators and owners
	PolicyURL          string // set for owners
	Identities         []Identity
	Connect            []Connect // connections that can be added
	ConnectAction      string    // posted "connection"; empty hides the buttons
}

func (p Account) view() view { return view{file: "account.html", title: "account.title", wide: true} }

// Factor is one enrolled way to prove oneself.
type Factor struct {
	ID           string
	Kind         string // as in the method messages
	Name         string
	Target       string // masked address or number; may be empty
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

// Device is one browser that may skip the second step.
type Device struct {
	ID                         string
	Browser                    string
	Address                    string
	Trusted, LastUsed, Expires time.Time
	Action                     string // page that asks before forgetting it; empty hides the link
}

// Identity is one account at another provider that signs the person in here.
type Identity struct {
	Connection string // name of the connection
	Label      string // who they are there; may be empty
	Added      time.Time
	LastUsed   time.Time // zero: never
	RemoveURL  string    // page that asks before removing; empty hides the link
}
