package issuer

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"sallyport/provider/attempt"
	"sallyport/provider/client"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/id"
)

// asked is one authorization request while it is checked, and what the checks have made of it.
type asked struct {
	values   url.Values
	repeated []string
	client   client.Client
	now      time.Time
	request  attempt.Request
	hint     *idClaims
	start    attempt.Start
	// home is the tenant that a hint leads to.
	home id.Tenant
}

// authorize is the authorization endpoint (OpenID Connect Core 3.1.2): it checks what is asked, begins an
// attempt and sends the browser to it.
func (i *Issuer) authorize(w http.ResponseWriter, r *http.Request) error {
	if r.Method == http.MethodPost {
		return asGet(w, r, "/authorize")
	}
	if err := noHead(w, r); err != nil {
		return err
	}
	a, detail, err := i.trusted(r)
	if err != nil {
		return err
	}
	if detail != "" {
		return wrong(w, r, detail)
	}
	r = r.WithContext(web.WithLocales(r.Context(), bounded(a.values.Get("ui_locales"), 200)))
	err = i.proceed(w, r, a)
	var refused refusal
	if errors.As(err, &refused) {
		return i.replyError(w, r, a.destination(), refused)
	}
	return err
}

// trusted checks what has to be right before anything is answered by redirect: who asks, and where the answer
// goes. What is wrong here is said on a page of ours (RFC 6749 4.1.2.1, gauntlet E13).
func (i *Issuer) trusted(r *http.Request) (a *asked, detail string, err error) {
	a = &asked{now: i.Now()}
	if a.values, a.repeated, err = navigated(r); err != nil {
		return nil, "The request cannot be read: " + err.Error() + ".", nil
	}
	if slices.Contains(a.repeated, "client_id") || slices.Contains(a.repeated, "redirect_uri") {
		return nil, "client_id or redirect_uri is repeated.", nil
	}
	a.client, err = i.Clients.Find(r.Context(), a.values.Get("client_id"))
	if errors.Is(err, storage.ErrNotFound) {
		return nil, "client_id does not name an application that is registered here and enabled.", nil
	}
	if err != nil {
		return nil, "", err
	}
	web.EventFrom(r.Context()).Set("client", a.client.ID)
	if !a.client.Redirects(a.values.Get("redirect_uri")) {
		return nil, "redirect_uri is not registered for this application, character by character.", nil
	}
	a.request.RedirectURI = a.values.Get("redirect_uri")
	return a, "", nil
}

func (a *asked) destination() destination {
	mode := a.request.ResponseMode
	if mode == "" {
		mode = query
	}
	return destination{a.request.RedirectURI, mode, a.values.Get("state")}
}

// proceed runs the checks whose failures go to the client, places the request in a tenant, and begins.
func (i *Issuer) proceed(w http.ResponseWriter, r *http.Request, a *asked) error {
	for _, check := range checks {
		if err := check(a); err != nil {
			return err
		}
	}
	if err := i.checkHint(a); err != nil {
		return err
	}
	if err := i.settle(r, a); err != nil {
		return err
	}
	return i.begin(w, r, a)
}

func bounded(s string, limit int) string {
	if len(s) > limit {
		return ""
	}
	return s
}
