package templates

import "time"

// People lists the people of the tenant, a page at a time; searching sends "q" to Action by GET.
type People struct {
	Frame
	Action  string
	Query   string
	Rows    []PersonRow
	NextURL string // empty on the last page
	BackURL string // empty hides the link
}

func (p People) view() view {
	return view{file: "people.html", title: "people.title", wide: true}
}

// PersonRow is one person with the state of their account.
type PersonRow struct {
	Email, Name, Role, URL       string
	Factors                      int
	Federated, Disabled, Service bool
}

// Person is one account as an administrator sees it.
type Person struct {
	Frame
	Email, Name, Role            string
	Disabled, Service, Confirmed bool
	Frozen                       bool
	Created                      time.Time
	Factors                      []Factor
	Links                        []PersonLink
	Code                         string // an access code, shown this once
	CodeExpires                  time.Time
	CodeUses                     int
	ResetURL                     string // page that asks before resetting; empty hides the link
	CodeAction                   string // empty hides the button
	SignInsURL, WhatIfURL        string
	BackURL                      string // empty hides the link
}

func (p Person) view() view {
	return view{file: "person.html", title: "person.title", wide: true}
}

// PersonLink is one way to sign in with another provider; Label is who they are there.
type PersonLink struct {
	Connection, Label string
	Added, LastUsed   time.Time
	Disabled          bool // the connection lets nobody in
}
