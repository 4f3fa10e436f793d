package signin

import (
	"net/http"
	"net/url"

	"sallyport/provider/attempt"
	"sallyport/provider/gate"
	"sallyport/provider/session"
	"sallyport/provider/user"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
)

// derive is where every step returns to: it sends the browser to what comes next.
func (s *SignIn) derive(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visit(w, r)
	if err != nil {
		return err
	}
	to, err := s.automatic(v)
	if err != nil {
		return err
	}
	if !to.IsZero() && r.Method == http.MethodGet {
		return s.leave(v, to)
	}
	switch {
	case v.step == attempt.StepExpired:
		return web.ErrExpired
	case v.step == attempt.StepDone && v.a.Purpose != attempt.Authorize:
		return s.finish(v)
	case v.step == attempt.StepDone, v.step == attempt.StepDenied:
		return web.SeeOther(w, r, Callback(v.a.Handle()))
	}
	return web.SeeOther(w, r, v.path(string(v.step)))
}

// Callback is where an attempt for a client ends; the issuer answers the client there.
func Callback(handle string) string {
	return "/authorize/callback?" + url.Values{"attempt": {handle}}.Encode()
}

func (v *visit) path(page string) string { return "/signin/" + v.a.Handle() + "/" + page }

func (s *SignIn) redirect(v *visit) error {
	return web.SeeOther(v.w, v.r, "/signin/"+v.a.Handle())
}

// advance writes the changed facts and moves on.
func (s *SignIn) advance(v *visit, also func(*storage.Tx) error) error {
	if err := s.write(v, also); err != nil {
		return err
	}
	return s.redirect(v)
}

func (s *SignIn) write(v *visit, also func(*storage.Tx) error) error {
	binding, err := attempt.Advance(v.r.Context(), s.Store, v.a, v.now, also)
	if err != nil {
		return user.Held(err)
	}
	return s.carry(v, binding)
}

// carry gives the browser what it needs for the attempt as it is now.
func (s *SignIn) carry(v *visit, binding string) error {
	if binding != "" {
		if err := s.Edge.Cookies.Set(v.w, v.r, attempt.Cookie(v.a.ID), binding, v.a.Expires.Sub(v.now)); err != nil {
			return err
		}
	}
	if v.stored != nil {
		return v.stored()
	}
	return nil
}

func nothing(*storage.Tx) error { return nil }

// finish ends an attempt that was for a page of ours.
func (s *SignIn) finish(v *visit) error {
	if v.r.Method != http.MethodGet {
		return s.redirect(v) // a HEAD must not spend it
	}
	c := s.Edge.Cookies
	passed, err := s.Gate.Finish(v.r.Context(), v.a.Tenant, v.a.ID, c.Get(v.r, attempt.Cookie(v.a.ID)), s.browser(v.r))
	if err != nil {
		return err
	}
	c.Clear(v.w, v.r, attempt.Cookie(v.a.ID))
	if passed.Device.Text != "" {
		if err := c.Set(v.w, v.r, session.DeviceCookie, session.PutDevice(c.Get(v.r, session.DeviceCookie), passed.Device, nil), passed.DeviceLife); err != nil {
			return err
		}
	}
	if passed.Session.Secret.Text != "" {
		value := session.Put(c.Get(v.r, session.Cookie), passed.Session)
		if err := c.Set(v.w, v.r, session.Cookie, value, 0); err != nil {
			return err
		}
	}
	return web.SeeOther(v.w, v.r, v.a.Request.ReturnTo)
}

func (s *SignIn) browser(r *http.Request) gate.Browser {
	return gate.Browser{Origin: s.origin(r), Agent: r.UserAgent()}
}

// record notes a failure as a fact of its own: committed, never rolled back with the page that tells it.
func (s *SignIn) record(v *visit, kinds []audit.Kind, detail map[string]any) error {
	e := audit.Event{At: v.now, Actor: audit.Anyone, Origin: s.origin(v.r), Detail: detail}
	if v.a.User != nil {
		e.Target = audit.OnUser(*v.a.User)
	}
	return s.Store.InTenant(v.r.Context(), v.a.Tenant, func(tx *storage.Tx) error {
		for _, e.Kind = range kinds {
			if err := audit.Record(v.r.Context(), tx, v.a.Tenant, e); err != nil {
				return err
			}
		}
		return nil
	})
}
