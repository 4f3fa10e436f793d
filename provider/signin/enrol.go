package signin

import (
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"strings"
	"unicode/utf8"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/mfa/totp"
	"sallyport/provider/attempt"
	"sallyport/provider/throttle"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/templates"
)

// showEnrol makes a seed the first time the page is seen, and shows the same one until it is confirmed.
// It comes from us and belongs to this attempt (gauntlet C07).
func (s *SignIn) showEnrol(v *visit) error {
	if v.a.Facts.Enrolment == nil {
		return s.beginEnrolment(v)
	}
	return s.enrolPage(v, v.frame(), "", "")
}

func (s *SignIn) beginEnrolment(v *visit) error {
	factor := id.NewFactor()
	sealed, err := s.Seal.Seal(secretOf(v.a.Tenant, factor), totp.NewSeed())
	if err != nil {
		return err
	}
	v.a.Facts.Enrolment = &attempt.Enrolment{Factor: factor, Secret: sealed}
	return s.advance(v, nothing)
}

func (s *SignIn) enrolPage(v *visit, f templates.Frame, name, failed string) error {
	seed, err := s.seed(v)
	if err != nil {
		return err
	}
	issuer := v.a.TenantName
	qr, err := totp.QR(seed, issuer, v.identifier(), 240)
	if err != nil {
		return err
	}
	p := templates.EnrolTOTP{Frame: f, Action: v.path("enrol"), Key: totp.Groups(seed), Issuer: issuer, Account: v.identifier(), Name: name,
		QR:     template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(qr)),
		Forced: v.d.Why == policy.WhyTenantRequires, WhyKey: why(v.d.Why)}
	if v.a.Purpose == attempt.Enrol {
		p.CancelURL = "/account"
	}
	return show(v, p, failed)
}

func why(w policy.Why) string {
	switch w {
	case policy.WhyTenantRequires:
		return templates.WhyTenant
	case policy.WhyClientDemands:
		return templates.WhyClient
	}
	return templates.WhyChosen
}

func (s *SignIn) seed(v *visit) ([]byte, error) {
	e := v.a.Facts.Enrolment
	seed, err := s.Seal.Open(secretOf(v.a.Tenant, e.Factor), e.Secret)
	if err != nil {
		return nil, fmt.Errorf("open enrolment: %w", err)
	}
	return seed, nil
}

func (s *SignIn) enrol(v *visit) error {
	form, err := web.Form(v.r, "code", "name")
	if err != nil {
		return err
	}
	if v.a.Facts.Enrolment == nil {
		return s.redirect(v) // answered a page that was never shown
	}
	name := strings.TrimSpace(form["name"])
	if utf8.RuneCountInString(name) > 100 {
		return s.enrolPage(v, v.failing(templates.ErrorNameTooLong), name, templates.ErrorNameTooLong)
	}
	code, ok := totp.Clean(form["code"])
	if !ok {
		return s.enrolPage(v, v.failing(templates.ErrorCodeWrong), name, templates.ErrorCodeWrong)
	}
	return s.confirm(v, code, name)
}

func (s *SignIn) confirm(v *visit, code, name string) error {
	counter := throttle.Factor(v.a.Facts.Enrolment.Factor)
	_, err := throttle.Take(v.r.Context(), s.Store, v.a.Tenant, v.now, counter)
	if f, ok := v.throttled(err); ok {
		return s.enrolPage(v, f, name, templates.ErrorThrottled)
	}
	if err != nil {
		return err
	}
	seed, err := s.seed(v)
	if err != nil {
		return err
	}
	step, ok, err := totp.Match(seed, code, v.now)
	if err != nil {
		return err
	}
	if !ok {
		return s.enrolPage(v, v.failing(templates.ErrorCodeWrong), name, templates.ErrorCodeWrong)
	}
	return s.proven(v, step, name, counter)
}

// proven notes that the app works. Unless there are backup codes already, it counts only when the person keeps
// some (R15): a lost telephone would lock them out.
func (s *SignIn) proven(v *visit, step int64, name string, counter throttle.Counter) error {
	if name == "" {
		name = "Authenticator app"
	}
	e := v.a.Facts.Enrolment
	e.Proven, e.Name, e.Step = v.now, name, step
	forget := func(tx *storage.Tx) error { return throttle.Forget(v.r.Context(), tx, v.a.Tenant, counter) }
	if v.a.Person.NeedsCodes() {
		return s.advance(v, forget)
	}
	return s.bind(v, *e, forget)
}

// bind makes the factor count, in one transaction with the fact that this attempt has proven it.
func (s *SignIn) bind(v *visit, e attempt.Enrolment, also func(*storage.Tx) error) error {
	ctx, t := v.r.Context(), v.a.Tenant
	v.a.Prove(mfa.Proof{Kind: mfa.TOTP, At: e.Proven, Factor: e.Factor})
	v.a.Facts.Enrolled, v.a.Facts.Enrolment = e.Factor, nil
	return s.advance(v, func(tx *storage.Tx) error {
		return errors.Join(
			v.holdFactors(tx),
			tx.Later().CreateFactor(ctx, db.CreateFactorParams{TenantID: t, ID: e.Factor, UserID: *v.a.User, Kind: string(mfa.TOTP), Name: e.Name,
				Secret: e.Secret, LastStep: e.Step, CreatedAt: v.now, LastUsedAt: &v.now}),
			also(tx),
			audit.Record(ctx, tx, t, audit.Event{Kind: audit.FactorEnrolled, At: v.now, Actor: audit.User(*v.a.User), Target: audit.OnUser(*v.a.User),
				Origin: s.origin(v.r), Detail: map[string]any{"factor": e.Factor, "kind": mfa.TOTP, "attempt": v.a.ID, "why": v.d.Why, "locale": v.locale(),
					"backup_codes": v.a.Facts.Kept}}),
		)
	})
}
