package attempt_test

import (
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/attempt"
	"sallyport/storage/id"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// everyState calls visit with every combination of facts and decisions that Next can see.
func everyState(visit func(a attempt.Attempt, d policy.Decision, needsConsent bool)) {
	alice, mallory := id.NewUser(), id.NewUser()
	for _, user := range []*id.User{nil, &alice} {
		for _, subject := range []id.User{{}, alice, mallory} {
			for _, expires := range []time.Time{now.Add(time.Nanosecond), now, now.Add(-time.Hour)} {
				for _, identifier := range []string{"", "alice@acme.test"} {
					for _, purpose := range []attempt.Purpose{attempt.Authorize, attempt.Codes, attempt.Link, attempt.Test} {
						everyFact(attempt.Attempt{User: user, Expires: expires, Purpose: purpose, Request: attempt.Request{Subject: subject},
							Facts: attempt.Facts{Identifier: identifier}}, visit)
					}
				}
			}
		}
	}
}

var (
	seconds    = []policy.Second{policy.SecondNone, policy.SecondAsk, policy.SecondEnrol, policy.SecondUpstream}
	enrolments = []*attempt.Enrolment{nil, {}, {Proven: now}}
)

func everyFact(a attempt.Attempt, visit func(a attempt.Attempt, d policy.Decision, needsConsent bool)) {
	for bits := range 1 << 8 {
		on := func(i int) bool { return bits>>i&1 == 1 }
		for _, second := range seconds {
			for _, e := range enrolments {
				b := a
				b.Done, b.Facts.Denied, b.Facts.Kept, b.Facts.Linked, b.Facts.Enrolment = on(0), on(1), on(5), on(6), e
				if on(7) {
					b.Facts.Tested = &attempt.Tested{}
				}
				visit(b, policy.Decision{Refused: on(2), First: on(3), Second: second}, on(4))
			}
		}
	}
}

// lacks is what the purpose still asks for once the person has proven themselves.
func lacks(a attempt.Attempt) attempt.Step {
	switch {
	case a.Purpose == attempt.Codes && !a.Facts.Kept:
		return attempt.StepBackup
	case a.Purpose == attempt.Link && !a.Facts.Linked:
		return attempt.StepUpstream
	}
	return ""
}

func TestOnlyWhatIsCompleteIsDone(t *testing.T) {
	t.Parallel()
	seen, done := 0, map[attempt.Purpose]int{}
	everyState(func(a attempt.Attempt, d policy.Decision, needsConsent bool) {
		seen++
		complete := a.User != nil && d.Satisfied() && !needsConsent && !a.Facts.Denied && !a.Done && now.Before(a.Expires) &&
			(a.Request.Subject.IsZero() || a.Request.Subject == *a.User) && a.Purpose != attempt.Test && lacks(a) == ""
		step := attempt.Next(&a, d, needsConsent, now)
		if (step == attempt.StepDone) != complete {
			t.Fatalf("%s although complete is %v: %+v %+v consent=%v", step, complete, a, d, needsConsent)
		}
		if complete {
			done[a.Purpose]++
		}
	})
	if seen != 2*3*3*2*4*256*4*3 || done[attempt.Authorize] == 0 || done[attempt.Codes] == 0 || done[attempt.Link] == 0 || done[attempt.Test] != 0 {
		t.Fatalf("%d states, done %v", seen, done)
	}
}

// Each step may be shown only when everything before it is settled.
func TestStepsComeInOrder(t *testing.T) {
	t.Parallel()
	everyState(func(a attempt.Attempt, d policy.Decision, needsConsent bool) {
		if step := attempt.Next(&a, d, needsConsent, now); !mayShow(step, a, d, needsConsent) {
			t.Fatalf("%s: %+v %+v consent=%v", step, a, d, needsConsent)
		}
	})
}

func mayShow(step attempt.Step, a attempt.Attempt, d policy.Decision, needsConsent bool) bool {
	live := !a.Facts.Denied && !a.Done && now.Before(a.Expires)
	test, signs := live && a.Purpose == attempt.Test, live && a.Purpose != attempt.Test
	other := a.User != nil && !a.Request.Subject.IsZero() && a.Request.Subject != *a.User
	proven := a.Facts.Enrolment != nil && !a.Facts.Enrolment.Proven.IsZero()
	settled := signs && a.User != nil && !d.Refused && !d.First && !other
	enrols, passed := settled && d.Second == policy.SecondEnrol, settled && d.Second == policy.SecondNone
	switch step {
	case attempt.StepDenied:
		return a.Facts.Denied
	case attempt.StepExpired:
		return !a.Facts.Denied && !live
	case attempt.StepTested:
		return test && a.Facts.Tested != nil
	case attempt.StepIdentify:
		return signs && a.User == nil && a.Facts.Identifier == ""
	case attempt.StepPassword:
		return signs && (a.User == nil && a.Facts.Identifier != "" || a.User != nil && d.First && !d.Refused)
	case attempt.StepRefused:
		return signs && a.User != nil && (d.Refused || other && !d.First)
	case attempt.StepUpstream:
		return test && a.Facts.Tested == nil || settled && d.Second == policy.SecondUpstream || passed && lacks(a) == step
	case attempt.StepEnrol:
		return enrols && !proven
	case attempt.StepBackup:
		return enrols && proven || passed && lacks(a) == step
	case attempt.StepSecond:
		return settled && d.Second == policy.SecondAsk
	case attempt.StepConsent:
		return passed && lacks(a) == "" && needsConsent
	}
	return step == attempt.StepDone && passed && lacks(a) == "" && !needsConsent
}

func TestNeedsConsent(t *testing.T) {
	t.Parallel()
	ask := func(change func(*attempt.Attempt)) bool {
		a := attempt.Attempt{Purpose: attempt.Authorize, Request: attempt.Request{Scopes: []string{"openid", "email"}}}
		change(&a)
		return a.NeedsConsent()
	}
	for name, c := range map[string]struct {
		change func(*attempt.Attempt)
		want   bool
	}{
		"never granted":             {func(*attempt.Attempt) {}, true},
		"granted in full":           {func(a *attempt.Attempt) { a.Consented = []string{"email", "openid", "profile"} }, false},
		"granted in part":           {func(a *attempt.Attempt) { a.Consented = []string{"openid"} }, true},
		"answered now":              {func(a *attempt.Attempt) { a.Facts.Consent = []string{"openid"} }, false},
		"answered now with nothing": {func(a *attempt.Attempt) { a.Facts.Consent = []string{} }, false},
		"our own application":       {func(a *attempt.Attempt) { a.FirstParty = true }, false},
		"our own that wants to ask": {func(a *attempt.Attempt) { a.FirstParty, a.Request.Prompt = true, []string{"consent"} }, true},
		"granted, but it wants to ask": {func(a *attempt.Attempt) {
			a.Consented, a.Request.Prompt = a.Request.Scopes, []string{"login", "consent"}
		}, true},
		"asked and answered":   {func(a *attempt.Attempt) { a.Request.Prompt, a.Facts.Consent = []string{"consent"}, []string{"openid"} }, false},
		"nothing is asked for": {func(a *attempt.Attempt) { a.Request.Scopes = nil }, false},
		"a page of ours":       {func(a *attempt.Attempt) { a.Purpose = attempt.Fresh }, false},
		"a new factor":         {func(a *attempt.Attempt) { a.Purpose, a.Request.Prompt = attempt.Enrol, []string{"consent"} }, false},
	} {
		if got := ask(c.change); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestTenantFoundByAddressIsShownOnlyAfterTheProof(t *testing.T) {
	t.Parallel()
	a := attempt.Attempt{Tenant: id.NewTenant(), Facts: attempt.Facts{TenantBy: attempt.ByAddress}}
	if a.ShowsTenant() {
		t.Error("named before the password: it tells that the account exists")
	}
	a.Prove(passwordProof(now))
	if !a.ShowsTenant() {
		t.Error("not named after the password")
	}
	if (&attempt.Attempt{Facts: attempt.Facts{TenantBy: attempt.ByName}}).ShowsTenant() {
		t.Error("the lobby was named")
	}
}
