package templates

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

// Choice is a link with its label, which is shown as it is; with Key it is the message of that key, as "button.back".
type Choice struct{ Label, URL, Key string }

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
	// PasskeyOptions is the JSON of the options to ask any passkey with (PublicKeyCredentialRequestOptionsJSON, WebAuthn 3, 5.1.8,
	// bare or under "publicKey"); empty offers none. PasskeyAction is posted "assertion" (JSON) and "issued", which is PasskeyIssued.
	PasskeyOptions, PasskeyAction, PasskeyIssued string
	Connections                                  []Connect
	ConnectAction                                string          // posted "connection"
	Accounts                                     []AccountChoice // those of this browser; with any, the rest is under "Use another account"
	AccountsAction                               string          // posted "account"
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
	ForgotURL string // where a new password can be asked for; empty hides the link
	// PasskeyOptions, PasskeyAction and PasskeyIssued are those of Identify.
	PasskeyOptions, PasskeyAction, PasskeyIssued string
	Connections                                  []Connect
	ConnectAction                                string // posted "connection"
	NoPasswords                                  bool   // the password is for emergencies: the connections come first, the form is folded
}

func (p Password) view() view { return view{file: "password.html", title: "password.title"} }
