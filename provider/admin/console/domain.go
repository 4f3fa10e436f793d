package console

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"sallyport/provider/domain"
	"sallyport/provider/federation"
	"sallyport/provider/session"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/id"
	"sallyport/templates"
)

const domainsPath = "/admin/domains"

func (c *Console) domainRoutes() []web.Route {
	return []web.Route{
		get(domainsPath, c.domains), post(domainsPath, c.addDomain), post(domainsPath+"/check", c.checkDomain), post(domainsPath+"/connect", c.connectDomain),
		get(domainsPath+"/remove", c.askRemoveDomain), post(domainsPath+"/remove", c.removeDomain),
	}
}

func (c *Console) domains(w http.ResponseWriter, r *http.Request) error {
	s, err := administrator(r)
	if err != nil {
		return err
	}
	return c.domainsPage(w, r, http.StatusOK, s, "", "")
}

func (c *Console) domainsPage(w http.ResponseWriter, r *http.Request, status int, s *session.Session, typed, problem string) error {
	all, err := domain.List(r.Context(), c.config.Store, s.Tenant)
	if err != nil {
		return err
	}
	p := templates.Domains{Frame: frame(s, r), Action: domainsPath, Name: typed, BackURL: "/admin"}
	p.Error = problem
	if p.Connections, err = c.choices(r, s); err != nil {
		return err
	}
	for _, d := range all {
		p.Rows = append(p.Rows, domainRow(d))
	}
	return web.Render(w, r, status, p)
}

// choices are the connections of the tenant that can be signed in with.
func (c *Console) choices(r *http.Request, s *session.Session) ([]templates.Option, error) {
	all, err := federation.List(r.Context(), c.config.Store, s.Tenant)
	if err != nil {
		return nil, err
	}
	var out []templates.Option
	for _, f := range all {
		if !f.Disabled {
			out = append(out, templates.Option{Value: f.ID.String(), Label: f.Name})
		}
	}
	return out, nil
}

func domainRow(d domain.Domain) templates.DomainRow {
	row := templates.DomainRow{Name: d.Name, State: "pending", Checked: value(d.Checked), CheckAction: domainsPath + "/check", ConnectAction: domainsPath + "/connect",
		RemoveURL: domainsPath + "/remove?name=" + url.QueryEscape(d.Name)}
	row.Host, row.Value = domain.Record(d.Name, d.Challenge)
	switch {
	case d.Proven != nil && d.Absent != nil:
		row.State = "absent"
	case d.Proven != nil:
		row.State = "proven"
	}
	if d.Connection != nil {
		row.Connection = d.Connection.String()
	}
	return row
}

func value(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func (c *Console) addDomain(w http.ResponseWriter, r *http.Request) error {
	s, form, err := filled(r, "name")
	if err != nil {
		return err
	}
	_, err = domain.Add(r.Context(), c.config.Store, s.Tenant, form["name"], audit.User(s.User), c.origin(r), c.config.Now())
	switch {
	case errors.Is(err, domain.ErrName):
		return c.domainsPage(w, r, http.StatusUnprocessableEntity, s, form["name"], templates.ErrorDomainName)
	case errors.Is(err, storage.ErrConflict):
		return c.domainsPage(w, r, http.StatusConflict, s, form["name"], templates.ErrorDomainKnown)
	case err != nil:
		return err
	}
	return web.SeeOther(w, r, domainsPath+"?notice=added")
}

// filled is whose form came, and the fields of it.
func filled(r *http.Request, fields ...string) (*session.Session, map[string]string, error) {
	s, err := administrator(r)
	if err != nil {
		return nil, nil, err
	}
	form, err := web.Form(r, fields...)
	return s, form, err
}

func (c *Console) checkDomain(w http.ResponseWriter, r *http.Request) error {
	s, form, err := filled(r, "name")
	if err != nil {
		return err
	}
	_, err = c.config.Domains.Check(r.Context(), s.Tenant, form["name"], audit.User(s.User), c.origin(r))
	for sentinel, key := range map[error]string{domain.ErrAbsent: templates.ErrorDomainAbsent, domain.ErrUnreachable: templates.ErrorDomainUnreachable} {
		if errors.Is(err, sentinel) {
			return c.domainsPage(w, r, http.StatusUnprocessableEntity, s, "", key)
		}
	}
	switch {
	case errors.Is(err, domain.ErrTaken):
		return c.domainsPage(w, r, http.StatusConflict, s, "", templates.ErrorDomainTaken)
	case err != nil:
		return unnamed(err)
	}
	c.config.Connections.Changed()
	return web.SeeOther(w, r, domainsPath+"?notice=proven")
}

// unnamed: a name that no page of ours sends is nobody's domain.
func unnamed(err error) error {
	if errors.Is(err, domain.ErrName) {
		return storage.ErrNotFound
	}
	return err
}

func (c *Console) connectDomain(w http.ResponseWriter, r *http.Request) error {
	s, form, err := filled(r, "name", "connection")
	if err != nil {
		return err
	}
	var to *id.Connection
	if typed := form["connection"]; typed != "" {
		to = new(id.Connection)
		if to.Parse(typed) != nil {
			return storage.ErrNotFound
		}
	}
	if err := domain.Connect(r.Context(), c.config.Store, s.Tenant, form["name"], to, audit.User(s.User), c.origin(r), c.config.Now()); err != nil {
		return unnamed(err)
	}
	c.config.Connections.Changed()
	return web.SeeOther(w, r, domainsPath+"?notice=connected")
}

func (c *Console) askRemoveDomain(w http.ResponseWriter, r *http.Request) error {
	s, err := administrator(r)
	if err != nil {
		return err
	}
	all, err := domain.List(r.Context(), c.config.Store, s.Tenant)
	if err != nil {
		return err
	}
	for _, d := range all {
		if d.Name == r.URL.Query().Get("name") {
			return web.Render(w, r, http.StatusOK, templates.Confirm{Frame: frame(s, r), Title: templates.RemoveDomainTitle, Body: templates.RemoveDomainBody,
				Data: map[string]any{"Name": d.Name}, Action: domainsPath + "/remove", Fields: []templates.Field{{Name: "name", Value: d.Name}},
				Button: templates.RemoveDomainButton, CancelURL: domainsPath, Danger: true})
		}
	}
	return storage.ErrNotFound
}

func (c *Console) removeDomain(w http.ResponseWriter, r *http.Request) error {
	s, form, err := filled(r, "name")
	if err != nil {
		return err
	}
	if err := domain.Remove(r.Context(), c.config.Store, s.Tenant, form["name"], audit.User(s.User), c.origin(r), c.config.Now()); err != nil {
		return unnamed(err)
	}
	c.config.Connections.Changed()
	return web.SeeOther(w, r, domainsPath+"?notice=removed")
}
