package account

import (
	"net/http"

	"github.com/gorilla/mux"

	"sallyport/provider/user"
	"sallyport/provider/web"
	"sallyport/storage/audit"
	"sallyport/templates"
)

// linkRoutes are what the links in mails open. They are found by the secret in the path, which is logged by its
// pattern alone. GET never uses a link up: scanners and previews open links before people do (R8).
func (a *Account) linkRoutes() []web.Route {
	get, post := []string{http.MethodGet}, []string{http.MethodPost}
	return []web.Route{
		{Methods: get, Path: "/password/{token}", Access: web.Public, Handler: a.askReset},
		{Methods: post, Path: "/password/{token}", Access: web.Public, Handler: a.reset},
		{Methods: get, Path: "/email/{token}", Access: web.Public, Handler: a.askConfirm},
		{Methods: post, Path: "/email/{token}", Access: web.Public, Handler: a.confirm},
		{Methods: get, Path: "/objection/{token}", Access: web.Public, Handler: a.askObject},
		{Methods: post, Path: "/objection/{token}", Access: web.Public, Handler: a.object},
	}
}

// brought reads the link, without the session that the browser may have: it is nobody's business here.
func brought(r *http.Request) string { return mux.Vars(r)["token"] }

func (a *Account) askReset(w http.ResponseWriter, r *http.Request) error {
	found, err := user.FindReset(r.Context(), a.config.Store, brought(r), a.config.Now())
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, resetPage(r, found, ""))
}

func resetPage(r *http.Request, found user.Reset, problem string) templates.NewPassword {
	return templates.NewPassword{Frame: templates.Frame{Tenant: found.Name, User: found.Email, Error: problem}, Action: r.URL.EscapedPath(), Email: found.Email}
}

func (a *Account) reset(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r, "password")
	if err != nil {
		return err
	}
	// Looked at first: a dead link must not buy a hash, which is the dearest thing there is to ask for (gauntlet L03).
	found, err := user.FindReset(r.Context(), a.config.Store, brought(r), a.config.Now())
	if err != nil {
		return err
	}
	hash, problem, err := a.hash(r, form["password"])
	if err != nil {
		return err
	}
	if problem != "" {
		return web.Render(w, r, http.StatusUnprocessableEntity, resetPage(r, found, problem))
	}
	if err := user.ResetPassword(r.Context(), a.config.Store, brought(r), hash, a.cause(r, audit.Anyone)); err != nil {
		return err
	}
	// Nobody is signed in by it: the second factor is asked for as ever (gauntlet C09).
	return web.Render(w, r, http.StatusOK, templates.Message{Frame: templates.Frame{Tenant: found.Name, User: found.Email}, Body: templates.ResetDone,
		Links: []templates.Choice{{Key: templates.ButtonSignIn, URL: "/account"}}})
}

func (a *Account) askConfirm(w http.ResponseWriter, r *http.Request) error {
	found, err := user.FindConfirmation(r.Context(), a.config.Store, brought(r), a.config.Now())
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, templates.Confirm{
		Frame: templates.Frame{Tenant: found.Name}, Title: templates.ConfirmAddressTitle, Body: templates.ConfirmAddressBody,
		Data: map[string]any{"Email": found.Email}, Action: r.URL.EscapedPath(), Button: templates.ConfirmAddressButton,
	})
}

func (a *Account) confirm(w http.ResponseWriter, r *http.Request) error {
	if _, err := web.Form(r); err != nil {
		return err
	}
	found, err := user.FindConfirmation(r.Context(), a.config.Store, brought(r), a.config.Now())
	if err != nil {
		return err
	}
	if err := user.Confirm(r.Context(), a.config.Store, brought(r), a.cause(r, audit.Anyone)); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, templates.Message{Frame: templates.Frame{Tenant: found.Name}, Body: templates.AddressConfirmed,
		Links: []templates.Choice{{Key: templates.ButtonSettings, URL: "/account"}}})
}

func (a *Account) askObject(w http.ResponseWriter, r *http.Request) error {
	found, err := user.FindObjection(r.Context(), a.config.Store, brought(r), a.config.Now())
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, templates.Confirm{
		Frame: templates.Frame{Tenant: found.Name}, Title: templates.ObjectTitle, Body: templates.ObjectBody,
		Action: r.URL.EscapedPath(), Button: templates.ObjectButton, Danger: true,
	})
}

func (a *Account) object(w http.ResponseWriter, r *http.Request) error {
	if _, err := web.Form(r); err != nil {
		return err
	}
	found, err := user.FindObjection(r.Context(), a.config.Store, brought(r), a.config.Now())
	if err != nil {
		return err
	}
	if err := user.Object(r.Context(), a.config.Store, brought(r), a.cause(r, audit.Anyone)); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, templates.Message{Frame: templates.Frame{Tenant: found.Name}, Body: templates.ObjectionDone})
}
