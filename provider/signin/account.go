package signin

import (
	"fmt"
	"slices"

	"github.com/google/uuid"

	"sallyport/mfa/policy"
	"sallyport/provider/attempt"
	"sallyport/provider/session"
	"sallyport/provider/web"
	"sallyport/storage/db"
	"sallyport/templates"
)

// choices are the connections of the tenant and the accounts that this browser is signed in to.
func (s *SignIn) choices(v *visit, p *templates.Identify) (err error) {
	if p.Connections, err = s.connects(v); err != nil {
		return err
	}
	p.ConnectAction, p.AccountsAction = v.path("upstream"), v.path("account")
	rows, err := s.accounts(v)
	for _, row := range rows {
		p.Accounts = append(p.Accounts, templates.AccountChoice{Value: row.ID.String(), Email: row.Email, Name: row.Name, Tenant: row.TenantName})
	}
	return err
}

// accounts are the live sessions in this browser that fit the attempt, newest first. One of another tenant is nothing to it:
// whoever enters a tenant proves themselves there (R19).
func (s *SignIn) accounts(v *visit) ([]db.SessionsInBrowserAllTenantsRow, error) {
	refs := session.References(s.Edge.Cookies.Get(v.r, session.Cookie))
	if len(refs) == 0 || v.a.Session != nil || !v.a.Request.Subject.IsZero() {
		return nil, nil
	}
	var p db.SessionsInBrowserAllTenantsParams
	for _, ref := range refs {
		p.Ids, p.Hashes = append(p.Ids, ref.ID.UUID), append(p.Hashes, ref.Secret.Hash)
	}
	rows, err := s.Store.AllTenants().SessionsInBrowserAllTenants(v.r.Context(), p)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return slices.DeleteFunc(rows, func(row db.SessionsInBrowserAllTenantsRow) bool {
		foreign := !v.a.Tenant.IsZero() && v.a.Tenant != row.TenantID
		return foreign || !belongs(row, p) || !lives(row, v)
	}), nil
}

// belongs: the secret was found with the session that it is of, and not with another one of the same browser.
func belongs(row db.SessionsInBrowserAllTenantsRow, p db.SessionsInBrowserAllTenantsParams) bool {
	i := slices.Index(p.Ids, uuid.UUID(row.ID.UUID))
	return i >= 0 && slices.Equal(p.Hashes[i], row.SecretHash)
}

func lives(row db.SessionsInBrowserAllTenantsRow, v *visit) bool {
	p, err := policy.Parse(1, row.Policy)
	return err == nil && policy.Session{Started: row.CreatedAt, Seen: row.SeenAt}.Live(p, v.now)
}

// chooseAccount brings one of the sessions into the attempt; what it still takes to be let in is judged as ever.
func (s *SignIn) chooseAccount(v *visit) error {
	form, err := web.Form(v.r, "account")
	if err != nil {
		return err
	}
	rows, err := s.accounts(v)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.ID.String() == form["account"] {
			forget(v.a)
			v.a.Tenant, v.a.Facts.TenantBy = row.TenantID, attempt.BySession
			v.a.User, v.a.Session, v.a.Facts.Identifier = &row.UserID, &row.ID, row.Email
			return s.advance(v, nothing)
		}
	}
	return s.redirect(v)
}
