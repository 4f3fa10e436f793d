package signin

import (
	"errors"

	"sallyport/mfa"
	"sallyport/provider/throttle"
	"sallyport/provider/user"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/templates"
)

func (s *SignIn) showPassword(v *visit) error { return show(v, passwordPage(v, v.frame()), "") }

func passwordPage(v *visit, f templates.Frame) templates.Password {
	p := templates.Password{Frame: f, Action: v.path("password"), Email: v.identifier()}
	if canName(v) {
		p.TenantURL = v.path("tenant")
	}
	return p
}

func (s *SignIn) password(v *visit) error {
	form, err := web.Form(v.r, "password")
	if err != nil {
		return err
	}
	if form["password"] == "" {
		return show(v, passwordPage(v, v.failing(templates.ErrorRequired)), templates.ErrorRequired)
	}
	return s.checkPassword(v, form["password"])
}

func (s *SignIn) checkPassword(v *visit, password string) error {
	key, err := user.Key(v.identifier())
	if err != nil {
		return err
	}
	account, source := throttle.Password(key), throttle.Source(s.Edge.ClientAddr(v.r))
	blocks, err := throttle.Take(v.r.Context(), s.Store, v.a.Tenant, v.now, account, source)
	if f, ok := v.throttled(err); ok {
		return show(v, passwordPage(v, f), templates.ErrorThrottled)
	}
	if err != nil {
		return err
	}
	ok, err := s.Hasher.Verify(v.r.Context(), v.a.Person.PasswordHash, password)
	if err != nil {
		return err
	}
	// Who is disabled is nobody's business before the second door.
	if !ok || !v.a.Person.Known || v.a.Person.Disabled {
		return s.wrongPassword(v, blocks)
	}
	v.a.Prove(mfa.Proof{Kind: mfa.Password, At: v.now})
	return s.advance(v, func(tx *storage.Tx) error {
		return errors.Join(throttle.Forget(v.r.Context(), tx, v.a.Tenant, account), throttle.GiveBack(v.r.Context(), tx, v.a.Tenant, source))
	})
}

func (s *SignIn) wrongPassword(v *visit, blocks bool) error {
	kinds := []audit.Kind{audit.PasswordFailed}
	if blocks {
		kinds = append(kinds, audit.TriesExhausted)
	}
	if err := s.record(v, kinds, map[string]any{"attempt": v.a.ID}); err != nil {
		return err
	}
	return show(v, passwordPage(v, v.failing(templates.ErrorPasswordWrong)), templates.ErrorPasswordWrong)
}
