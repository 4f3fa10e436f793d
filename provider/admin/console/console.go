// Package console is the administrators' pages of one tenant: its sign-in policy, the providers that people sign in with, its
// domains, its people and the help they get, and why a sign-in ended as it did or would.
//
// It owns the forms: what a policy or a connection looks like as fields, that two administrators do not overwrite each other, and
// that a change which asks for less of somebody is asked about before it is saved (whom it touches, policy.Decide says). What
// a policy may say is mfa/policy's, how its versions are kept provider/tenant's, and so on for each noun: it writes nothing by itself.
// It proves nobody: the guard of provider puts a session with a fresh proof into the context; the role is asked for here. The
// policy, what a connection spares, and the policy that is only watched are for owners (R18), the rest for administrators too.
// provider mounts its routes; nobody else calls it.
//
// Beyond the standard library and Sallyport's own packages it depends on mux, for the parts of an address.
package console

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"sallyport/provider/domain"
	"sallyport/provider/federation"
	"sallyport/provider/session"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/seal"
	"sallyport/templates"
)

// Config is what New needs; every field is required.
type Config struct {
	Store *storage.Store
	Now   func() time.Time
	Edge  *web.Edge
	// Seal keeps the secrets of connections; PublicURL is what providers are told of us.
	Seal      *seal.Sealer
	PublicURL *url.URL
	// Connections is told when one has changed.
	Connections *federation.Directory
	Domains     domain.Checker
	// Pepper is that of access codes (recovery.Pepper).
	Pepper []byte
	// AttemptLife is how long the test of a connection may take.
	AttemptLife time.Duration
}

// Console answers the administrators' pages.
type Console struct{ config Config }

// New makes a Console; it panics when a field of the configuration is missing.
func New(c Config) *Console {
	if c.Store == nil || c.Now == nil || c.Edge == nil || c.Seal == nil || c.PublicURL == nil || c.Connections == nil ||
		c.Domains.Store == nil || len(c.Pepper) == 0 || c.AttemptLife <= 0 {
		panic("console: a field of the configuration is missing")
	}
	return &Console{c}
}

// Routes is this package's part of the route table.
func (c *Console) Routes() []web.Route {
	return slices.Concat([]web.Route{get("/admin", c.start), get("/admin/policy", c.show), post("/admin/policy", c.save)},
		c.connectionRoutes(), c.domainRoutes(), c.peopleRoutes(), c.explainRoutes(), c.reportRoutes())
}

func get(path string, h web.HandlerFunc) web.Route {
	return web.Route{Methods: []string{http.MethodGet}, Path: path, Access: web.FreshSession, Handler: h}
}

func post(path string, h web.HandlerFunc) web.Route {
	return web.Route{Methods: []string{http.MethodPost}, Path: path, Access: web.FreshSession, Handler: h}
}

// start leads to what the role may look at.
func (c *Console) start(w http.ResponseWriter, r *http.Request) error {
	s, err := administrator(r)
	if err != nil {
		return err
	}
	p := templates.Admin{Frame: frame(s, r), BackURL: "/account", Links: []templates.Choice{
		{Key: templates.LinkConnections, URL: connectionsPath}, {Key: templates.LinkDomains, URL: domainsPath}, {Key: templates.LinkPeople, URL: peoplePath},
		{Key: templates.LinkSignIns, URL: signInsPath}, {Key: templates.LinkWhatIf, URL: whatIfPath}}}
	if s.Role == roleOwner {
		p.Links = append(p.Links, templates.Choice{Key: templates.LinkPolicy, URL: "/admin/policy"}, templates.Choice{Key: templates.LinkReport, URL: reportPath})
	}
	return web.Render(w, r, http.StatusOK, p)
}

// notices are what a page can be told to say, by the word in its address: nobody makes it say anything else.
var notices = map[string]string{
	saved: templates.NoticePolicySaved, "saved": templates.NoticeConnectionSaved, "disabled": templates.NoticeConnectionDisabled,
	"enabled": templates.NoticeConnectionEnabled, "added": templates.NoticeDomainAdded, "proven": templates.NoticeDomainProven,
	"removed": templates.NoticeDomainRemoved, "connected": templates.NoticeDomainConnected, "reset": templates.NoticeFactorsReset,
	"begun": templates.NoticeReportBegun, "ended": templates.NoticeReportEnded,
}

func frame(s *session.Session, r *http.Request) templates.Frame {
	return templates.Frame{Tenant: s.TenantName, User: s.Email, Notice: notices[r.URL.Query().Get("notice")]}
}

const (
	roleOwner = "owner"
	roleAdmin = "admin"
)

// owner is the session of somebody who may see and change the tenant's policy (R18).
// Errors: web.ErrForbidden.
func owner(r *http.Request) (*session.Session, error) {
	s := session.From(r.Context())
	if s.Role != roleOwner {
		return nil, fmt.Errorf("%w: role %s", web.ErrForbidden, s.Role)
	}
	return s, nil
}

// administrator is the session of somebody who may look after the tenant's people and providers.
// Errors: web.ErrForbidden.
func administrator(r *http.Request) (*session.Session, error) {
	s := session.From(r.Context())
	if s.Role != roleOwner && s.Role != roleAdmin {
		return nil, fmt.Errorf("%w: role %s", web.ErrForbidden, s.Role)
	}
	return s, nil
}

func (c *Console) origin(r *http.Request) audit.Origin {
	return audit.Origin{RequestID: web.RequestID(r.Context()), Address: c.config.Edge.ClientAddr(r)}
}
