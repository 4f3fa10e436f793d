package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/gorilla/mux"

	"sallyport/mfa/policy"
	"sallyport/provider/attempt"
	"sallyport/provider/federation"
	"sallyport/provider/session"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/id"
	"sallyport/templates"
)

const connectionsPath = "/admin/connections"

func (c *Console) connectionRoutes() []web.Route {
	const one = connectionsPath + "/{connection}"
	return []web.Route{
		get(connectionsPath, c.connections), get(connectionsPath+"/new", c.newConnection), post(connectionsPath+"/new", c.createConnection),
		get(one, c.connection), post(one, c.changeConnection), post(one+"/test", c.testConnection), post(one+"/second-factor", c.exempt),
		get(one+"/disable", c.askSwitch(true)), post(one+"/disable", c.switchConnection(true)),
		get(one+"/enable", c.askSwitch(false)), post(one+"/enable", c.switchConnection(false)),
	}
}

func connectionPath(c id.Connection) string { return connectionsPath + "/" + c.String() }

func (c *Console) connections(w http.ResponseWriter, r *http.Request) error {
	s, err := administrator(r)
	if err != nil {
		return err
	}
	all, err := federation.List(r.Context(), c.config.Store, s.Tenant)
	if err != nil {
		return err
	}
	p := templates.Connections{Frame: frame(s, r), AddURL: connectionsPath + "/new", BackURL: "/admin"}
	for _, k := range federation.Kinds() {
		p.Kinds = append(p.Kinds, string(k))
	}
	for _, f := range all {
		p.Rows = append(p.Rows, templates.ConnectionRow{Name: f.Name, Kind: string(f.Kind), Mode: string(s.Policy.Exemption(f.ID).Mode),
			URL: connectionPath(f.ID), Disabled: f.Disabled})
	}
	return web.Render(w, r, http.StatusOK, p)
}

func (c *Console) newConnection(w http.ResponseWriter, r *http.Request) error {
	s, err := administrator(r)
	if err != nil {
		return err
	}
	k := federation.Kind(r.URL.Query().Get("kind"))
	if !k.Known() {
		return fmt.Errorf("kind of connection: %w", storage.ErrNotFound)
	}
	return c.connectionPage(w, r, http.StatusOK, s, federation.Connection{Kind: k, Settings: k.Defaults()}, nil)
}

func (c *Console) createConnection(w http.ResponseWriter, r *http.Request) error {
	s, err := administrator(r)
	if err != nil {
		return err
	}
	typed, secret, err := typedConnection(r)
	if err != nil {
		return err
	}
	typed.Tenant = s.Tenant
	if err := entrusted(s, typed, typed.Kind.Defaults()); err != nil {
		return c.connectionPage(w, r, http.StatusForbidden, s, typed, err)
	}
	made, err := federation.Create(r.Context(), c.config.Store, c.config.Seal, typed, secret, audit.User(s.User), c.origin(r), c.config.Now())
	if err != nil {
		typed.Version = 0
		return c.connectionPage(w, r, http.StatusUnprocessableEntity, s, typed, err)
	}
	c.config.Connections.Changed()
	return web.SeeOther(w, r, connectionPath(made)+"?notice=saved")
}

// found is the connection of the address, disabled or not. Errors: storage.ErrNotFound, also for another tenant's.
func (c *Console) found(r *http.Request, s *session.Session) (federation.Connection, error) {
	all, err := federation.List(r.Context(), c.config.Store, s.Tenant)
	if err != nil {
		return federation.Connection{}, err
	}
	for _, f := range all {
		if f.ID.String() == mux.Vars(r)["connection"] {
			return f, nil
		}
	}
	return federation.Connection{}, fmt.Errorf("connection: %w", storage.ErrNotFound)
}

func (c *Console) connection(w http.ResponseWriter, r *http.Request) error {
	s, err := administrator(r)
	if err != nil {
		return err
	}
	f, err := c.found(r, s)
	if err != nil {
		return err
	}
	return c.connectionPage(w, r, http.StatusOK, s, f, nil)
}

func (c *Console) changeConnection(w http.ResponseWriter, r *http.Request) error {
	s, err := administrator(r)
	if err != nil {
		return err
	}
	current, err := c.found(r, s)
	if err != nil {
		return err
	}
	typed, secret, err := typedConnection(r)
	if err != nil {
		return err
	}
	typed.ID, typed.Tenant, typed.Kind, typed.Disabled = current.ID, s.Tenant, current.Kind, current.Disabled
	if err := entrusted(s, typed, current.Settings); err != nil {
		return c.connectionPage(w, r, http.StatusForbidden, s, typed, err)
	}
	if err := federation.Change(r.Context(), c.config.Store, c.config.Seal, typed, secret, audit.User(s.User), c.origin(r), c.config.Now()); err != nil {
		if errors.Is(err, storage.ErrConflict) {
			typed.Version = current.Version // whoever has read the message may replace what is there now
		}
		return c.connectionPage(w, r, http.StatusUnprocessableEntity, s, typed, err)
	}
	c.config.Connections.Changed()
	return web.SeeOther(w, r, connectionPath(current.ID)+"?notice=saved")
}

// entrusted: administrators look after connections, and gain nothing by them. Errors: *federation.Invalid.
func entrusted(s *session.Session, typed federation.Connection, was federation.Settings) error {
	if s.Role == roleOwner {
		return nil
	}
	e := s.Policy.Exemption(typed.ID)
	return typed.Settings.Entrusted(was, e.Mode != policy.Local || e.MailApart)
}

// connectionPage shows the connection, and what was wrong with it, if that is for people to read.
func (c *Console) connectionPage(w http.ResponseWriter, r *http.Request, status int, s *session.Session, f federation.Connection, failed error) error {
	p := c.connectionForm(s, f)
	p.Frame = frame(s, r)
	invalid, conflict := (*federation.Invalid)(nil), (*storage.Conflict)(nil)
	switch {
	case errors.As(failed, &invalid):
		p.Error, p.Problem = templates.ErrorConnectionInvalid, invalid.Error()
	case errors.As(failed, &conflict) && conflict.What == "connection version":
		status, p.Error = http.StatusConflict, templates.ErrorConnectionConflict
	case conflict != nil:
		status, p.Error = http.StatusConflict, templates.ErrorConnectionName
	case failed != nil:
		return failed
	}
	return web.Render(w, r, status, p)
}

// askSwitch asks before people are locked out, or let in.
func (c *Console) askSwitch(disable bool) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		s, err := administrator(r)
		if err != nil {
			return err
		}
		f, err := c.found(r, s)
		if err != nil {
			return err
		}
		p := templates.Confirm{Frame: frame(s, r), Title: templates.EnableConnectionTitle, Body: templates.EnableConnectionBody, Button: templates.EnableConnectionButton,
			Data: map[string]any{"Name": f.Name}, Action: r.URL.EscapedPath(), CancelURL: connectionPath(f.ID)}
		if disable {
			return c.askDisable(w, r, s, f, p)
		}
		return web.Render(w, r, http.StatusOK, p)
	}
}

// askDisable says who is left when the tenant has no passwords and nothing but this connection.
func (c *Console) askDisable(w http.ResponseWriter, r *http.Request, s *session.Session, f federation.Connection, p templates.Confirm) error {
	p.Title, p.Body, p.Button, p.Danger = templates.DisableConnectionTitle, templates.DisableConnectionBody, templates.DisableConnectionButton, true
	last, err := c.last(r, s, f)
	switch {
	case err != nil:
		return err
	case last && len(s.Policy.BreakGlass) == 0:
		return c.refuseDisable(w, r, s, f)
	case last:
		p.Body, p.Data["Count"] = templates.DisableLastBody, len(s.Policy.BreakGlass)
	}
	return web.Render(w, r, http.StatusOK, p)
}

// last: without passwords, and without this connection, nobody gets in but the people for emergencies.
func (c *Console) last(r *http.Request, s *session.Session, f federation.Connection) (bool, error) {
	if !s.Policy.NoPasswords || f.Disabled {
		return false, nil
	}
	others, err := federation.Usable(r.Context(), c.config.Store, s.Tenant, f.ID)
	return !others, err
}

func (c *Console) refuseDisable(w http.ResponseWriter, r *http.Request, s *session.Session, f federation.Connection) error {
	p := c.connectionForm(s, f)
	p.Frame = frame(s, r)
	p.Error = templates.ErrorConnectionLast
	return web.Render(w, r, http.StatusConflict, p)
}

func (c *Console) switchConnection(disable bool) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		s, f, err := c.posted(r)
		if err != nil {
			return err
		}
		last, err := c.last(r, s, f)
		if err != nil {
			return err
		}
		if disable && last && len(s.Policy.BreakGlass) == 0 {
			return c.refuseDisable(w, r, s, f)
		}
		if f.Disabled != disable {
			if err := federation.SetDisabled(r.Context(), c.config.Store, s.Tenant, f.ID, disable, audit.User(s.User), c.origin(r), c.config.Now()); err != nil {
				return err
			}
			c.config.Connections.Changed()
		}
		return web.SeeOther(w, r, connectionPath(f.ID)+"?notice="+map[bool]string{true: "disabled", false: "enabled"}[disable])
	}
}

// posted is whose form without fields came, and for which connection.
func (c *Console) posted(r *http.Request) (*session.Session, federation.Connection, error) {
	s, err := administrator(r)
	if err != nil {
		return nil, federation.Connection{}, err
	}
	if _, err := web.Form(r); err != nil {
		return nil, federation.Connection{}, err
	}
	f, err := c.found(r, s)
	return s, f, err
}

// testConnection begins an attempt that ends in nothing: the administrator looks at what comes back.
func (c *Console) testConnection(w http.ResponseWriter, r *http.Request) error {
	s, f, err := c.posted(r)
	if err != nil {
		return err
	}
	if f.Disabled {
		p := c.connectionForm(s, f)
		p.Frame = frame(s, r)
		p.Error = templates.ErrorConnectionTest
		return web.Render(w, r, http.StatusConflict, p)
	}
	handle, err := c.begin(r.Context(), w, r, attempt.Start{Tenant: s.Tenant, TenantBy: attempt.BySession, Purpose: attempt.Test, User: &s.User, Session: &s.ID,
		Request: attempt.Request{ReturnTo: connectionPath(f.ID), Connection: f.ID, Subject: s.User}, Life: c.config.AttemptLife})
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, "/signin/"+handle)
}

func (c *Console) begin(ctx context.Context, w http.ResponseWriter, r *http.Request, start attempt.Start) (handle string, err error) {
	a, binding, err := attempt.Begin(ctx, c.config.Store, start, c.config.Now())
	if err != nil {
		return "", err
	}
	begun := attempt.Attempt{ID: a, Tenant: start.Tenant}
	return begun.Handle(), c.config.Edge.Cookies.Set(w, r, attempt.Cookie(a), binding, start.Life)
}
