package signin

import (
	"errors"
	"net/http"

	"github.com/gorilla/mux"

	"sallyport/provider/federation"
	"sallyport/provider/federation/oidcrp"
	"sallyport/provider/session"
	"sallyport/provider/token"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// signedOut ends what rests on a session that the provider has ended (OpenID Connect Back-Channel Logout 1.0, 2.5 to 2.8): all
// sessions of the person that came of the connection, or those of the one session it names.
func (s *SignIn) signedOut(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	form, err := web.Form(r, "logout_token")
	if err != nil {
		return err
	}
	t, named, ok := federation.ParseHandle(mux.Vars(r)["connection"])
	if !ok {
		return storage.ErrNotFound
	}
	c, err := s.Connections.Find(r.Context(), t, named)
	if err != nil {
		return err
	}
	rely, err := s.Connections.Relying(r.Context(), c)
	if err != nil {
		return err
	}
	told, err := s.Upstreams.Logout(r.Context(), rely, form["logout_token"])
	switch {
	case errors.Is(err, oidcrp.ErrToken):
		return badLogout(w)
	case errors.Is(err, oidcrp.ErrProvider):
		// Its keys cannot be had, so nobody knows; it may try again.
		return &web.Error{Status: http.StatusServiceUnavailable, Err: err}
	case err != nil:
		return err
	}
	err = s.endUpstream(r, c, told)
	if conflict := (*storage.Conflict)(nil); errors.As(err, &conflict) && conflict.What != used {
		err = s.endUpstream(r, c, told) // some session ended meanwhile: those that are left remain
	}
	if conflict := (*storage.Conflict)(nil); errors.As(err, &conflict) && conflict.What == used {
		return badLogout(w)
	}
	if err == nil {
		w.WriteHeader(http.StatusOK)
	}
	return err
}

// used is the constraint by which a token counts once (2.6).
const used = "single_use_pkey"

func badLogout(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	_, err := w.Write([]byte(`{"error":"invalid_request"}`))
	return err
}

func (s *SignIn) endUpstream(r *http.Request, c federation.Connection, told oidcrp.Logout) error {
	now := s.Now()
	ends, err := s.resting(r, c, told)
	if err != nil {
		return err
	}
	return s.Store.InTenant(r.Context(), c.Tenant, func(tx *storage.Tx) error {
		err := tx.Later().SeeLogoutToken(r.Context(), db.SeeLogoutTokenParams{TenantID: c.Tenant, Hash: token.Hash(c.ID.String() + " " + told.ID), Now: now, Expires: told.Expires})
		for i, u := range ends {
			err = errors.Join(err, session.End(r.Context(), tx, c.Tenant, u, i, "signed out upstream", audit.System, s.origin(r), now))
		}
		return err
	})
}

// resting finds the sessions: by the provider's session where it names one, else by the person.
func (s *SignIn) resting(r *http.Request, c federation.Connection, told oidcrp.Logout) (map[id.Session]id.User, error) {
	q, ends := s.Store.Tenant(c.Tenant), map[id.Session]id.User{}
	if told.SID != "" {
		rows, err := q.SessionsUpstream(r.Context(), db.SessionsUpstreamParams{TenantID: c.Tenant, Upstream: c.ID.String() + ":" + told.SID})
		for _, row := range rows {
			ends[row.ID] = row.UserID
		}
		return ends, err
	}
	who, err := q.IdentityOf(r.Context(), db.IdentityOfParams{TenantID: c.Tenant, ID: c.ID, Issuer: told.Issuer, Subject: told.Subject})
	if err != nil || who.IdentityID.String() == (id.Identity{}).String() {
		return ends, err
	}
	rows, err := q.SessionsOfIdentity(r.Context(), db.SessionsOfIdentityParams{TenantID: c.Tenant, UserID: who.UserID, Identity: who.IdentityID})
	for _, row := range rows {
		ends[row.ID] = row.UserID
	}
	return ends, err
}
