package templates

import "slices"

// Connections lists the providers that people of the tenant can sign in with.
type Connections struct {
	Frame
	Rows    []ConnectionRow
	Kinds   []string // those that can be added
	AddURL  string   // followed by ?kind=
	BackURL string   // empty hides the link
}

func (p Connections) view() view {
	return view{file: "connections.html", title: "connections.title", wide: true}
}

// ConnectionRow is one of them; Mode is "skip", "evidence" or "local".
type ConnectionRow struct {
	Name, Kind, Mode, URL string
	Disabled              bool
}

// Connection is the settings of one. It posts "version" and each field of the struct by the name beside it; boxes post "on".
type Connection struct {
	Frame
	Action, Kind  string
	Disabled      bool
	Version       int
	Name          string     // name
	Issuer        string     // issuer
	ClientID      string     // client_id
	Auth          string     // auth, one of Auths; secret is posted and never shown
	HasSecret     bool       // one is kept, which an empty field leaves as it is
	Scopes        string     // scopes, with spaces between
	Directories   string     // directories, with spaces between
	FormPost      bool       // form_post
	Personal      bool       // personal
	Addresses     string     // addresses, one of Trusts
	Create        bool       // create
	Role          string     // role, one of RoleNames
	LinkByAddress bool       // link_by_address
	ClaimEmail    string     // claim_email
	ClaimName     string     // claim_name
	ClaimGroups   string     // claim_groups
	Groups        []GroupRow // role_<n>_group and role_<n>_role with n from 0; one whose group is emptied is removed
	SignOut       bool       // sign_out
	Problem       string     // what exactly is wrong; may be empty
	Copy          *Addresses // nil before there is one
	TestAction    string     // empty hides the button
	ToggleURL     string     // page that asks before disabling or enabling; empty hides the link
	Second        *Exemption // nil for whoever may not change it
	BackURL       string     // empty hides the link
}

func (p Connection) view() view {
	return view{file: "connection.html", title: "connection.title", wide: true}
}

// Auths returns the ways to prove who we are there.
func (p Connection) Auths() []string {
	return []string{"client_secret_basic", "client_secret_post", "private_key_jwt"}
}

// Trusts returns when an address counts as the person's.
func (p Connection) Trusts() []string { return []string{"untrusted", "verified", "all"} }

// RoleNames returns the roles that a connection may give.
func (p Connection) RoleNames() []string { return []string{"user", "admin"} }

// Rows are the groups with a blank one after them.
func (p Connection) Rows() []GroupRow { return append(slices.Clone(p.Groups), GroupRow{Role: "user"}) }

// GroupRow gives the people of a group a role.
type GroupRow struct{ Group, Role string }

// Addresses are what the administrator tells the provider of us.
type Addresses struct{ Redirect, SignOut, BackChannel string }

// Exemption is what signing in there spares; it posts "version", that of the policy, and each field by the name beside it.
type Exemption struct {
	Action    string
	Version   int
	Mode      string   // mode: "skip", "evidence" or "local"
	Accept    string   // accept: a grade
	Minutes   int      // max_minutes: how long ago the sign-in there may be for the evidence to be fresh
	Contexts  string   // contexts: with spaces between
	Values    string   // acr_values: with spaces between
	Entra     bool     // authentication contexts are asked for
	MailApart bool     // mail_apart
	Rules     []string // what counts now, as documents write it
}

// Modes returns what signing in there may spare, least first.
func (e Exemption) Modes() []string { return []string{"local", "evidence", "skip"} }

// Grades returns the grades that may be accepted, best first.
func (e Exemption) Grades() []string { return []string{"strong", "good", "medium", "weak"} }
