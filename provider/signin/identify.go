package signin

import (
	"context"
	"errors"

	"sallyport/provider/attempt"
	"sallyport/provider/user"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/templates"
)

func (s *SignIn) showIdentify(v *visit) error {
	email := v.identifier()
	if email == "" {
		email = v.a.Request.LoginHint
	}
	return s.identifyPage(v, email, "", v.failure())
}

func (s *SignIn) identifyPage(v *visit, email, slug, failed string) error {
	p := templates.Identify{Frame: v.failing(failed), Action: v.path("identify"), Email: email, AskTenant: !v.tenantNamed(), TenantSlug: slug}
	p.User, p.SwitchURL = "", ""
	if v.a.Purpose == attempt.Authorize {
		p.CancelURL = Callback(v.a.Handle())
	}
	if err := s.choices(v, &p); err != nil {
		return err
	}
	if s.canPasskey(v) {
		options, issued, err := s.anyKey(v)
		if err != nil {
			return err
		}
		p.PasskeyOptions, p.PasskeyAction, p.PasskeyIssued = options, v.path("passkey"), issued
	}
	return show(v, p, failed)
}

// tenantNamed: somebody said which tenant it is; an address that has one account did not.
func (v *visit) tenantNamed() bool {
	by := v.a.Facts.TenantBy
	return by != "" && by != attempt.ByAddress && by != attempt.ByName && by != attempt.ByDomain
}

func (s *SignIn) identify(v *visit) error {
	form, err := web.Form(v.r, "email", "tenant")
	if err != nil {
		return err
	}
	key, err := user.Key(form["email"])
	if err != nil {
		return s.identifyPage(v, form["email"], form["tenant"], templates.ErrorEmailInvalid)
	}
	forget(v.a)
	v.a.Facts.Identifier = key
	home, err := s.resolve(v, form["tenant"])
	if errors.Is(err, storage.ErrNotFound) {
		return s.identifyPage(v, form["email"], form["tenant"], templates.ErrorTenantUnknown)
	}
	if err != nil {
		return err
	}
	if v.a.Crosses() {
		return s.restart(v, home)
	}
	if !home.IsZero() {
		return s.leave(v, home)
	}
	return s.advance(v, nothing)
}

// forget drops what was said and proven about somebody else.
func forget(a *attempt.Attempt) {
	by := a.Facts.TenantBy
	a.Facts = attempt.Facts{TenantBy: by}
	a.User, a.Session = nil, nil
}

// resolve finds tenant and user of the identifier, and the connection that the people of its domain sign in at. Whether it
// finds a user is not shown: either way the next page asks for a password, or is the provider's.
func (s *SignIn) resolve(v *visit, slug string) (home id.Connection, err error) {
	ctx, a := v.r.Context(), v.a
	if slug != "" && !v.tenantNamed() {
		return home, s.inNamed(ctx, a, slug)
	}
	t, home, known, err := s.homeOf(v, a.Facts.Identifier)
	switch {
	case err != nil:
		return home, err
	case known && !v.tenantNamed():
		a.Tenant, a.Facts.TenantBy = t, attempt.ByDomain
		return home, s.inTenant(ctx, a)
	case !a.Tenant.IsZero() && a.Facts.TenantBy != attempt.ByAddress:
		return home, s.inTenant(ctx, a)
	}
	return home, s.byAddress(ctx, a)
}

func (s *SignIn) inNamed(ctx context.Context, a *attempt.Attempt, slug string) error {
	t, err := s.Tenants.Find(ctx, slug)
	if err != nil {
		return err
	}
	a.Tenant, a.Facts.TenantBy = t.ID, attempt.ByName
	return s.inTenant(ctx, a)
}

func (s *SignIn) inTenant(ctx context.Context, a *attempt.Attempt) error {
	u, err := s.Store.Tenant(a.Tenant).UserByEmail(ctx, db.UserByEmailParams{TenantID: a.Tenant, EmailKey: a.Facts.Identifier})
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	a.User = &u.ID
	return nil
}

func (s *SignIn) byAddress(ctx context.Context, a *attempt.Attempt) error {
	found, err := s.Store.AllTenants().TenantsOfEmailAllTenants(ctx, a.Facts.Identifier)
	if err != nil {
		return err
	}
	a.Tenant, a.Facts.TenantBy = id.Lobby, ""
	if len(found) == 1 {
		a.Tenant, a.User, a.Facts.TenantBy = found[0].TenantID, &found[0].UserID, attempt.ByAddress
	}
	return nil
}
