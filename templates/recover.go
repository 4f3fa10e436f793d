package templates

// Forgot offers to mail a link that sets a new password; it posts nothing but its button.
type Forgot struct {
	Frame
	Action  string
	Email   string // the address the link goes to, if it belongs to an account
	BackURL string // empty hides the link
}

func (p Forgot) view() view { return view{file: "forgot.html", title: "forgot.title"} }

// NewPassword asks for a new password; it posts "password".
type NewPassword struct {
	Frame
	Action    string
	Email     string // for password managers, in a field that is neither seen nor posted
	CancelURL string // empty hides the link
}

func (p NewPassword) view() view { return view{file: "new_password.html", title: "new_password.title"} }

// NewEmail asks for another e-mail address; it posts "email".
type NewEmail struct {
	Frame
	Action    string
	Email     string // what was typed
	CancelURL string // empty hides the link
}

func (p NewEmail) view() view { return view{file: "new_email.html", title: "new_email.title"} }
