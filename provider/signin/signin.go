// Package signin is the sign-in flow as people meet it: one page per step.
//
// It owns the pages under /signin and how each step turns what was typed into a fact. Which step comes is
// derived by attempt.Next from the facts on record; steps never choose each other, they write a fact and
// redirect to /signin/{attempt}, which derives again. It issues nothing: provider/gate does. provider
// mounts it; provider/issuer and provider/account send browsers here.
//
// prove.go is the one path of every second factor: whatever the kind, a try is taken, the answer judged by its
// mfa.Factor, and what it names consumed once, in the transaction that notes the fact.
//
// Dependencies: gorilla/mux (fixed by the customer), to read the attempt from the path; golang.org/x/text, for the
// names of countries in the reader's language, which no list of ours would keep up to date.
package signin

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/mux"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/mfa/webauthn"
	"sallyport/provider/attempt"
	"sallyport/provider/federation"
	"sallyport/provider/federation/oidcrp"
	"sallyport/provider/gate"
	"sallyport/provider/notify"
	"sallyport/provider/session"
	"sallyport/provider/tenant"
	"sallyport/provider/user"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/seal"
)

// SignIn serves the flow. All fields are required.
type SignIn struct {
	// Factors are all there are, by kind; Keys is the one among them that begins a sign-in too, nil where the public
	// address is no host name.
	Factors map[mfa.Kind]mfa.Factor
	Keys    *webauthn.Factor
	// Pepper keys the hashes of codes that are sent, and challenges.
	Pepper []byte
	// Access keys those of access codes.
	Access []byte
	// Connections are the upstream providers of tenants, Upstreams how to talk to them; PublicURL is where they answer.
	Connections *federation.Directory
	Upstreams   *oidcrp.Client
	PublicURL   *url.URL
	Outbox      notify.Outbox
	Links       user.Links
	// Texts says that text messages can be sent.
	Texts   bool
	Store   *storage.Store
	Seal    *seal.Sealer
	Gate    *gate.Gate
	Hasher  *user.Hasher
	Tenants *tenant.Directory
	Edge    *web.Edge
	Now     func() time.Time
}

// page is one step: shown by GET, answered by POST; nil where it has no such half.
type page struct {
	path string
	// fits says at which derived steps the page may be used.
	fits   func(*visit) bool
	show   func(*visit) error
	submit func(*visit) error
}

// Routes are the rows of the route table.
func (s *SignIn) Routes() []web.Route {
	routes := []web.Route{{Methods: []string{http.MethodGet}, Path: "/signin/{attempt}", Access: web.Attempt, Handler: s.derive}}
	for _, p := range []page{
		{"identify", canSwitch, s.showIdentify, s.identify},
		{"account", canSwitch, nil, s.chooseAccount},
		{"tenant", canName, s.showTenant, s.nameTenant},
		{"upstream", at(attempt.StepUpstream), s.showUpstream, nil},
		{"upstream", canConnect, nil, s.connect},
		{"tested", at(attempt.StepTested), s.showTested, s.testAgain},
		{"passkey", s.canPasskey, nil, s.passkey},
		{"password", at(attempt.StepPassword), s.showPassword, s.password},
		{"forgot", at(attempt.StepPassword), s.showForgot, s.forgot},
		{"second-factor", at(attempt.StepSecond), s.showSecond, s.second},
		{"second-factor/choose", at(attempt.StepSecond), nil, s.choose},
		{"second-factor/send", at(attempt.StepSecond), nil, s.resend},
		{"second-factor/delivery", at(attempt.StepSecond), s.delivery, nil},
		{"enrol", at(attempt.StepEnrol), s.showEnrol, s.enrol},
		{"enrol/method", at(attempt.StepEnrol), s.showMethods, s.method},
		{"enrol/send", at(attempt.StepEnrol), nil, s.sendAgain},
		{"enrol/delivery", at(attempt.StepEnrol), s.delivery, nil},
		{"enrol/skip", at(attempt.StepEnrol), nil, s.putOff},
		{"backup-codes", at(attempt.StepBackup), s.showBackup, s.backup},
		{"consent", at(attempt.StepConsent), s.showConsent, s.consent},
	} {
		path := "/signin/{attempt}/" + p.path
		if p.show != nil {
			routes = append(routes, web.Route{Methods: []string{http.MethodGet}, Path: path, Access: web.Attempt, Handler: s.serve(p.fits, p.show)})
		}
		if p.submit != nil {
			routes = append(routes, web.Route{Methods: []string{http.MethodPost}, Path: path, Access: web.Attempt, Handler: s.serve(p.fits, p.submit)})
		}
	}
	return append(append(routes, s.upstreamRoutes()...),
		web.Route{Methods: []string{http.MethodGet}, Path: "/signin/{attempt}/backup-codes.txt", Access: web.Attempt,
			Handler: s.serve(at(attempt.StepBackup), s.backupFile)},
		web.Route{Methods: []string{http.MethodGet}, Path: "/signin/{attempt}/refused", Access: web.Attempt,
			Handler: s.serve(at(attempt.StepRefused), s.showRefused)})
}

// visit is one request to one attempt, judged once.
type visit struct {
	w    http.ResponseWriter
	r    *http.Request
	a    *attempt.Attempt
	d    policy.Decision
	step attempt.Step
	now  time.Time
	// stored sets the cookie of what was written, once it was; nil where there is none.
	stored func() error
}

func at(step attempt.Step) func(*visit) bool { return func(v *visit) bool { return v.step == step } }

// serve loads and judges. A page that is not the step of now (back button, replay, double click) leads to
// the one that is, and changes nothing (gauntlet A04).
func (s *SignIn) serve(fits func(*visit) bool, handle func(*visit) error) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := s.visit(w, r)
		if err != nil {
			return err
		}
		if !fits(v) {
			return s.redirect(v)
		}
		err = handle(v)
		if errors.Is(err, storage.ErrConflict) {
			return s.redirect(v) // somebody was faster, in this attempt
		}
		return err
	}
}

func (s *SignIn) visit(w http.ResponseWriter, r *http.Request) (*visit, error) {
	return s.visitOf(w, r, mux.Vars(r)["attempt"])
}

func (s *SignIn) visitOf(w http.ResponseWriter, r *http.Request, handle string) (*visit, error) {
	t, id, ok := attempt.ParseHandle(handle)
	if !ok {
		return nil, storage.ErrNotFound
	}
	c := s.Edge.Cookies
	brought := attempt.Presented{Binding: c.Get(r, attempt.Cookie(id)), Devices: session.Devices(c.Get(r, session.DeviceCookie)), Address: s.Edge.ClientAddr(r)}
	if brought.Binding == "" {
		return nil, attempt.ErrOtherBrowser
	}
	a, err := attempt.Load(r.Context(), s.Store.Tenant(t), t, id, brought)
	if err != nil {
		return nil, err
	}
	v := &visit{w: w, r: r.WithContext(web.WithLocales(r.Context(), a.Request.Locales)), a: a, now: s.Now()}
	v.step, v.d = a.Next(v.now)
	web.AllowFormAction(w, a.Request.RedirectURI)
	note(v)
	return v, nil
}

func note(v *visit) {
	e := web.EventFrom(v.r.Context())
	e.Set("attempt", v.a.ID.String())
	e.Set("tenant", v.a.Tenant.String())
	e.Set("client", v.a.ClientID)
	if v.a.User != nil {
		e.Set("user", v.a.User.String())
	}
}

func (s *SignIn) origin(r *http.Request) audit.Origin {
	return audit.Origin{RequestID: web.RequestID(r.Context()), Address: s.Edge.ClientAddr(r)}
}
