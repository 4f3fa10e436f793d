package signin

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/mux"

	"sallyport/mfa"
	"sallyport/provider/attempt"
	"sallyport/provider/domain"
	"sallyport/provider/federation"
	"sallyport/provider/federation/oidcrp"
	"sallyport/provider/outbound"
	"sallyport/provider/token"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
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

// signIn tries once more when connection, account or identity changed in between: the code of the provider is spent, so the
// person would have to go there again. Two tabs that come for the first time both get in.
func (s *SignIn) signIn(v *visit, c federation.Connection, p federation.Person, u attempt.Upstream) error {
	err := s.admit(v, c, p, u)
	if conflict := (*storage.Conflict)(nil); !errors.As(err, &conflict) {
		return err
	}
	s.Connections.Changed()
	c, gone := s.Connections.Find(v.r.Context(), c.Tenant, c.ID)
	again, lost := s.visitOf(v.w, v.r, v.a.Handle())
	if gone != nil || lost != nil || !again.awaits(u) {
		return err
	}
	return s.admit(again, c, p, u)
}

// awaits: the round trip is open still, or a copy of its answer has closed it. A page that is loaded twice comes twice with
// one code, and the refusal of the second may be the first to be noted (gauntlet G10).
func (v *visit) awaits(u attempt.Upstream) bool {
	begun := v.a.Facts.Upstream
	if begun == nil || !canConnect(v) {
		return false
	}
	closed := begun.State == nil && begun.Failed != "" && begun.Connection == u.Connection && begun.Tries == u.Tries
	return closed || bytes.Equal(begun.State, u.State)
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

// admit makes the attempt that of whoever came back. Where somebody is known already it must be they: more evidence about
// another is none (the same person came back).
func (s *SignIn) admit(v *visit, c federation.Connection, p federation.Person, u attempt.Upstream) error {
	arrival, err := s.arrival(v, c, p)
	switch {
	case errors.Is(err, federation.ErrUnknown):
		return s.fail(v, c.ID, templates.ErrorUpstreamUnknown, "unknown_person")
	case errors.Is(err, federation.ErrDisabled):
		return s.fail(v, c.ID, templates.ErrorUpstreamFailed, "disabled")
	case err != nil:
		return err
	case v.known() && (v.a.User == nil || *v.a.User != arrival.User):
		return s.fail(v, c.ID, templates.ErrorUpstreamOther, "another_person")
	}
	proofs := v.a.Facts.Proofs
	v.become(v.a.Tenant, arrival.User)
	v.a.Facts.Proofs = proofs
	p.Upstream.Identity = arrival.Identity
	v.a.Prove(mfa.Proof{Kind: mfa.Federated, At: v.now, Upstream: p.Upstream})
	u.State, u.Failed = nil, ""
	if u.Reauth && !p.Upstream.Reauth {
		u.Failed = templates.ErrorUpstreamStale
	}
	v.a.Facts.Upstream = &u
	binding, err := attempt.AdvanceAfter(v.r.Context(), s.Store, v.a, v.now, func(tx *storage.Tx) error {
		return arrival.Write(v.r.Context(), tx, audit.User(arrival.User), s.origin(v.r), v.now)
	})
	if err == nil {
		err = s.carry(v, binding)
	}
	if err != nil {
		return err
	}
	return s.redirect(v)
}

// known: it has been proven who this is, or the page that the attempt is for belongs to somebody. Nobody else gets in here, nor
// an account by it.
func (v *visit) known() bool {
	return len(v.a.Facts.Proofs) > 0 || v.step == attempt.StepUpstream || v.a.Purpose != attempt.Authorize && v.a.Session != nil
}

func (s *SignIn) arrival(v *visit, c federation.Connection, p federation.Person) (federation.Arrival, error) {
	proven := func(name string) (bool, error) {
		return s.Store.Tenant(v.a.Tenant).DomainProven(v.r.Context(), db.DomainProvenParams{TenantID: v.a.Tenant, Name: name})
	}
	return federation.Arrive(v.r.Context(), s.Store, c, p, proven, v.now)
}

// link gives a person who has just proven themselves another way to sign in.
func (s *SignIn) link(v *visit, c federation.Connection, p federation.Person) error {
	v.a.Facts.Linked, v.a.Facts.Upstream = true, nil
	err := s.advance(v, func(tx *storage.Tx) error {
		return federation.LinkTo(v.r.Context(), tx, c, p, *v.a.User, audit.User(*v.a.User), s.origin(v.r), v.now)
	})
	if errors.Is(err, federation.ErrTaken) {
		v.a.Facts.Linked = false
		return s.fail(v, c.ID, templates.ErrorIdentityTaken, "taken")
	}
	return err
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
