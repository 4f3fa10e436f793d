package attempt

import (
	"time"

	"sallyport/mfa/policy"
)

// Step is what the person has to do next. It is never stored.
type Step string

// The steps, in order.
const (
	StepDenied   Step = "denied"
	StepExpired  Step = "expired"
	StepIdentify Step = "identify"
	StepPassword Step = "password"
	StepUpstream Step = "upstream"
	StepTested   Step = "tested"
	StepRefused  Step = "refused"
	StepEnrol    Step = "enrol"
	StepBackup   Step = "backup-codes"
	StepSecond   Step = "second-factor"
	StepConsent  Step = "consent"
	StepDone     Step = "done"
)

// Next derives the step from the facts on record. It reads no clock, database or request.
func Next(a *Attempt, d policy.Decision, needsConsent bool, now time.Time) Step {
	switch {
	case a.Facts.Denied:
		return StepDenied
	case a.Done || !now.Before(a.Expires):
		return StepExpired
	case a.Purpose == Test && a.Facts.Tested == nil:
		return StepUpstream
	case a.Purpose == Test:
		return StepTested
	case a.Facts.Identifier == "" && a.User == nil:
		return StepIdentify
	case a.User == nil:
		// An address without an account, or with several, is asked for a password like any other.
		return StepPassword
	case d.Refused:
		return StepRefused
	case d.First:
		return StepPassword
	case !a.Request.Subject.IsZero() && a.Request.Subject != *a.User:
		return StepRefused
	case d.Second == policy.SecondUpstream:
		return StepUpstream
	case d.Second == policy.SecondEnrol && a.Facts.Enrolment != nil && !a.Facts.Enrolment.Proven.IsZero():
		return StepBackup
	case d.Second == policy.SecondEnrol:
		return StepEnrol
	case d.Second == policy.SecondAsk:
		return StepSecond
	case a.Purpose == Codes && !a.Facts.Kept:
		return StepBackup
	case a.Purpose == Link && !a.Facts.Linked:
		return StepUpstream
	case needsConsent:
		return StepConsent
	}
	return StepDone
}

// Next is the step of the attempt as it stands now, with the decision behind it.
func (a *Attempt) Next(now time.Time) (Step, policy.Decision) {
	d := a.Judge(now)
	return Next(a, d, a.NeedsConsent(), now), d
}
