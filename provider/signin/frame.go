package signin

import (
	"cmp"
	"errors"
	"math"
	"net/http"
	"strconv"

	"sallyport/mfa/policy"
	"sallyport/provider/attempt"
	"sallyport/provider/throttle"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/templates"
)

// frame is what every page of the flow shows around its task.
func (v *visit) frame() templates.Frame {
	f := templates.Frame{User: v.identifier()}
	if v.a.ShowsTenant() {
		f.Tenant = v.a.TenantName
	}
	if f.User != "" && canSwitch(v) {
		f.SwitchURL = v.path("identify")
	}
	return f
}

// identifier is the address as typed, so that the page is the same whether it has an account or not.
func (v *visit) identifier() string {
	if v.a.Facts.Identifier != "" {
		return v.a.Facts.Identifier
	}
	return v.a.Person.Email
}

// canSwitch: until the end, unless the attempt is about the account of a session. One that an id_token_hint
// pins without a session is let through to type the address; another person's is refused at the end.
func canSwitch(v *visit) bool {
	switch v.step {
	case attempt.StepIdentify, attempt.StepPassword, attempt.StepSecond, attempt.StepEnrol, attempt.StepBackup,
		attempt.StepConsent, attempt.StepRefused:
		return v.a.Request.Subject.IsZero() || v.a.Session == nil
	}
	return false
}

// show renders a page; with an error key it is the answer to a form that cannot be used as it is.
func show(v *visit, page templates.Page, failed string) error {
	status := http.StatusOK
	if failed != "" {
		status = http.StatusUnprocessableEntity
	}
	if failed == templates.ErrorThrottled {
		status = http.StatusTooManyRequests
	}
	return web.Render(v.w, v.r, status, page)
}

// failing is the frame of a page that is shown again.
func (v *visit) failing(key string) templates.Frame {
	f := v.frame()
	f.Error = key
	return f
}

// throttled is the frame that tells how long to wait; ok is false for any other error.
func (v *visit) throttled(err error) (f templates.Frame, ok bool) {
	var refused *throttle.Refused
	if !errors.As(err, &refused) {
		return f, false
	}
	v.w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(refused.RetryAfter().Seconds()))))
	f = v.failing(templates.ErrorThrottled)
	f.ErrorData = map[string]any{"Minutes": int(math.Ceil(refused.RetryAfter().Minutes()))}
	return f, true
}

// refusals are told to whoever has shown a first proof; whether an account is disabled is told to nobody.
var refusals = map[policy.Why]string{policy.WhyEnrolClosed: templates.ErrorRefusedEnrol, policy.WhyMailbox: templates.ErrorRefusedMailbox,
	policy.WhyService: templates.ErrorRefusedService, policy.WhyUnmet: templates.ErrorRefusedUnmet}

func (s *SignIn) showRefused(v *visit) error {
	if err := s.noteRefusal(v); err != nil {
		return err
	}
	page := templates.Message{Frame: v.frame(), Status: http.StatusForbidden, Body: cmp.Or(refusals[v.d.Why], templates.ErrorRefused)}
	if v.a.Purpose == attempt.Authorize {
		page.Links = []templates.Choice{{Label: v.a.ClientName, URL: Callback(v.a.Handle())}}
	} else {
		page.Links = []templates.Choice{{Label: v.a.TenantName, URL: v.a.Request.ReturnTo}}
	}
	return web.Render(v.w, v.r, http.StatusForbidden, page)
}

// noteRefusal puts a refusal on record, once for each reason: an administrator is asked why somebody did not get in.
func (s *SignIn) noteRefusal(v *visit) error {
	if v.a.Facts.Told == v.d.Why || v.r.Method != http.MethodGet {
		return nil
	}
	v.a.Facts.Told = v.d.Why
	e := audit.Event{Kind: audit.SignInRefused, At: v.now, Actor: audit.Anyone, Target: audit.OnUser(*v.a.User), Origin: s.origin(v.r),
		Detail: attempt.Tell(v.a, v.d, v.now)}
	err := s.write(v, func(tx *storage.Tx) error { return audit.Record(v.r.Context(), tx, v.a.Tenant, e) })
	if errors.Is(err, storage.ErrConflict) {
		return nil // another tab has told it
	}
	return err
}

// locale is the language in which the person reads this: the mail about what they did comes in it too.
func (v *visit) locale() string { return web.Language(v.r).String() }
