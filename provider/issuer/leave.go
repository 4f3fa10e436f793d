package issuer

import (
	"errors"
	"net/http"
	"net/url"

	"sallyport/provider/session"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/templates"
)

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
