package signin

import (
	"net/http"

	"sallyport/provider/throttle"
	"sallyport/provider/user"
	"sallyport/provider/web"
	"sallyport/storage/audit"
	"sallyport/templates"
)

func (s *SignIn) showForgot(v *visit) error {
	return show(v, templates.Forgot{Frame: v.frame(), Action: v.path("forgot"), Email: v.identifier(), BackURL: v.path("password")}, "")
}

// forgot sends a link to the address that the sign-in is for, if it has an account: nothing in the form names another
// (gauntlet C04), and the answer is the same for both (J01). The sign-in itself does not move: whoever has the new
// password comes back with it, and meets the second factor as ever (C09).
func (s *SignIn) forgot(v *visit) error {
	if _, err := web.Form(v.r); err != nil {
		return err
	}
	_, err := throttle.Take(v.r.Context(), s.Store, v.a.Tenant, v.now, throttle.Source(s.Edge.ClientAddr(v.r)))
	if f, ok := v.throttled(err); ok {
		return show(v, templates.Forgot{Frame: f, Action: v.path("forgot"), Email: v.identifier(), BackURL: v.path("password")}, templates.ErrorThrottled)
	}
	if err != nil {
		return err
	}
	key, err := user.Key(v.identifier())
	if err != nil {
		return err
	}
	if err := s.Links.AskReset(v.r.Context(), v.a.Tenant, key, user.Cause{By: audit.Anyone, From: s.origin(v.r), Locale: v.locale(), Now: v.now}); err != nil {
		return err
	}
	return web.Render(v.w, v.r, http.StatusOK, templates.Message{Frame: v.frame(), Body: templates.ResetSent,
		Links: []templates.Choice{{Key: templates.ButtonBack, URL: v.path("password")}}})
}

// showFrozen says why nothing can be enrolled: the person, or somebody in their name, objected to a change.
func (s *SignIn) showFrozen(v *visit) error {
	return web.Render(v.w, v.r, http.StatusForbidden, templates.Message{Frame: v.frame(), Status: http.StatusForbidden, Body: templates.ErrorFrozen})
}
