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
	var away departure
	for _, ref := range refs {
		next, err := i.end(r, ref)
		if err != nil {
			return err
		}
		if next.address != "" {
			away = next
		}
		value = session.Remove(value, ref.Secret.Tenant)
	}
	if value == "" {
		cookies.Clear(w, r, session.Cookie)
	} else if err := cookies.Set(w, r, session.Cookie, value, 0); err != nil {
		return err
	}
	if away.address != "" {
		return i.depart(w, r, away, l.destination())
	}
	return i.left(w, r, l)
}

// end ends a session that the browser has the secret of, even when it is too old to sign anybody in: what
// was given out in it may still live. One that has ended already is no error. It says where else to sign out.
func (i *Issuer) end(r *http.Request, ref session.Reference) (departure, error) {
	t := ref.Secret.Tenant
	row, err := i.Store.Tenant(t).SessionBySecret(r.Context(), db.SessionBySecretParams{TenantID: t, SecretHash: ref.Secret.Hash, ID: ref.ID})
	if err == nil {
		u := row.User.ID
		err = i.Store.InTenant(r.Context(), t, func(tx *storage.Tx) error {
			return session.End(r.Context(), tx, t, u, ref.ID, "signed out", audit.User(u), i.origin(r), i.Now())
		})
	}
	if errors.Is(err, storage.ErrNotFound) || errors.Is(err, storage.ErrConflict) {
		return departure{}, nil
	}
	if err != nil {
		return departure{}, err
	}
	return i.upstream(r.Context(), t, row.Session.Proofs), nil
}

// left sends the browser where the application wants it, if that is registered, or says that it is done.
func (i *Issuer) left(w http.ResponseWriter, r *http.Request, l leaving) error {
	return sent(w, r, l.destination())
}

// destination is where the application wants the browser, with its state; "" for a page of ours.
func (l leaving) destination() string {
	state := l.values.Get("state")
	if l.to == "" || state == "" {
		return l.to
	}
	return appended(l.to, url.Values{"state": {state}})
}

func sent(w http.ResponseWriter, r *http.Request, to string) error {
	if to == "" {
		return web.Render(w, r, http.StatusOK, templates.Message{Body: templates.SignedOut})
	}
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}
