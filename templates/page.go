package templates

import (
	"html/template"
)

// Page is one page of the product: any of this package's page structs, each of which embeds Frame.
type Page interface {
	view() view
	frame() Frame
}

// view is what Render needs to know of a page: its file, the message key of its title with data, and whether it needs room.
type view struct {
	file, title string
	data        map[string]any
	wide        bool
}

// Frame is what every page can show around its task; the zero Frame is a page of the product with nothing to report.
type Frame struct {
	Tenant    string         // display name of the tenant; empty shows Product
	User      string         // address of the person signing in, shown above the task
	SwitchURL string         // where "Not you?" leads; empty hides the link
	Error     string         // message key of what went wrong, one of the Error constants
	ErrorData map[string]any // named data of Error, such as Minutes
	Notice    string         // message key of what has just been done, one of the Notice constants
}

func (f Frame) frame() Frame { return f }

// Choice is a link with its label, which is shown as it is.
type Choice struct{ Label, URL string }

// Field is one hidden input of a form.
type Field struct{ Name, Value string }

// Identify asks who is signing in; it posts "email", and "tenant" when AskTenant is set.
type Identify struct {
	Frame
	Action     string
	Email      string // what was typed, or the login_hint
	AskTenant  bool   // adds the optional field for the organisation
	TenantSlug string
	CancelURL  string // empty hides the link
}

func (p Identify) view() view { return view{file: "identify.html", title: "identify.title"} }

// Tenant asks for the organisation by its short name; it posts "tenant".
type Tenant struct {
	Frame
	Action  string
	Slug    string
	BackURL string // empty hides the link
}

func (p Tenant) view() view { return view{file: "tenant.html", title: "tenant.title"} }

// Password asks for the password; it posts "password".
type Password struct {
	Frame
	Action    string
	Email     string // for password managers, in a field that is neither seen nor posted
	TenantURL string // where an organisation can be named; empty hides the link
}

func (p Password) view() view { return view{file: "password.html", title: "password.title"} }

// Way is another method to prove oneself, with the page that asks for it.
type Way struct{ Method, URL string }

// SecondFactor asks for a code; it posts "code", which may hold spaces, and "method".
type SecondFactor struct {
	Frame
	Action  string
	Method  string // "totp" or "backup_code"
	Account string // what the authenticator lists the entry as; may be empty
	Others  []Way  // other methods; with none there is no "Try another way"
}

func (p SecondFactor) view() view {
	return view{file: "second_factor.html", title: "second_factor.title"}
}

// EnrolTOTP sets up an authenticator app; it posts "code" and the optional "name".
type EnrolTOTP struct {
	Frame
	Action    string
	QR        template.URL // data:image/png;base64,…; anything else fails Render; empty shows the key only
	Key       []string     // the secret in groups, as it is typed by hand
	Issuer    string
	Account   string
	Name      string // what was typed as the authenticator's name
	Forced    bool   // says that the tenant requires it
	WhyKey    string // message key of the reason, one of the Why constants; may be empty
	CancelURL string // empty hides the link
}

func (p EnrolTOTP) view() view { return view{file: "enrol_totp.html", title: "enrol.title"} }

// BackupCodes shows the codes once and asks whether they are kept; it posts "kept" (on).
type BackupCodes struct {
	Frame
	Action      string
	Codes       []string
	DownloadURL string // the same codes as a file; empty hides the link
	Replaces    bool   // says that the codes of before end
	CancelURL   string // empty hides the link
}

func (p BackupCodes) view() view { return view{file: "backup_codes.html", title: "backup_codes.title"} }
