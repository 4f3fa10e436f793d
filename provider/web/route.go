package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"sallyport/templates"
)

// HandlerFunc answers a request or returns an error for the one table in this package to answer;
// after an error it must not have written anything.
type HandlerFunc func(w http.ResponseWriter, r *http.Request) error

// Access says what a route asks of its caller; the zero value is refused by Mount.
type Access int

const (
	// Public routes need nothing: pages without a cookie, health, static files.
	Public Access = iota + 1
	// Protocol routes authenticate a client or a bearer token and are called cross-origin: cookies are
	// neither read nor set (the edge removes both), cross-origin protection does not apply.
	Protocol
	// Front routes are entered by navigation from other sites, by GET and POST (OpenID Connect Core
	// 3.1.2.1), hence without cross-origin protection: their handlers change nothing without confirmation.
	Front
	// Attempt routes need the cookie of a sign-in attempt, proved by the route's own package.
	Attempt
	// Session routes need a session, proved by the route's own package.
	Session
	// FreshSession routes need a session with a fresh proof, proved by the route's own package.
	FreshSession
)

// Route is one row of the route table.
type Route struct {
	// Methods are upper-case HTTP methods; GET serves HEAD too.
	Methods []string
	// Path is a gorilla/mux pattern that starts with a slash.
	Path    string
	Access  Access
	Handler HandlerFunc
	// CORS lets scripts of any origin read the answer, never with credentials; only Public and Protocol may.
	CORS bool
	// Quiet lowers the request event of a success to debug: probes and assets.
	Quiet bool
}

// Plain makes a HandlerFunc of a handler that answers its own errors.
func Plain(h http.Handler) HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}
}

// Mount is the only way to add routes; it panics on a row that is incomplete, contradictory or there already,
// because such a table is a defect of the program and not of a request.
func (e *Edge) Mount(router *mux.Router, routes []Route) {
	// A cleaned path would be answered with a redirect computed from the request target (gauntlet I06).
	router.SkipClean(true)
	router.NotFoundHandler = http.HandlerFunc(unknown)
	router.MethodNotAllowedHandler = wrongMethod(router)
	for _, rt := range routes {
		if err := e.admit(rt); err != nil {
			panic(fmt.Sprintf("web: route %v %q: %v", rt.Methods, rt.Path, err))
		}
		e.routes = append(e.routes, rt)
		router.Path(rt.Path).Methods(rt.accepted()...).Handler(e.serve(rt))
	}
}

// Routes returns a copy of the table as mounted, for tests that walk every route.
func (e *Edge) Routes() []Route { return slices.Clone(e.routes) }

func (e *Edge) admit(rt Route) error {
	switch {
	case len(rt.Methods) == 0 || rt.Handler == nil || !strings.HasPrefix(rt.Path, "/"):
		return fmt.Errorf("needs methods, a path and a handler")
	case rt.Access < Public || rt.Access > FreshSession:
		return fmt.Errorf("unknown access %d", rt.Access)
	case rt.CORS && rt.Access != Public && rt.Access != Protocol:
		return fmt.Errorf("a route with cookies must not be readable cross-origin")
	}
	for _, old := range e.routes {
		if old.Path == rt.Path && slices.ContainsFunc(rt.Methods, func(m string) bool { return slices.Contains(old.Methods, m) }) {
			return fmt.Errorf("mounted already")
		}
	}
	return nil
}

// accepted adds the methods that follow from others.
func (rt Route) accepted() []string {
	methods := slices.Clone(rt.Methods)
	if slices.Contains(methods, http.MethodGet) {
		methods = append(methods, http.MethodHead)
	}
	if rt.CORS {
		methods = append(methods, http.MethodOptions)
	}
	return methods
}

func (e *Edge) serve(rt Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		EventFrom(r.Context()).enter(rt)
		if rt.CORS && e.share(w, r, rt) {
			return
		}
		if rt.Access == Protocol {
			// A browser's cookie must never become authority at an endpoint any site may call.
			r.Header.Del("Cookie")
		}
		err := e.sameSite(r, rt.Access)
		if err == nil {
			err = rt.Handler(w, r)
		}
		if err != nil {
			fail(w, r, err)
		} else if !EventFrom(r.Context()).started() {
			// Said aloud, or the recorder would not see the headers go.
			w.WriteHeader(http.StatusOK)
		}
	})
}

func unknown(w http.ResponseWriter, r *http.Request) {
	fail(w, r, &Error{Status: http.StatusNotFound, Key: templates.ErrorNotFound})
}

// wrongMethod asks the router itself which methods the path takes, so that Allow cannot drift from the table.
func wrongMethod(router *mux.Router) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var allow []string
		for _, method := range []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"} {
			probe, match := *r, mux.RouteMatch{}
			probe.Method = method
			if router.Match(&probe, &match) && match.MatchErr == nil {
				allow = append(allow, method)
			}
		}
		w.Header().Set("Allow", strings.Join(allow, ", "))
		fail(w, r, &Error{Status: http.StatusMethodNotAllowed, Key: templates.ErrorMethod})
	})
}
