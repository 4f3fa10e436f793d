// Package console is the administrators' pages of one tenant: for now its sign-in policy.
//
// It owns the form: what a policy looks like as fields, that two administrators do not overwrite each other, and that
// a change which asks for less of somebody is asked about before it is saved (whom it touches, policy.Decide says). What a
// policy may say is mfa/policy's, how its versions are kept provider/tenant's. It proves nobody:
// the guard of provider puts a session with a fresh proof into the context; the role is asked for here.
// provider mounts its routes; nobody else calls it.
//
// It has no dependency beyond the standard library and Sallyport's own packages.
package console

import (
	"fmt"
	"net/http"
	"time"

	"sallyport/provider/session"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
)

// Config is what New needs; every field is required.
type Config struct {
	Store *storage.Store
	Now   func() time.Time
	Edge  *web.Edge
}

// Console answers the administrators' pages.
type Console struct{ config Config }

// New makes a Console; it panics when a field of the configuration is missing.
func New(c Config) *Console {
	if c.Store == nil || c.Now == nil || c.Edge == nil {
		panic("console: Store, Now and Edge are required")
	}
	return &Console{c}
}

// Routes is this package's part of the route table.
func (c *Console) Routes() []web.Route {
	return []web.Route{
		{Methods: []string{http.MethodGet}, Path: "/admin/policy", Access: web.FreshSession, Handler: c.show},
		{Methods: []string{http.MethodPost}, Path: "/admin/policy", Access: web.FreshSession, Handler: c.save},
	}
}

// owner is the session of somebody who may see and change the tenant's policy (R18).
// Errors: web.ErrForbidden.
func owner(r *http.Request) (*session.Session, error) {
	s := session.From(r.Context())
	if s.Role != "owner" {
		return nil, fmt.Errorf("%w: role %s", web.ErrForbidden, s.Role)
	}
	return s, nil
}

func (c *Console) origin(r *http.Request) audit.Origin {
	return audit.Origin{RequestID: web.RequestID(r.Context()), Address: c.config.Edge.ClientAddr(r)}
}
