package signin

import (
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"strings"
	"unicode/utf8"

	"sallyport/mfa"
	"sallyport/mfa/totp"
	"sallyport/provider/throttle"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/templates"
)

// initial is the secret a factor begins with: the seed is ours, the mailbox the one that was confirmed (gauntlet C02);
// a number or a key comes from the person.
func (s *SignIn) initial(v *visit, k mfa.Kind) ([]byte, error) {
	switch k {
	case mfa.TOTP:
		return totp.NewSeed(), nil
	case mfa.Email:
		return []byte(v.a.Person.Email), nil
	}
	return nil, nil
}

func (s *SignIn) totpPage(v *visit, f templates.Frame, name, failed string) error {
	seed, err := s.opened(v, v.a.Facts.Enrolment.Factor, v.a.Facts.Enrolment.Secret)
	if err != nil {
		return err
	}
	qr, err := totp.QR([]byte(seed), v.a.TenantName, v.identifier(), 240)
	if err != nil {
		return err
	}
	return show(v, templates.EnrolTOTP{Frame: f, Action: v.path("enrol"), Key: totp.Groups([]byte(seed)), Issuer: v.a.TenantName,
		Account: v.identifier(), Name: name, QR: template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(qr)),
		Forced: forced(v.d.Why), WhyKey: why(v.d.Why), OthersURL: s.others(v), Skip: v.skip(), CancelURL: v.cancel()}, failed)
}

// codePage asks for the code that went to the mailbox or telephone being enrolled.
func (s *SignIn) codePage(v *visit, f templates.Frame, name, failed string) error {
	e := v.a.Facts.Enrolment
	address, err := s.opened(v, e.Factor, e.Secret)
	if err != nil {
		return err
	}
	others := s.others(v)
	if e.Kind == mfa.SMS || v.d.Skip != nil {
		// Whoever mistyped the number begins again, and whoever may put it off finds the button, though there be no other method.
		others = v.path("enrol/method")
	}
	return show(v, templates.EnrolCode{Frame: f, Action: v.path("enrol"), Method: string(e.Kind), Target: masked(e.Kind, address), Name: name,
		Sent: v.sentCode("enrol/delivery"), ResendAction: v.path("enrol/send"), OthersURL: others, CancelURL: v.cancel()}, failed)
}

// sendAgain sends a new code to what is being enrolled.
func (s *SignIn) sendAgain(v *visit) error {
	if _, err := web.Form(v.r); err != nil {
		return err
	}
	e := s.begun(v)
	if e == nil || !e.Kind.Sent() || e.Secret == nil {
		return s.redirect(v)
	}
	return s.sendNew(v, way{e.Kind, e.Factor}, func(f templates.Frame) error { return s.enrolling(v, f, *e, "", templates.ErrorThrottled) })
}

// confirm takes a code of the factor being enrolled.
func (s *SignIn) confirm(v *visit) error {
	form, err := web.Form(v.r, "code", "name")
	if err != nil {
		return err
	}
	e := v.a.Facts.Enrolment
	name, w := strings.TrimSpace(form["name"]), way{e.Kind, e.Factor}
	if utf8.RuneCountInString(name) > 100 {
		return s.enrolling(v, v.failing(templates.ErrorNameTooLong), *e, name, templates.ErrorNameTooLong)
	}
	text, ok := s.Factors[e.Kind].Clean(form["code"])
	if !ok {
		return s.enrolling(v, v.failing(v.wrongKey(w)), *e, name, v.wrongKey(w))
	}
	err = s.verifyNew(v, answer{way: w, text: text}, name)
	if f, ok := v.throttled(err); ok {
		return s.enrolling(v, f, *e, name, templates.ErrorThrottled)
	}
	var conflict *storage.Conflict
	if errors.As(err, &conflict) && conflict.What == single(e.Kind) {
		return s.enrolling(v, v.failing(templates.ErrorCodeNewer), *e, name, templates.ErrorCodeNewer)
	}
	return err
}

// verifyNew is prove for a factor that is not one yet: it is judged by the same code and counts its own tries.
func (s *SignIn) verifyNew(v *visit, a answer, name string) error {
	e, counter := v.a.Facts.Enrolment, throttle.Factor(v.a.Facts.Enrolment.Factor)
	if _, err := throttle.Take(v.r.Context(), s.Store, v.a.Tenant, v.now, counter); err != nil {
		return err
	}
	secret, err := s.opened(v, e.Factor, e.Secret)
	if err != nil {
		return err
	}
	m, ok, err := s.Factors[e.Kind].Verify(a.text, mfa.Claim{Now: v.now, Tenant: v.a.Tenant, User: *v.a.User, Attempt: v.a.ID,
		Secrets: []mfa.Secret{{Factor: e.Factor, Secret: []byte(secret)}}, Hashes: v.sentHash(a.way)})
	if err != nil {
		return fmt.Errorf("verify new %s: %w", e.Kind, err)
	}
	if !ok {
		return s.enrolling(v, v.failing(v.wrongKey(a.way)), *e, name, v.wrongKey(a.way))
	}
	return s.proven(v, m, s.named(v, name), func(tx *storage.Tx) error {
		err := throttle.Forget(v.r.Context(), tx, v.a.Tenant, counter)
		if e.Kind.Sent() {
			err = errors.Join(err, tx.Later().UsePersonal(v.r.Context(), db.UsePersonalParams{TenantID: v.a.Tenant.UUID, Kind: single(e.Kind), Hash: m.Hash, Now: v.now}))
		}
		return err
	})
}

// names are what a factor is called whose owner did not care.
var names = map[mfa.Kind]string{mfa.TOTP: "Authenticator app", mfa.WebAuthn: "Security key or device", mfa.SMS: "Telephone", mfa.Email: "Mailbox"}

func (s *SignIn) named(v *visit, name string) string {
	if name != "" {
		return name
	}
	return names[v.a.Facts.Enrolment.Kind]
}
