package signin

import (
	"sallyport/provider/attempt"
	"sallyport/provider/web"
	"sallyport/storage/id"
)

// restart begins the same sign-in anew in the tenant of another address: an attempt never leaves the tenant that it has moved
// into, and whoever has mistyped an address, or is somebody else, goes on all the same.
func (s *SignIn) restart(v *visit, home id.Connection) error {
	a := v.a
	request := a.Request
	request.Connection = home
	begun, binding, err := attempt.Begin(v.r.Context(), s.Store, attempt.Start{Tenant: a.Tenant, TenantBy: a.Facts.TenantBy, Identifier: a.Facts.Identifier,
		Purpose: a.Purpose, ClientID: a.ClientID, Request: request, User: a.User, Life: a.Expires.Sub(v.now)}, v.now)
	if err != nil {
		return err
	}
	if err := s.Edge.Cookies.Set(v.w, v.r, attempt.Cookie(begun), binding, a.Expires.Sub(v.now)); err != nil {
		return err
	}
	s.Edge.Cookies.Clear(v.w, v.r, attempt.Cookie(a.ID))
	next := attempt.Attempt{ID: begun, Tenant: a.Tenant}
	return web.SeeOther(v.w, v.r, "/signin/"+next.Handle())
}
