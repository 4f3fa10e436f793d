package console

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"sallyport/provider/federation"
	"sallyport/provider/session"
	"sallyport/provider/web"
	"sallyport/templates"
)

// groups is how many the form can bring: as many as a connection may have, and the blank one.
const groups = 101

// connectionForm is a connection as its form shows it. The secret is no part of it.
func (c *Console) connectionForm(s *session.Session, f federation.Connection) templates.Connection {
	of := f.Settings
	p := templates.Connection{Action: connectionsPath + "/new", Kind: string(f.Kind), Disabled: f.Disabled, Version: f.Version, Name: f.Name, BackURL: connectionsPath,
		Issuer: of.Issuer, ClientID: of.ClientID, Auth: of.Auth, Scopes: strings.Join(of.Scopes, " "), FormPost: of.FormPost,
		Directories: strings.Join(of.Directories, " "), Personal: of.Personal, Addresses: of.Addresses, Create: of.Create, Role: of.Role,
		LinkByAddress: of.LinkByAddress, ClaimEmail: of.Claims.Email, ClaimName: of.Claims.Name, ClaimGroups: of.Claims.Groups, SignOut: of.SignOut}
	for _, r := range of.Roles {
		p.Groups = append(p.Groups, templates.GroupRow{Group: r.Group, Role: r.Role})
	}
	if f.ID.IsZero() {
		return p
	}
	at := connectionPath(f.ID)
	p.Action, p.TestAction, p.ToggleURL, p.HasSecret = at, at+"/test", at+"/disable", true
	if f.Disabled {
		p.TestAction, p.ToggleURL = "", at+"/enable"
	}
	p.Copy = &templates.Addresses{Redirect: f.RedirectURI(c.config.PublicURL), SignOut: c.config.PublicURL.JoinPath("end_session", "done").String(),
		BackChannel: c.config.PublicURL.JoinPath("federation", f.Handle(), "backchannel-logout").String()}
	if s.Role == roleOwner {
		p.Second = exemptionForm(f, s.Policy)
	}
	return p
}

// typedConnection reads the form. Errors are of web.Form, or web.ErrBadRequest for what no page of ours sends.
func typedConnection(r *http.Request) (f federation.Connection, secret string, err error) {
	of := &f.Settings
	boxes := map[string]*bool{"form_post": &of.FormPost, "personal": &of.Personal, "create": &of.Create, "link_by_address": &of.LinkByAddress, "sign_out": &of.SignOut}
	texts := map[string]*string{"name": &f.Name, "issuer": &of.Issuer, "client_id": &of.ClientID, "auth": &of.Auth, "addresses": &of.Addresses, "role": &of.Role,
		"claim_email": &of.Claims.Email, "claim_name": &of.Claims.Name, "claim_groups": &of.Claims.Groups}
	lists := map[string]*[]string{"scopes": &of.Scopes, "directories": &of.Directories}
	rows := make([]federation.RoleOf, groups)
	for n := range rows {
		texts["role_"+strconv.Itoa(n)+"_group"], texts["role_"+strconv.Itoa(n)+"_role"] = &rows[n].Group, &rows[n].Role
	}
	posted, err := web.Form(r, slices.Concat(keys(boxes), keys(texts), keys(lists), []string{"kind", "secret", "version"})...)
	if err != nil {
		return f, "", err
	}
	for name, to := range boxes {
		*to = posted[name] == "on"
	}
	for name, to := range texts {
		*to = strings.TrimSpace(posted[name])
	}
	for name, to := range lists {
		*to = words(posted[name])
	}
	for _, row := range rows {
		if row.Group != "" {
			of.Roles = append(of.Roles, row)
		}
	}
	f.Kind = federation.Kind(posted["kind"])
	f.Version, err = number("version", posted["version"])
	return f, strings.TrimSpace(posted["secret"]), err
}
