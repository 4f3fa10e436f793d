// Package account is "My settings": what people see, change and end of their own: password, address, factors, sessions
// and the access of applications; and the pages that the links in our mails open.
//
// It owns the pages under /account and their actions, each look-up inside the tenant and by user, so that
// what belongs to somebody else does not exist here (gauntlet H01). It proves nobody: the guard of provider
// puts the session into the context before a handler runs, with a fresh proof where the route says so. It
// enrols nothing: adding a factor begins an attempt, and provider/signin asks, enrols and comes back. A link of a mail
// is no session: its pages act for whoever holds it, on one thing, and sign nobody in.
// provider mounts its routes; nobody else calls it.
//
// Dependencies: gorilla/mux, only to read the variables of a path that provider/web has routed with it.
package account

import (
	"net/http"
	"time"

	"sallyport/provider/federation"
	"sallyport/provider/notify"
	"sallyport/provider/session"
	"sallyport/provider/user"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/templates"
)

// Config is what New needs; every field is required.
type Config struct {
	Store *storage.Store
	Now   func() time.Time
	Edge  *web.Edge
	// AttemptLife is how long somebody may take to add a factor.
	AttemptLife time.Duration
	Hasher      *user.Hasher
	Outbox      notify.Outbox
	Connections *federation.Directory
}

// Account answers the pages of "My settings".
type Account struct {
	config Config
	links  user.Links
}

// New makes an Account; it panics when a field of the configuration is missing.
func New(c Config) *Account {
	if c.Store == nil || c.Now == nil || c.Edge == nil || c.AttemptLife <= 0 || c.Hasher == nil || c.Outbox.Seal == nil || c.Outbox.PublicURL == nil || c.Connections == nil {
		panic("account: Store, Now, Edge, AttemptLife, Hasher, Connections and a whole Outbox are required")
	}
	return &Account{c, user.Links{Store: c.Store, Outbox: c.Outbox}}
}

// Routes is this package's part of the route table.
func (a *Account) Routes() []web.Route {
	get, post := []string{http.MethodGet}, []string{http.MethodPost}
	return append(a.linkRoutes(), []web.Route{
		{Methods: get, Path: "/", Access: web.Public, Handler: home},
		{Methods: get, Path: "/account", Access: web.Session, Handler: a.show},
		{Methods: get, Path: "/account/signed-out", Access: web.Public, Handler: signedOut},
		{Methods: post, Path: "/account/signout", Access: web.Session, Handler: a.signOut},
		{Methods: get, Path: passwordPath, Access: web.FreshSession, Handler: a.askPassword},
		{Methods: post, Path: passwordPath, Access: web.FreshSession, Handler: a.changePassword},
		{Methods: get, Path: emailPath, Access: web.FreshSession, Handler: a.askEmail},
		{Methods: post, Path: emailPath, Access: web.FreshSession, Handler: a.changeEmail},
		{Methods: post, Path: confirmPath, Access: web.Session, Handler: a.sendConfirmation},
		{Methods: post, Path: "/account/factors/add", Access: web.Session, Handler: a.addFactor},
		{Methods: get, Path: "/account/factors/{id}/remove", Access: web.FreshSession, Handler: a.askRemoveFactor},
		{Methods: post, Path: "/account/factors/{id}/remove", Access: web.FreshSession, Handler: a.removeFactor},
		{Methods: get, Path: "/account/backup-codes/replace", Access: web.FreshSession, Handler: a.askReplaceCodes},
		{Methods: post, Path: "/account/backup-codes/replace", Access: web.FreshSession, Handler: a.replaceCodes},
		{Methods: post, Path: identitiesPath, Access: web.Session, Handler: a.connect},
		{Methods: get, Path: identitiesPath + "/{id}/remove", Access: web.FreshSession, Handler: a.askUnlink},
		{Methods: post, Path: identitiesPath + "/{id}/remove", Access: web.FreshSession, Handler: a.unlink},
		{Methods: post, Path: devicesPath + "/end-all", Access: web.Session, Handler: a.endDevices},
		{Methods: get, Path: devicesPath + "/{id}/end", Access: web.Session, Handler: a.askEndDevice},
		{Methods: post, Path: devicesPath + "/{id}/end", Access: web.Session, Handler: a.endDevice},
		{Methods: post, Path: "/account/sessions/end-others", Access: web.Session, Handler: a.endOthers},
		{Methods: get, Path: "/account/sessions/{id}/end", Access: web.Session, Handler: a.askEndSession},
		{Methods: post, Path: "/account/sessions/{id}/end", Access: web.Session, Handler: a.endSession},
		{Methods: get, Path: "/account/consents/{client}/revoke", Access: web.Session, Handler: a.askRevoke},
		{Methods: post, Path: "/account/consents/{client}/revoke", Access: web.Session, Handler: a.revoke},
	}...)
}

func home(w http.ResponseWriter, r *http.Request) error { return web.SeeOther(w, r, "/account") }

// posted begins every change: it refuses what is not a form (gauntlet I05) and names the person.
func posted(r *http.Request) (*session.Session, error) {
	_, err := web.Form(r)
	return session.From(r.Context()), err
}

func (a *Account) origin(r *http.Request) audit.Origin {
	return audit.Origin{RequestID: web.RequestID(r.Context()), Address: a.config.Edge.ClientAddr(r)}
}

// cause is what the person in front of the page does.
func (a *Account) cause(r *http.Request, by audit.Actor) user.Cause {
	return user.Cause{By: by, From: a.origin(r), Locale: web.Language(r).String(), Now: a.config.Now()}
}

func frame(s *session.Session) templates.Frame {
	return templates.Frame{Tenant: s.TenantName, User: s.Email}
}
