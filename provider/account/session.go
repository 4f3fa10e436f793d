package account

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"

	"github.com/gorilla/mux"

	"sallyport/provider/session"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/templates"
)

func (a *Account) askEndSession(w http.ResponseWriter, r *http.Request) error {
	s := session.From(r.Context())
	row, err := a.session(r, s)
	if err != nil {
		return err
	}
	name := cmp.Or(browser(row.Agent), row.Address, row.ID.String())
	return web.Render(w, r, http.StatusOK, templates.Confirm{
		Frame: frame(s), Title: templates.EndSessionTitle, Body: templates.EndSessionBody, Data: map[string]any{"Browser": name},
		Action: r.URL.Path, Button: templates.EndSessionButton, CancelURL: "/account",
	})
}

func (a *Account) endSession(w http.ResponseWriter, r *http.Request) error {
	s, err := posted(r)
	if err != nil {
		return err
	}
	row, err := a.session(r, s)
	if err != nil {
		return err
	}
	if row.ID == s.ID {
		return a.leave(w, r, s)
	}
	if err := a.end(r, s, row.ID); err != nil {
		return err
	}
	return done(w, r, sessionEnded)
}

func (a *Account) endOthers(w http.ResponseWriter, r *http.Request) error {
	s, err := posted(r)
	if err != nil {
		return err
	}
	ctx, now, reason := r.Context(), a.config.Now(), "ended by its owner"
	err = a.config.Store.InTenant(ctx, s.Tenant, func(tx *storage.Tx) error {
		return errors.Join(
			session.EndOthers(ctx, tx, s.Tenant, s.User, s.ID, reason, now),
			audit.Record(ctx, tx, s.Tenant, audit.Event{Kind: audit.SessionEnded, At: now, Actor: audit.User(s.User), Target: audit.OnUser(s.User),
				Origin: a.origin(r), Detail: map[string]any{"all_but": s.ID, "reason": reason}}),
		)
	})
	if err != nil {
		return fmt.Errorf("end other sessions: %w", err)
	}
	return done(w, r, othersEnded)
}

func (a *Account) signOut(w http.ResponseWriter, r *http.Request) error {
	s, err := posted(r)
	if err != nil {
		return err
	}
	return a.leave(w, r, s)
}

// leave ends the session first: a cookie that is gone while the session lives would look signed out and not be.
func (a *Account) leave(w http.ResponseWriter, r *http.Request, s *session.Session) error {
	if err := a.end(r, s, s.ID); err != nil {
		return err
	}
	cookies := a.config.Edge.Cookies
	rest := session.Remove(cookies.Get(r, session.Cookie), s.Tenant)
	if rest == "" {
		cookies.Clear(w, r, session.Cookie)
	} else if err := cookies.Set(w, r, session.Cookie, rest, 0); err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return web.SeeOther(w, r, "/account/signed-out")
}

// end is done as well when another request was faster: what was wanted is so.
func (a *Account) end(r *http.Request, s *session.Session, which id.Session) error {
	ctx, from, now := r.Context(), a.origin(r), a.config.Now()
	err := a.config.Store.InTenant(ctx, s.Tenant, func(tx *storage.Tx) error {
		return session.End(ctx, tx, s.Tenant, s.User, which, "ended by its owner", audit.User(s.User), from, now)
	})
	if err != nil && !errors.Is(err, storage.ErrConflict) {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// session finds one of the person's own, ended ones too. Errors: storage.ErrNotFound for anything else.
func (a *Account) session(r *http.Request, s *session.Session) (db.SessionOfUserRow, error) {
	var named id.Session
	if err := named.Parse(mux.Vars(r)["id"]); err != nil {
		return db.SessionOfUserRow{}, fmt.Errorf("%w: %w", storage.ErrNotFound, err)
	}
	row, err := a.config.Store.Tenant(s.Tenant).SessionOfUser(r.Context(), db.SessionOfUserParams{TenantID: s.Tenant, UserID: s.User, ID: named})
	if err != nil {
		return db.SessionOfUserRow{}, fmt.Errorf("look up session: %w", err)
	}
	return row, nil
}

func signedOut(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, templates.Message{Body: templates.SignedOut})
}
