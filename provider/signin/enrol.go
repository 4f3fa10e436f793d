package signin

import (
	"errors"
	"net/http"
	"slices"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/attempt"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/templates"
)

// showEnrol asks which factor it shall be, unless there is but one, and then shows what was begun until it is
// confirmed: the same secret, made by us, in this attempt alone (gauntlet C07).
func (s *SignIn) showEnrol(v *visit) error {
	if v.a.Person.Frozen {
		return s.showFrozen(v)
	}
	if e := s.begun(v); e != nil {
		return s.enrolling(v, v.frame(), *e, "", "")
	}
	switch kinds := s.enrollable(v); {
	case len(kinds) == 0: // texts without a gateway, and nothing else
		return web.Render(v.w, v.r, http.StatusForbidden, templates.Message{Frame: v.frame(), Status: http.StatusForbidden, Body: templates.ErrorRefusedUnmet})
	// A code by mail goes out at once: whoever may put enrolment off is asked before.
	case len(kinds) == 1 && (kinds[0] != mfa.Email || v.d.Skip == nil):
		return s.beginEnrolment(v, kinds[0])
	}
	return s.chooseEnrol(v, v.frame(), "")
}

// begun is what is being enrolled, as long as the policy allows it: what it has forbidden meanwhile is not finished
// either (gauntlet A12).
func (s *SignIn) begun(v *visit) *attempt.Enrolment {
	if e := v.a.Facts.Enrolment; e != nil && slices.Contains(s.enrollable(v), e.Kind) {
		return e
	}
	return nil
}

// enrolling is the page of what is being enrolled.
func (s *SignIn) enrolling(v *visit, f templates.Frame, e attempt.Enrolment, name, failed string) error {
	switch {
	case e.Kind == mfa.TOTP:
		return s.totpPage(v, f, name, failed)
	case e.Kind == mfa.WebAuthn:
		return s.keyPage(v, f, name, failed)
	case e.Kind == mfa.SMS && e.Secret == nil:
		return s.phonePage(v, f, "", "", failed)
	}
	return s.codePage(v, f, name, failed)
}

// enrollable are the kinds the policy lets this person add, as far as we can verify them: texts need a gateway, codes
// by mail a mailbox that was confirmed (R8).
func (s *SignIn) enrollable(v *visit) []mfa.Kind {
	return slices.DeleteFunc(slices.Clone(v.d.Offer), func(k mfa.Kind) bool {
		has := len(v.factors(k)) > 0
		return s.Factors[k] == nil || k == mfa.SMS && !s.Texts || k == mfa.Email && (!v.a.Person.EmailConfirmed || has)
	})
}

func (s *SignIn) chooseEnrol(v *visit, f templates.Frame, failed string) error {
	p := templates.ChooseEnrol{Frame: f, Action: v.path("enrol/method"), Forced: forced(v.d.Why), WhyKey: why(v.d.Why), Skip: v.skip(),
		CancelURL: v.cancel()}
	for _, k := range s.enrollable(v) {
		p.Ways = append(p.Ways, templates.Way{Method: string(k), Value: string(k)})
	}
	return show(v, p, failed)
}

func forced(w policy.Why) bool { return w == policy.WhyTenantRequires || w == policy.WhyRule }

func why(w policy.Why) string {
	switch w {
	case policy.WhyTenantRequires, policy.WhyRule:
		return templates.WhyTenant
	case policy.WhyClientDemands:
		return templates.WhyClient
	}
	return templates.WhyChosen
}

// cancel leads back to where somebody came from who was not made to enrol.
func (v *visit) cancel() string {
	if v.a.Purpose == attempt.Enrol {
		return "/account"
	}
	return ""
}

// others leads to the choice, where there is one.
func (s *SignIn) others(v *visit) string {
	if len(s.enrollable(v)) < 2 {
		return ""
	}
	return v.path("enrol/method")
}

// showMethods asks again; what was begun is dropped when another is picked.
func (s *SignIn) showMethods(v *visit) error { return s.chooseEnrol(v, v.frame(), "") }

func (s *SignIn) method(v *visit) error {
	form, err := web.Form(v.r, "method")
	if err != nil {
		return err
	}
	kind := mfa.Kind(form["method"])
	if v.a.Person.Frozen || !slices.Contains(s.enrollable(v), kind) {
		return s.redirect(v)
	}
	return s.beginEnrolment(v, kind)
}

func (s *SignIn) beginEnrolment(v *visit, k mfa.Kind) error {
	e := &attempt.Enrolment{Kind: k, Factor: id.NewFactor()}
	secret, err := s.initial(v, k)
	if err != nil {
		return err
	}
	if secret != nil {
		if e.Secret, err = s.Seal.Seal(secretOf(v.a.Tenant, e.Factor), secret); err != nil {
			return err
		}
	}
	v.a.Facts.Enrolment, v.a.Facts.Sent = e, nil
	if k == mfa.Email {
		return s.sendNew(v, way{k, e.Factor}, func(f templates.Frame) error { return s.chooseEnrol(v, f, templates.ErrorThrottled) })
	}
	return s.advance(v, nothing)
}

// sendNew puts a code on its way to what is being enrolled, or shows by the page given why none goes out.
func (s *SignIn) sendNew(v *visit, w way, page func(templates.Frame) error) error {
	err := s.dispatch(v, w)
	if f, ok := v.throttled(err); ok {
		f.Error = templates.ErrorSendThrottled
		return page(f)
	}
	return err
}

// enrol takes the answer of the page that is shown.
func (s *SignIn) enrol(v *visit) error {
	e := s.begun(v)
	switch {
	case e == nil:
		return s.redirect(v) // answered a page that was never shown, or a kind that is not allowed any more
	case v.a.Person.Frozen:
		return s.showFrozen(v)
	case e.Kind == mfa.WebAuthn:
		return s.register(v)
	case e.Kind == mfa.SMS && e.Secret == nil:
		return s.phone(v)
	}
	return s.confirm(v)
}

// proven notes that the factor works. Unless there are backup codes already, it counts only when the person keeps
// some (R15): a lost telephone would lock them out.
func (s *SignIn) proven(v *visit, m mfa.Match, name string, also func(*storage.Tx) error) error {
	e := v.a.Facts.Enrolment
	e.Proven, e.Name, e.Step, e.UserVerified = v.now, name, m.Counter, m.UserVerified
	v.a.Facts.Sent = nil
	if v.a.Person.NeedsCodes() {
		return s.advance(v, also)
	}
	return s.bind(v, *e, also)
}

// bind makes the factor count, in one transaction with the fact that this attempt has proven it.
func (s *SignIn) bind(v *visit, e attempt.Enrolment, also func(*storage.Tx) error) error {
	ctx, t := v.r.Context(), v.a.Tenant
	if !slices.Contains(s.enrollable(v), e.Kind) { // forbidden since it was proven (gauntlet A12)
		v.a.Facts.Enrolment, v.a.Facts.Codes, v.a.Facts.Kept = nil, nil, false
		return s.advance(v, nothing)
	}
	v.a.Prove(mfa.Proof{Kind: e.Kind, At: e.Proven, Factor: e.Factor, UserVerified: e.UserVerified})
	v.a.Facts.Enrolled, v.a.Facts.Enrolment = e.Factor, nil
	return s.advance(v, func(tx *storage.Tx) error {
		return errors.Join(
			v.holdFactors(tx),
			tx.Later().CreateFactor(ctx, db.CreateFactorParams{TenantID: t, ID: e.Factor, UserID: *v.a.User, Kind: string(e.Kind), Name: e.Name,
				Secret: e.Secret, LastStep: e.Step, CreatedAt: v.now, LastUsedAt: &v.now}),
			// What skipped the second factor rested on the factors there were.
			tx.Later().EndDevices(ctx, db.EndDevicesParams{TenantID: t, UserID: *v.a.User, Now: v.now, Reason: "factor enrolled"}),
			also(tx),
			audit.Record(ctx, tx, t, s.event(v, audit.FactorEnrolled, map[string]any{"factor": e.Factor, "kind": e.Kind, "attempt": v.a.ID,
				"why": v.d.Why, "locale": v.locale(), "backup_codes": v.a.Facts.Kept})),
		)
	})
}
