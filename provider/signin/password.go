package signin

import (
	"errors"
	"slices"

	"sallyport/mfa"
	"sallyport/provider/throttle"
	"sallyport/provider/user"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/templates"
)

func (s *SignIn) showPassword(v *visit) error {
	return s.passwordPage(v, v.failing(v.failure()), v.failure())
}

func (s *SignIn) passwordPage(v *visit, f templates.Frame, failed string) (err error) {
	p := templates.Password{Frame: f, Action: v.path("password"), Email: v.identifier(), ForgotURL: v.path("forgot")}
	if canName(v) {
		p.TenantURL = v.path("tenant")
	}
	if p.Connections, err = s.connects(v); err != nil {
		return err
	}
	p.ConnectAction, p.NoPasswords = v.path("upstream"), v.a.Policy != nil && v.a.Policy.NoPasswords && len(p.Connections) > 0
	if s.canPasskey(v) {
		p.PasskeyAction = v.path("passkey")
		if p.PasskeyOptions, p.PasskeyIssued, err = s.anyKey(v); err != nil {
			return err
		}
	}
	return show(v, p, failed)
}

func (s *SignIn) password(v *visit) error {
	form, err := web.Form(v.r, "password")
	if err != nil {
		return err
	}
	if form["password"] == "" {
		return s.passwordPage(v, v.failing(templates.ErrorRequired), templates.ErrorRequired)
	}
	return s.checkPassword(v, form["password"])
}

func (s *SignIn) checkPassword(v *visit, password string) error {
	key, err := user.Key(v.identifier())
	if err != nil {
		return err
	}
	account, source, network := v.passwordCounter(key), throttle.Source(v.a.Address), throttle.Network(v.a.Address)
	blocks, err := throttle.Take(v.r.Context(), s.Store, v.a.Tenant, v.now, account, source, network)
	if f, ok := v.throttled(err); ok {
		return s.passwordPage(v, f, templates.ErrorThrottled)
	}
	if err != nil {
		return err
	}
	ok, err := s.Hasher.Verify(v.r.Context(), v.a.Person.PasswordHash, password)
	if err != nil {
		return err
	}
	// Who is disabled is nobody's business before the second door.
	if !ok || !v.a.Person.Known || v.a.Person.Disabled || v.passwordless() {
		return s.wrongPassword(v, blocks)
	}
	v.a.Prove(mfa.Proof{Kind: mfa.Password, At: v.now, Mailbox: v.a.Person.PasswordByMail})
	trusted, err := s.recognise(v)
	if err != nil {
		return err
	}
	known := func(tx *storage.Tx) error {
		return errors.Join(throttle.Forget(v.r.Context(), tx, v.a.Tenant, account), throttle.GiveBack(v.r.Context(), tx, v.a.Tenant, source),
			throttle.GiveBack(v.r.Context(), tx, v.a.Tenant, network))
	}
	if trusted != nil {
		err = s.advance(v, func(tx *storage.Tx) error { return errors.Join(known(tx), trusted(tx)) })
		if !v.outrun(err) {
			return err
		}
	}
	return s.advance(v, known)
}

// passwordless: the tenant lets nobody in by password but the people for emergencies. Who they are is told to nobody.
func (v *visit) passwordless() bool {
	p := v.a.Policy
	return p != nil && p.NoPasswords && !slices.Contains(p.BreakGlass, *v.a.User)
}

func (s *SignIn) wrongPassword(v *visit, blocks bool) error {
	kinds := []audit.Kind{audit.PasswordFailed}
	if blocks {
		kinds = append(kinds, audit.TriesExhausted)
	}
	if err := s.record(v, kinds, map[string]any{"attempt": v.a.ID}); err != nil {
		return err
	}
	return s.passwordPage(v, v.failing(templates.ErrorPasswordWrong), templates.ErrorPasswordWrong)
}
