package signin

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/mux"

	"sallyport/provider/attempt"
	"sallyport/provider/domain"
	"sallyport/provider/federation"
	"sallyport/provider/federation/oidcrp"
	"sallyport/provider/outbound"
	"sallyport/provider/token"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/id"
	"sallyport/templates"
)

// answerFields are what a provider answers with (RFC 6749 4.1.2, RFC 9207).
var answerFields = []string{"state", "code", "iss", "error", "error_description", "error_uri", "session_state"}

// longestAnswer bounds what a provider puts into an address or a form.
const longestAnswer = 16 << 10

func (s *SignIn) upstreamRoutes() []web.Route {
	get, post := []string{http.MethodGet}, []string{http.MethodPost}
	return []web.Route{
		{Methods: get, Path: "/federation/{connection}/callback", Access: web.Attempt, Handler: s.callback},
		{Methods: post, Path: "/federation/{connection}/callback", Access: web.Front, Handler: s.posted},
		{Methods: post, Path: "/federation/{connection}/answer", Access: web.Attempt, Handler: s.reposted},
		{Methods: post, Path: "/federation/{connection}/backchannel-logout", Access: web.Protocol, Handler: s.signedOut},
	}
}

// posted takes a form_post answer. The browser sends no cookie with a form of another site, so the page posts it once more
// from here: the code never stands in an address.
func (s *SignIn) posted(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r, answerFields...)
	if err != nil {
		return err
	}
	page := templates.FormPost{Action: strings.TrimSuffix(r.URL.EscapedPath(), "callback") + "answer"}
	for _, name := range answerFields {
		if form[name] != "" {
			page.Fields = append(page.Fields, templates.Field{Name: name, Value: form[name]})
		}
	}
	return web.Render(w, r, http.StatusOK, page)
}

func (s *SignIn) reposted(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r, answerFields...)
	if err != nil {
		return err
	}
	return s.answer(w, r, func(name string) string { return form[name] })
}

func (s *SignIn) callback(w http.ResponseWriter, r *http.Request) error {
	if len(r.URL.RawQuery) > longestAnswer {
		return web.ErrExpired
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || r.Method != http.MethodGet {
		return web.ErrExpired // a HEAD must not spend it
	}
	return s.answer(w, r, values.Get)
}

// answer takes what came back to the attempt that waits for it: in the browser that was sent, at the address of the
// connection it was sent to, once (gauntlet G09, G10). Anything else changes nothing.
func (s *SignIn) answer(w http.ResponseWriter, r *http.Request, get func(string) string) error {
	t, c, ok := federation.ParseHandle(mux.Vars(r)["connection"])
	handle, _, _ := strings.Cut(get("state"), ".")
	at, _, named := attempt.ParseHandle(handle)
	if !ok || !named || at != t {
		return attempt.ErrOtherBrowser
	}
	v, err := s.visitOf(w, r, handle)
	if err != nil {
		return err
	}
	u := v.a.Facts.Upstream
	if u == nil || u.Connection != c || !canConnect(v) || subtle.ConstantTimeCompare(u.State, token.Hash(get("state"))) != 1 {
		return s.redirect(v)
	}
	err = s.arrive(v, *u, get)
	if errors.Is(err, storage.ErrConflict) {
		return s.redirect(v) // somebody was faster, in this attempt
	}
	return err
}

func (s *SignIn) arrive(v *visit, u attempt.Upstream, get func(string) string) error {
	c, err := s.Connections.Find(v.r.Context(), v.a.Tenant, u.Connection)
	if errors.Is(err, storage.ErrNotFound) {
		return s.fail(v, u.Connection, templates.ErrorUpstreamFailed, "disabled")
	}
	if err != nil {
		return err
	}
	if reason := get("error"); reason != "" {
		return s.fail(v, c.ID, denial(reason), "answered "+word(reason))
	}
	p, claims, err := s.redeem(v, c, get)
	if err != nil {
		key, reason := refusalOf(err)
		web.EventFrom(v.r.Context()).Set("upstream_error", err.Error())
		return s.fail(v, c.ID, key, reason)
	}
	p.Upstream.Connection, p.Upstream.Reauth, p.Upstream.Asked = c.ID, u.Reauth && c.Fresh(p, u.At), u.Asked
	switch {
	case v.a.Purpose == attempt.Test:
		return s.test(v, c, p, claims)
	case v.links() && c.ID == v.a.Request.Connection:
		return s.link(v, c, p)
	}
	return s.signIn(v, c, p, u)
}

// denial: what people decide there is no fault of anybody.
func denial(reason string) string {
	if reason == "access_denied" || reason == "login_required" || reason == "interaction_required" || reason == "consent_required" {
		return templates.ErrorUpstreamDenied
	}
	return templates.ErrorUpstreamFailed
}

// word keeps what a log and a page can show of a code that anybody may have written into an address.
func word(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '_' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, s)
	return s[:min(len(s), 60)]
}

func (s *SignIn) redeem(v *visit, c federation.Connection, get func(string) string) (federation.Person, oidcrp.Token, error) {
	rely, err := s.Connections.Relying(v.r.Context(), c)
	if err != nil {
		return federation.Person{}, oidcrp.Token{}, err
	}
	state := get("state")
	t, err := s.Upstreams.Redeem(v.r.Context(), rely, oidcrp.Answer{Code: get("code"), Issuer: get("iss"), RedirectURI: c.RedirectURI(s.PublicURL),
		Nonce: s.derived("nonce", state), Verifier: s.derived("pkce", state)})
	if err != nil {
		return federation.Person{}, t, err
	}
	p, err := c.Read(t)
	return p, t, err
}

// refusalOf is what the person is told, and the reason for the record: a word of ours. What a provider says of itself is
// text of somebody whom we do not know, and tells what our network answered.
func refusalOf(err error) (key, reason string) {
	forbidden := (*federation.Forbidden)(nil)
	switch {
	case errors.As(err, &forbidden):
		return templates.ErrorUpstreamForbidden, forbidden.Reason
	case errors.Is(err, oidcrp.ErrToken):
		return templates.ErrorUpstreamFailed, oidcrp.Reason(err)
	case errors.Is(err, federation.ErrClaims):
		return templates.ErrorUpstreamFailed, "subject"
	case errors.Is(err, outbound.ErrRefused):
		return templates.ErrorUpstreamFailed, "unreachable"
	case errors.Is(err, oidcrp.ErrProvider):
		return templates.ErrorUpstreamFailed, "provider"
	}
	return templates.ErrorUpstreamFailed, "settings"
}

// homeOf is the tenant and connection that a proven domain leads to: what everybody may know of it, so it tells of no account.
func (s *SignIn) homeOf(v *visit, key string) (t id.Tenant, c id.Connection, known bool, err error) {
	name := domain.Of(key)
	if name == "" {
		return t, c, false, nil
	}
	t, c, known, err = s.Connections.Domain(v.r.Context(), name)
	if v.tenantNamed() && t != v.a.Tenant {
		return id.Tenant{}, id.Connection{}, false, err
	}
	return t, c, known, err
}
