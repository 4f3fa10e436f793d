package templates

// WhatIf asks what would happen at a sign-in that nobody makes. It posts each field by the name beside it.
type WhatIf struct {
	Frame
	Action      string
	Person      string   // person: an address
	Client      string   // client
	Connection  string   // connection: value of an option; empty is the password
	AMR         string   // amr, with spaces between
	ACR         string   // acr
	Contexts    string   // acrs, with spaces between
	Minutes     string   // auth_minutes: how long ago the sign-in there was; empty when the provider does not tell
	Address     string   // address
	At          string   // at: as in 2026-03-12T14:05, in UTC
	Level       string   // level, one of Levels; empty is none
	Clients     []Option // applications to choose from
	Connections []Option
	Asked       bool // there is an answer
	Sentences   []Passage
	Rule        string
	BackURL     string // empty hides the link
}

func (p WhatIf) view() view {
	return view{file: "what_if.html", title: "what_if.title", wide: true}
}

// Levels returns what an application can ask for, weakest first.
func (p WhatIf) Levels() []string { return []string{"2sv", "aal2", "phr"} }
