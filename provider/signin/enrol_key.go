package signin

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"sallyport/mfa"
	"sallyport/mfa/webauthn"
	"sallyport/provider/web"
	"sallyport/templates"
)

func (s *SignIn) keyPage(v *visit, f templates.Frame, name, failed string) error {
	challenge, issued := s.issue(v, webauthn.Registration)
	known, err := s.secrets(v, v.factors(mfa.WebAuthn))
	if err != nil {
		return err
	}
	options, err := s.Keys.Creation(challenge, v.person(), known, v.rules())
	if err != nil {
		return err
	}
	return show(v, templates.EnrolKey{Frame: f, Action: v.path("enrol"), Options: options, Issued: issued, Name: name, Forced: forced(v.d.Why),
		WhyKey: why(v.d.Why), OthersURL: s.others(v), Skip: v.skip(), CancelURL: v.cancel()}, failed)
}

func (v *visit) person() webauthn.Person {
	return webauthn.Person{Handle: webauthn.Handle(v.a.Tenant, *v.a.User), Name: v.a.Person.Email, Display: v.a.Person.Name}
}

// rules are the tenant's; a key that has to reach the level demanded verifies its user from the first day.
func (v *visit) rules() webauthn.Rules {
	r := v.a.Policy.WebAuthn
	return webauthn.Rules{UserVerification: r.UserVerification || v.d.UserVerification, Attestation: r.Attestation, AAGUIDs: r.AAGUIDs}
}

// register takes the credential that the person's authenticator made for this attempt.
func (s *SignIn) register(v *visit) error {
	form, err := web.Form(v.r, "credential", "issued", "name")
	if err != nil {
		return err
	}
	name := strings.TrimSpace(form["name"])
	if utf8.RuneCountInString(name) > 100 {
		return s.keyPage(v, v.failing(templates.ErrorNameTooLong), name, templates.ErrorNameTooLong)
	}
	challenge := s.challenge(v, webauthn.Registration, form["issued"])
	made, err := s.Keys.Register(form["credential"], challenge, v.person(), v.rules())
	switch {
	case errors.Is(err, webauthn.ErrNotAllowed):
		return s.keyPage(v, v.failing(templates.ErrorKeyNotAllowed), name, templates.ErrorKeyNotAllowed)
	case err != nil:
		return s.keyPage(v, v.failing(templates.ErrorKeyFailed), name, templates.ErrorKeyFailed)
	}
	known, err := s.secrets(v, v.factors(mfa.WebAuthn))
	if err != nil {
		return err
	}
	// The browser was asked not to make a second credential on one key; it need not have listened.
	if held, err := webauthn.Holds(known, made); err != nil || held {
		return errors.Join(err, s.keyPage(v, v.failing(templates.ErrorKeyKnown), name, templates.ErrorKeyKnown))
	}
	e := v.a.Facts.Enrolment
	if e.Secret, err = s.Seal.Seal(secretOf(v.a.Tenant, e.Factor), made.Secret); err != nil {
		return fmt.Errorf("seal key: %w", err)
	}
	return s.proven(v, mfa.Match{Counter: made.Counter, UserVerified: made.UserVerified}, s.named(v, name), nothing)
}
