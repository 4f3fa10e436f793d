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
	return i.endHinted(w, r, l, i.sessions(r))
}

func (i *Issuer) endHinted(w http.ResponseWriter, r *http.Request, l leaving, held []session.Reference) error {
	for _, ref := range held {
		if l.hint != nil && ref.ID.String() == l.hint.SID {
			return i.leave(w, r, l, []session.Reference{ref})
		}
	}
	if len(held) == 0 {
		return i.left(w, r, l) // nobody is signed in, so there is nothing to ask
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
