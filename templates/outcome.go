package templates

// Consent asks whether an app may have what it asks for; it posts "decision", allow or deny.
type Consent struct {
	Frame
	Action     string
	Client     string
	ClientHost string   // host of the app's redirect address, which it cannot choose freely; may be empty
	Scopes     []string // scope names; one without a message is shown by its name
	NewScopes  []string // those of Scopes not granted before; marked when there are also others
}

func (p Consent) view() view {
	return view{file: "consent.html", title: "consent.title", data: map[string]any{"Client": p.Client}}
}

// FormPost hands the answer to the app (OAuth 2.0 Form Post Response Mode); it posts Fields to Action by itself, or by its button without scripts.
type FormPost struct {
	Frame
	Action string // redirect URI, http or https; the policy's form-action must allow it
	Fields []Field
}

func (p FormPost) view() view { return view{file: "form_post.html", title: "form_post.title"} }

// Message tells an outcome that leaves nothing to do here, mostly an error.
type Message struct {
	Frame
	Status    int            // HTTP status, shown small from 400 on; 0 hides it
	Title     string         // message key; empty takes Body + ".title"
	Body      string         // message key, such as ErrorExpired
	Data      map[string]any // named data of Title and Body
	Detail    string         // what exactly is wrong, as text for developers; may be empty
	RequestID string         // shown small; may be empty
	Links     []Choice       // the first is the primary way on
}

func (p Message) view() view {
	title := p.Title
	if title == "" {
		title = p.Body + ".title"
	}
	return view{file: "message.html", title: title, data: p.Data}
}

// SignOut asks whether to sign out; it posts Fields and "decision", signout or stay.
type SignOut struct {
	Frame
	Action string
	Client string // the app that asks; may be empty
	Fields []Field
}

func (p SignOut) view() view { return view{file: "sign_out.html", title: "sign_out.title"} }

// Confirm asks before something is done; it posts Fields.
type Confirm struct {
	Frame
	Title     string // message key, such as RemoveFactorTitle
	Body      string // message key
	Data      map[string]any
	Action    string
	Fields    []Field
	Button    string // message key of the button; empty is "Confirm"
	CancelURL string // empty hides the link
	Danger    bool   // shows the button in the colour of warning
}

func (p Confirm) view() view { return view{file: "confirm.html", title: p.Title, data: p.Data} }
