package signin

import (
	"errors"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/templates"
)

// skip is the offer to put enrolment off, nil where there is none.
func (v *visit) skip() *templates.Skip {
	if v.d.Skip == nil {
		return nil
	}
	return &templates.Skip{Action: v.path("enrol/skip"), Left: v.d.Skip.Left, Until: v.d.Skip.Until}
}

// putOff uses one of the chances up; they are never given back.
func (s *SignIn) putOff(v *visit) error {
	if _, err := web.Form(v.r); err != nil {
		return err
	}
	if v.d.Skip == nil {
		return s.redirect(v)
	}
	v.a.Prove(mfa.Proof{Kind: mfa.Skipped, At: v.now})
	v.a.Facts.Enrolment, v.a.Facts.Sent = nil, nil
	return s.advance(v, func(tx *storage.Tx) error {
		return errors.Join(
			tx.Later().SkipEnrolment(v.r.Context(), db.SkipEnrolmentParams{TenantID: v.a.Tenant, ID: *v.a.User, Used: int32(v.a.Person.Skips),
				Spent: spent(*v.d.Skip), Until: until(v.d.Skip.Until)}),
			audit.Record(v.r.Context(), tx, v.a.Tenant, s.event(v, audit.EnrolmentSkipped, map[string]any{"attempt": v.a.ID, "left": v.d.Skip.Left})))
	})
}

// spent: before the date nothing is counted.
func spent(w policy.Window) int32 {
	if w.Until.IsZero() {
		return 1
	}
	return 0
}

func until(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
