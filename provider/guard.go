package provider

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"sallyport/provider/attempt"
	"sallyport/provider/session"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/id"
)

// guard stands before every route that needs a session: one place, so that no handler can forget it
// (gauntlet A07).
type guard struct {
	store       *storage.Store
	edge        *web.Edge
	now         func() time.Time
	attemptLife time.Duration
	pages       map[string]bool // paths that can be shown
}

func (g *guard) all(routes []web.Route) []web.Route {
	routes = slices.Clone(routes)
	g.pages = map[string]bool{}
	for _, r := range routes {
		g.pages[r.Path] = g.pages[r.Path] || slices.Contains(r.Methods, http.MethodGet)
	}
	for i, r := range routes {
		if r.Access == web.Session || r.Access == web.FreshSession {
			routes[i].Handler = g.protect(r)
		}
	}
	return routes
}

// protect lets a request through with a session that suffices by the policy of now; otherwise the browser
// is sent to prove what is missing and comes back.
func (g *guard) protect(route web.Route) web.HandlerFunc {
	shown := g.pages[route.Path]
	return func(w http.ResponseWriter, r *http.Request) error {
		now := g.now()
		s, err := g.session(r, now)
		if err != nil {
			return err
		}
		if s == nil {
			return g.prove(w, r, nil, shown, now)
		}
		note(r, s)
		d := s.Judge(route.Access == web.FreshSession, g.edge.ClientAddr(r), now)
		if !d.Satisfied() {
			return g.prove(w, r, s, shown, now)
		}
		if err := s.Touch(r.Context(), g.store, now); err != nil {
			return err
		}
		return route.Handler(w, r.WithContext(session.With(r.Context(), s)))
	}
}

func note(r *http.Request, s *session.Session) {
	e := web.EventFrom(r.Context())
	e.Set("tenant", s.Tenant.String())
	e.Set("user", s.User.String())
}

// session is the newest session of the browser that is still alive, nil when there is none.
func (g *guard) session(r *http.Request, now time.Time) (*session.Session, error) {
	for _, ref := range session.References(g.edge.Cookies.Get(r, session.Cookie)) {
		s, err := session.Load(r.Context(), g.store, ref, now)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		return s, err
	}
	return nil, nil
}

// prove begins an attempt without an authorization request. What was posted is not kept across it: the
// person comes back to the page, not into the change (a form replayed after sign-in would be CSRF by delay).
func (g *guard) prove(w http.ResponseWriter, r *http.Request, s *session.Session, shown bool, now time.Time) error {
	start := attempt.Start{Tenant: id.Lobby, Purpose: attempt.Fresh, Life: g.attemptLife,
		Request: attempt.Request{ReturnTo: returnTo(r, shown), Locales: r.URL.Query().Get("ui_locales")}}
	if s != nil {
		start.Tenant, start.TenantBy, start.User, start.Session = s.Tenant, attempt.BySession, &s.User, &s.ID
		start.Request.Subject = s.User
	}
	a, binding, err := attempt.Begin(r.Context(), g.store, start, now)
	if err != nil {
		return err
	}
	if err := g.edge.Cookies.Set(w, r, attempt.Cookie(a), binding, g.attemptLife); err != nil {
		return err
	}
	begun := attempt.Attempt{ID: a, Tenant: start.Tenant}
	return web.SeeOther(w, r, "/signin/"+begun.Handle())
}

// returnTo is the page asked for; after a form it is the page the form stood on, where it has one.
func returnTo(r *http.Request, shown bool) string {
	path := r.URL.EscapedPath()
	if !shown {
		return "/account"
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		if q := r.URL.Query(); len(q) > 0 {
			path += "?" + url.Values(q).Encode()
		}
	}
	if to, ok := web.ReturnTo(path); ok {
		return to
	}
	return "/account"
}
