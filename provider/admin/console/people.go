package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/mux"

	"sallyport/provider/session"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/templates"
)

const (
	peoplePath = "/admin/people"
	// leaf is how many people stand on one page.
	leaf = 100
)

func (c *Console) peopleRoutes() []web.Route {
	const one = peoplePath + "/{person}"
	return []web.Route{
		get(peoplePath, c.people), get(one, c.showPerson), get(one+"/reset", c.askReset), post(one+"/reset", c.reset), post(one+"/access-code", c.issue),
	}
}

// people lists those whose address has the text in it. Case means nothing in an address as we keep it.
func (c *Console) people(w http.ResponseWriter, r *http.Request) error {
	s, err := administrator(r)
	if err != nil {
		return err
	}
	query, after := storable(r.URL.Query().Get("q")), storable(r.URL.Query().Get("after"))
	rows, err := c.config.Store.Tenant(s.Tenant).SearchPeople(r.Context(), db.SearchPeopleParams{TenantID: s.Tenant, Text: strings.ToLower(query), After: after, Rows: leaf + 1})
	if err != nil {
		return fmt.Errorf("search people: %w", err)
	}
	p := templates.People{Frame: frame(s, r), Action: peoplePath, Query: query, BackURL: "/admin"}
	if len(rows) > leaf {
		rows = rows[:leaf]
		p.NextURL = peoplePath + "?" + url.Values{"q": {query}, "after": {rows[leaf-1].EmailKey}}.Encode()
	}
	for _, u := range rows {
		p.Rows = append(p.Rows, templates.PersonRow{Email: u.Email, Name: u.Name, Role: u.Role, URL: personPath(u.ID), Factors: int(u.Factors),
			Federated: u.Federated, Disabled: u.Disabled, Service: u.Service})
	}
	return web.Render(w, r, http.StatusOK, p)
}

// storable is text that Postgres takes; an address can have anything in it.
func storable(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", ""))
}

func personPath(u id.User) string { return peoplePath + "/" + u.String() }

func (c *Console) showPerson(w http.ResponseWriter, r *http.Request) error {
	s, u, err := c.who(r)
	if err != nil {
		return err
	}
	p, err := c.personPage(r, s, u)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, p)
}

// who is the administrator, and the person of the address. Errors: web.ErrForbidden, storage.ErrNotFound, also for somebody
// of another tenant.
func (c *Console) who(r *http.Request) (*session.Session, db.User, error) {
	s, err := administrator(r)
	if err != nil {
		return nil, db.User{}, err
	}
	var u id.User
	if u.Parse(mux.Vars(r)["person"]) != nil {
		return nil, db.User{}, storage.ErrNotFound
	}
	row, err := c.config.Store.Tenant(s.Tenant).UserByID(r.Context(), db.UserByIDParams{TenantID: s.Tenant, ID: u})
	if err != nil {
		return nil, db.User{}, fmt.Errorf("read person: %w", err)
	}
	return s, row, nil
}

func (c *Console) personPage(r *http.Request, s *session.Session, u db.User) (templates.Person, error) {
	q, of := c.config.Store.Tenant(s.Tenant), url.QueryEscape(u.Email)
	p := templates.Person{Frame: frame(s, r), Email: u.Email, Name: u.Name, Role: u.Role, Disabled: u.Disabled, Service: u.Service, Confirmed: u.EmailConfirmedAt != nil,
		Frozen: u.FrozenAt != nil, Created: u.CreatedAt, CodeAction: personPath(u.ID) + "/access-code", ResetURL: personPath(u.ID) + "/reset",
		SignInsURL: signInsPath + "?person=" + of, WhatIfURL: whatIfPath + "?person=" + of, BackURL: peoplePath}
	factors, err := q.ListFactors(r.Context(), db.ListFactorsParams{TenantID: s.Tenant, UserID: u.ID})
	if err != nil {
		return p, fmt.Errorf("list factors: %w", err)
	}
	for _, f := range factors {
		p.Factors = append(p.Factors, templates.Factor{Kind: f.Kind, Name: f.Name, Added: f.CreatedAt, LastUsed: value(f.LastUsedAt)})
	}
	links, err := q.ListIdentities(r.Context(), db.ListIdentitiesParams{TenantID: s.Tenant, UserID: u.ID})
	if err != nil {
		return p, fmt.Errorf("list identities: %w", err)
	}
	for _, l := range links {
		p.Links = append(p.Links, templates.PersonLink{Connection: l.Connection, Label: l.Label, Added: l.CreatedAt, LastUsed: value(l.LastUsedAt), Disabled: l.Disabled})
	}
	return p, nil
}
