package issuer

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"sallyport/provider/client"
	"sallyport/provider/session"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/templates"
)

// leaving is one request to sign out (OpenID Connect RP-Initiated Logout 2).
type leaving struct {
	values url.Values
	client *client.Client
	hint   *idClaims
	// to is a registered address, or "" for a page of ours.
	to string
}

// leavingFields are what the confirmation carries on.
var leavingFields = []string{"id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"}

// endSession signs out at once when the application shows an ID token of a session in this browser; anybody else
// has the person asked, since a link or an image could do it to them (gauntlet E16).
func (i *Issuer) endSession(w http.ResponseWriter, r *http.Request) error {
	if r.Method == http.MethodPost {
		return asGet(w, r, "/end_session")
	}
	if err := noHead(w, r); err != nil {
		return err
	}
	values, repeated, err := navigated(r)
	if err != nil || len(repeated) > 0 {
		return wrong(w, r, "The request cannot be read, or repeats a parameter.")
	}
	r = r.WithContext(web.WithLocales(r.Context(), bounded(values.Get("ui_locales"), 200)))
	l, err := i.leaving(r.Context(), values)
	if err != nil {
		return err
	}
	held := i.sessions(r)
	for _, ref := range held {
		if l.hint != nil && ref.ID.String() == l.hint.SID {
			return i.leave(w, r, l, []session.Reference{ref})
		}
	}
	if len(held) == 0 {
		return i.left(w, r, l)
	}
	// Chromium applies form-action to the redirect that follows the form.
	web.AllowFormAction(w, l.to)
	return web.Render(w, r, http.StatusOK, l.page())
}

// leaving reads who asks and where to go afterwards. Whatever does not hold is left out rather than refused:
// the person may sign out all the same, but is sent nowhere.
func (i *Issuer) leaving(ctx context.Context, values url.Values) (leaving, error) {
	l := leaving{values: values}
	clientID := values.Get("client_id")
	if text := values.Get("id_token_hint"); text != "" {
		hint, err := i.readHint(text, clientID)
		if err != nil {
			return l, nil
		}
		l.hint, clientID = hint, hint.Audience
	}
	c, err := i.Clients.Find(ctx, clientID)
	if errors.Is(err, storage.ErrNotFound) {
		return l, nil
	}
	if err != nil {
		return l, err
	}
	l.client = &c
	if to := values.Get("post_logout_redirect_uri"); c.LeavesTo(to) {
		l.to = to
	}
	return l, nil
}

func (l leaving) page() templates.SignOut {
	page := templates.SignOut{Action: "/end_session/confirm"}
	if l.client != nil {
		page.Client = l.client.Name
	}
	for _, name := range leavingFields {
		if value := l.values.Get(name); value != "" {
			page.Fields = append(page.Fields, templates.Field{Name: name, Value: value})
		}
	}
	return page
}

// confirmEnd is the answer to the page: it signs out of all that the browser holds, or stays.
func (i *Issuer) confirmEnd(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r, append([]string{"decision"}, leavingFields...)...)
	if err != nil {
		return err
	}
	if form["decision"] != "signout" {
		return web.SeeOther(w, r, "/account")
	}
	values := url.Values{}
	for name, value := range form {
		values.Set(name, value)
	}
	l, err := i.leaving(r.Context(), values)
	if err != nil {
		return err
	}
	return i.leave(w, r, l, i.sessions(r))
}

// leave ends the sessions and everything given out in them, and takes them out of the cookie.
func (i *Issuer) leave(w http.ResponseWriter, r *http.Request, l leaving, refs []session.Reference) error {
	cookies := i.Edge.Cookies
	value := cookies.Get(r, session.Cookie)
	for _, ref := range refs {
		if err := i.end(r, ref); err != nil {
			return err
		}
		value = session.Remove(value, ref.Secret.Tenant)
	}
	if value == "" {
		cookies.Clear(w, r, session.Cookie)
	} else if err := cookies.Set(w, r, session.Cookie, value, 0); err != nil {
		return err
	}
	return i.left(w, r, l)
}

// end ends a session that the browser has the secret of, even when it is too old to sign anybody in: what
// was given out in it may still live. One that has ended already is no error.
func (i *Issuer) end(r *http.Request, ref session.Reference) error {
	t := ref.Secret.Tenant
	row, err := i.Store.Tenant(t).SessionBySecret(r.Context(), db.SessionBySecretParams{TenantID: t, SecretHash: ref.Secret.Hash, ID: ref.ID})
	if err == nil {
		u := row.User.ID
		err = i.Store.InTenant(r.Context(), t, func(tx *storage.Tx) error {
			return session.End(r.Context(), tx, t, u, ref.ID, "signed out", audit.User(u), i.origin(r), i.Now())
		})
	}
	if errors.Is(err, storage.ErrNotFound) || errors.Is(err, storage.ErrConflict) {
		return nil
	}
	return err
}

// left sends the browser where the application wants it, if that is registered, or says that it is done.
func (i *Issuer) left(w http.ResponseWriter, r *http.Request, l leaving) error {
	if l.to == "" {
		return web.Render(w, r, http.StatusOK, templates.Message{Body: templates.SignedOut})
	}
	to := l.to
	if state := l.values.Get("state"); state != "" {
		to = appended(to, url.Values{"state": {state}})
	}
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}
