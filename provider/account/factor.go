package account

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/attempt"
	"sallyport/provider/session"
	"sallyport/provider/user"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/templates"
)

// addFactor only begins: the attempt asks for a fresh proof before it shows a secret (gauntlet C03).
func (a *Account) addFactor(w http.ResponseWriter, r *http.Request) error {
	s, err := posted(r)
	if err != nil {
		return err
	}
	if !mayAdd(s.Policy) {
		return a.page(w, r, http.StatusForbidden, templates.ErrorEnrolOff)
	}
	return a.begin(w, r, s, attempt.Enrol, attempt.Request{ReturnTo: back(enrolled)})
}

// begin opens an attempt about the account of the session.
func (a *Account) begin(w http.ResponseWriter, r *http.Request, s *session.Session, purpose attempt.Purpose, request attempt.Request) error {
	request.Subject = s.User
	begun, binding, err := attempt.Begin(r.Context(), a.config.Store, attempt.Start{Tenant: s.Tenant, TenantBy: attempt.BySession, Purpose: purpose,
		Request: request, User: &s.User, Session: &s.ID, Life: a.config.AttemptLife}, a.config.Now())
	if err != nil {
		return fmt.Errorf("begin %s: %w", purpose, err)
	}
	if err := a.config.Edge.Cookies.Set(w, r, attempt.Cookie(begun), binding, a.config.AttemptLife); err != nil {
		return fmt.Errorf("begin %s: %w", purpose, err)
	}
	named := attempt.Attempt{ID: begun, Tenant: s.Tenant}
	return web.SeeOther(w, r, "/signin/"+named.Handle())
}

func (a *Account) askRemoveFactor(w http.ResponseWriter, r *http.Request) error {
	s := session.From(r.Context())
	f, err := a.factor(r, s)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, templates.Confirm{
		Frame: frame(s), Title: templates.RemoveFactorTitle, Body: a.consequence(s, f.ID), Data: map[string]any{"Name": f.Name},
		Action: r.URL.Path, Button: templates.RemoveFactorButton, CancelURL: "/account", Danger: true,
	})
}

// consequence asks the one judge what the next sign-in will be like without the factor.
func (a *Account) consequence(s *session.Session, gone id.Factor) string {
	now := a.config.Now()
	left := slices.DeleteFunc(slices.Clone(s.Factors), func(f mfa.Authenticator) bool { return f.ID == gone })
	who := s.Person()
	if who.Factors = left; len(left) == 0 {
		who.BackupCodes = 0
	}
	d := policy.Decide(policy.Facts{Now: now, Policy: &s.Policy, TenantLive: true, User: who,
		Proofs: []mfa.Proof{{Kind: mfa.Password, At: now}}})
	switch {
	case d.Refused:
		return templates.RemoveLockedBody
	case d.Second == policy.SecondEnrol:
		return templates.RemoveRequiredBody
	case d.Second == policy.SecondNone:
		return templates.RemoveLastBody
	}
	return templates.RemoveFactorBody
}

func (a *Account) removeFactor(w http.ResponseWriter, r *http.Request) error {
	s, err := posted(r)
	if err != nil {
		return err
	}
	f, err := a.factor(r, s)
	if err != nil {
		return err
	}
	if err := a.endFactor(r, s, f); err != nil {
		return fmt.Errorf("remove factor: %w", user.Held(err))
	}
	return done(w, r, factorRemoved)
}

// endFactor takes everything with it that may rest on the factor (gauntlet D03): the other sessions, and what
// was granted from them. Of two tabs at a time the second gets storage.ErrConflict and changes nothing.
func (a *Account) endFactor(r *http.Request, s *session.Session, f db.FactorOfUserRow) error {
	ctx, now := r.Context(), a.config.Now()
	return a.config.Store.InTenant(ctx, s.Tenant, func(tx *storage.Tx) error {
		return errors.Join(
			tx.Later().HoldUser(ctx, db.HoldUserParams{TenantID: s.Tenant, ID: s.User}),
			tx.Later().EndFactor(ctx, db.EndFactorParams{TenantID: s.Tenant, UserID: s.User, ID: f.ID, Now: now, Reason: "removed by its owner"}),
			tx.Later().EndBackupCodesOfUnenrolled(ctx, db.EndBackupCodesOfUnenrolledParams{TenantID: s.Tenant, Owner: s.User.UUID}),
			tx.Later().EndDevices(ctx, db.EndDevicesParams{TenantID: s.Tenant, UserID: s.User, Now: now, Reason: "factor removed"}),
			session.EndOthers(ctx, tx, s.Tenant, s.User, s.ID, "factor removed", now),
			audit.Record(ctx, tx, s.Tenant, audit.Event{Kind: audit.FactorRemoved, At: now, Actor: audit.User(s.User), Target: audit.OnUser(s.User),
				Origin: a.origin(r), Detail: map[string]any{"factor": f.ID, "kind": f.Kind, "session": s.ID,
					"locale": web.Language(r).String()}}),
		)
	})
}

// factor finds one of the person's own. Errors: storage.ErrNotFound for anything else, storage.ErrConflict for
// one that was removed before.
func (a *Account) factor(r *http.Request, s *session.Session) (db.FactorOfUserRow, error) {
	var named id.Factor
	if err := named.Parse(mux.Vars(r)["id"]); err != nil {
		return db.FactorOfUserRow{}, fmt.Errorf("%w: %w", storage.ErrNotFound, err)
	}
	row, err := a.config.Store.Tenant(s.Tenant).FactorOfUser(r.Context(), db.FactorOfUserParams{TenantID: s.Tenant, UserID: s.User, ID: named})
	if err == nil && row.EndedAt != nil {
		err = storage.ErrConflict
	}
	if err != nil {
		return db.FactorOfUserRow{}, fmt.Errorf("look up factor: %w", err)
	}
	return row, nil
}
