package admin

import (
	"bytes"
	"encoding/json"
	"strings"

	"sallyport/provider/federation"
)

// provider is how an identity provider is talked to; what is not given stays.
type provider struct {
	Issuer        string   `help:"What the provider calls its issuer, such as https://login.microsoftonline.com/<tenant id>/v2.0."`
	ClientID      string   `name:"client-id" help:"Our identifier there."`
	Auth          string   `enum:",client_secret_basic,client_secret_post,private_key_jwt" default:"" help:"How we prove who we are: client_secret_basic, client_secret_post or private_key_jwt."`
	Scopes        []string `help:"What is asked for beside openid, profile and email, separated by commas."`
	FormPost      *bool    `negatable:"" help:"Have answers posted."`
	Directory     []string `help:"Entra tenant ids or Google Workspace domains whose people are let in, separated by commas."`
	Personal      *bool    `negatable:"" help:"Let personal Microsoft or Google accounts in."`
	Addresses     string   `enum:",untrusted,verified,all" default:"" help:"When an address counts as the person's: untrusted (never), verified (by the provider) or all."`
	Create        *bool    `negatable:"" help:"Make an account for whoever comes without one."`
	Role          string   `enum:",user,admin" default:"" help:"Role of the accounts that are made: user or admin."`
	LinkByAddress *bool    `negatable:"" help:"Give an existing account to whoever comes with its address, if that counts and its domain is proven."`
	GroupRole     []string `sep:"none" placeholder:"GROUP=ROLE" help:"Role of the people of a group, the first that fits; may be repeated. An empty one removes all."`
	EmailClaim    *string  `help:"Claim with the address, if it is not email."`
	NameClaim     *string  `help:"Claim with the name, if it is not name."`
	GroupsClaim   *string  `help:"Claim with the groups, if it is not groups."`
	SignOut       *bool    `negatable:"" help:"Sign people out there when they sign out here."`
	Settings      []byte   `type:"filecontent" placeholder:"FILE" help:"All settings, as connection show --json prints them; other flags change them further. - reads the standard input."`
}

func (p provider) change(s *federation.Settings) error {
	if len(p.Settings) > 0 {
		*s = federation.Settings{}
		if err := strictly(p.Settings, s); err != nil {
			return usage("settings: %v", err)
		}
	}
	for at, given := range map[*string]string{&s.Issuer: p.Issuer, &s.ClientID: p.ClientID, &s.Auth: p.Auth, &s.Addresses: p.Addresses, &s.Role: p.Role} {
		if given != "" {
			*at = given
		}
	}
	put(&s.FormPost, p.FormPost)
	put(&s.Personal, p.Personal)
	put(&s.Create, p.Create)
	put(&s.LinkByAddress, p.LinkByAddress)
	put(&s.SignOut, p.SignOut)
	put(&s.Claims.Email, p.EmailClaim)
	put(&s.Claims.Name, p.NameClaim)
	put(&s.Claims.Groups, p.GroupsClaim)
	if p.Scopes != nil {
		s.Scopes = given(p.Scopes)
	}
	if p.Directory != nil {
		s.Directories = given(p.Directory)
	}
	return p.roles(s)
}

func put[T any](at, value *T) {
	if value != nil {
		*at = *value
	}
}

// given leaves out the empty value by which a list is emptied.
func given(list []string) (all []string) {
	for _, v := range list {
		if v != "" {
			all = append(all, v)
		}
	}
	return all
}

func (p provider) roles(s *federation.Settings) error {
	if p.GroupRole == nil {
		return nil
	}
	s.Roles = nil
	for _, rule := range given(p.GroupRole) {
		// The name of a group may have an equals sign of its own (LDAP).
		i := strings.LastIndex(rule, "=")
		if i < 0 {
			return usage("--group-role must be GROUP=ROLE")
		}
		s.Roles = append(s.Roles, federation.RoleOf{Group: rule[:i], Role: rule[i+1:]})
	}
	return nil
}

// strictly refuses keys that nobody knows: a misspelt one would be a setting that is silently not made.
func strictly(document []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(document))
	d.DisallowUnknownFields()
	return d.Decode(v)
}
