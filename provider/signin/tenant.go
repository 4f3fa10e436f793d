package signin

import (
	"errors"

	"sallyport/provider/attempt"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/id"
	"sallyport/templates"
)

// canName: while the tenant is a guess from the address, or open, the person may say which it is. The
// link stands on every such password page, so it tells nothing about the address.
func canName(v *visit) bool { return v.step == attempt.StepPassword && !v.tenantNamed() }

func (s *SignIn) showTenant(v *visit) error { return show(v, tenantPage(v, "", ""), "") }

func tenantPage(v *visit, slug, failed string) templates.Tenant {
	return templates.Tenant{Frame: v.failing(failed), Action: v.path("tenant"), Slug: slug, BackURL: v.path("password")}
}

func (s *SignIn) nameTenant(v *visit) error {
	form, err := web.Form(v.r, "tenant")
	if err != nil {
		return err
	}
	identifier := v.a.Facts.Identifier
	forget(v.a)
	v.a.Facts.Identifier = identifier
	err = s.inNamed(v.r.Context(), v.a, form["tenant"])
	if errors.Is(err, storage.ErrNotFound) {
		return show(v, tenantPage(v, form["tenant"], templates.ErrorTenantUnknown), templates.ErrorTenantUnknown)
	}
	if err != nil {
		return err
	}
	if v.a.Crosses() {
		return s.restart(v, id.Connection{})
	}
	return s.advance(v, nothing)
}
