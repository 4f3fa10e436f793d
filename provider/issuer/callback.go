package issuer

import (
	"errors"
	"net/http"
	"net/url"

	"sallyport/provider/attempt"
	"sallyport/provider/gate"
	"sallyport/provider/session"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/id"
)

// ending is an attempt whose browser has come back from the sign-in.
type ending struct {
	tenant  id.Tenant
	attempt id.Attempt
	binding string
}

// callback ends an attempt for a client: the gate judges it a last time, and the client gets its answer. Who has
// only the handle, from a link or a log, has nothing: the cookie is the key (gauntlet E11).
func (i *Issuer) callback(w http.ResponseWriter, r *http.Request) error {
	if err := noHead(w, r); err != nil {
		return err
	}
	e, err := i.ending(r)
	if err != nil {
		return err
	}
	passed, err := i.Gate.Finish(r.Context(), e.tenant, e.attempt, e.binding, gate.Browser{Origin: i.origin(r), Agent: r.UserAgent()})
	switch {
	case errors.Is(err, gate.ErrNotDone):
		return i.notDone(w, r, e)
	case err != nil:
		return theirs(err)
	case passed.Code == "":
		return web.ErrBadRequest // a sign-in for a page of ours ends there
	}
	note(r, passed.Attempt)
	if err := i.remember(w, r, passed); err != nil {
		return err
	}
	i.Edge.Cookies.Clear(w, r, attempt.Cookie(e.attempt))
	return i.reply(w, r, destinationOf(passed.Attempt), url.Values{"code": {passed.Code}})
}

func (i *Issuer) ending(r *http.Request) (e ending, err error) {
	values, repeated, err := navigated(r)
	if err != nil || len(repeated) > 0 {
		return e, web.ErrBadRequest
	}
	var ok bool
	if e.tenant, e.attempt, ok = attempt.ParseHandle(values.Get("attempt")); !ok {
		return e, web.ErrBadRequest
	}
	if e.binding = i.Edge.Cookies.Get(r, attempt.Cookie(e.attempt)); e.binding == "" {
		return e, web.ErrBrowser
	}
	return e, nil
}

// theirs turns the sentinel of the attempt into the page that explains it.
func theirs(err error) error {
	if errors.Is(err, attempt.ErrOtherBrowser) {
		return errors.Join(web.ErrBrowser, err)
	}
	return err
}

// remember puts a new or renewed session into the browser's cookie, and what makes it a trusted device.
func (i *Issuer) remember(w http.ResponseWriter, r *http.Request, p gate.Passed) error {
	cookies := i.Edge.Cookies
	if p.Device.Text != "" {
		value := session.PutDevice(cookies.Get(r, session.DeviceCookie), p.Device, nil)
		if err := cookies.Set(w, r, session.DeviceCookie, value, p.DeviceLife); err != nil {
			return err
		}
	}
	if p.Session.Secret.Text == "" {
		return nil // the old secret stays valid
	}
	return cookies.Set(w, r, session.Cookie, session.Put(cookies.Get(r, session.Cookie), p.Session), 0)
}

func destinationOf(a *attempt.Attempt) destination {
	return destination{a.Request.RedirectURI, a.Request.ResponseMode, a.Request.State}
}

// notDone looks why: the person or the policy said no, which the client is told; or there is something left to
// do, or nothing any more.
func (i *Issuer) notDone(w http.ResponseWriter, r *http.Request, e ending) error {
	a, err := attempt.Load(r.Context(), i.Store.Tenant(e.tenant), e.tenant, e.attempt, attempt.Presented{Binding: e.binding, Address: i.Edge.ClientAddr(r)})
	if err != nil {
		return theirs(err)
	}
	note(r, a)
	switch step, decision := a.Next(i.Now()); step {
	case attempt.StepDenied:
		return i.turnBack(w, r, a, refuse("access_denied", "the person did not allow it"))
	case attempt.StepRefused:
		return i.turnBack(w, r, a, turnedAway(decision))
	case attempt.StepExpired:
		return web.ErrExpired
	case attempt.StepDone:
		// Done by its facts, yet the gate refused: user, tenant or client were disabled meanwhile, or another
		// tab was faster. Sending the browser round again would never end.
		return storage.ErrConflict
	}
	return web.SeeOther(w, r, "/signin/"+a.Handle())
}

// turnBack answers a client with an error, if it is still one.
func (i *Issuer) turnBack(w http.ResponseWriter, r *http.Request, a *attempt.Attempt, v refusal) error {
	if a.Purpose != attempt.Authorize {
		return web.ErrBadRequest
	}
	c, err := i.Clients.Find(r.Context(), a.ClientID)
	if errors.Is(err, storage.ErrNotFound) || err == nil && !c.Redirects(a.Request.RedirectURI) {
		return wrong(w, r, "The application is not registered here any more.")
	}
	if err != nil {
		return err
	}
	i.Edge.Cookies.Clear(w, r, attempt.Cookie(a.ID))
	return i.replyError(w, r, destinationOf(a), v)
}
