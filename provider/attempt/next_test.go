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
	both := []bool{false, true}
	for _, user := range []*id.User{nil, &alice} {
		for _, subject := range []id.User{{}, alice, mallory} {
			for _, expires := range []time.Time{now.Add(time.Nanosecond), now, now.Add(-time.Hour)} {
				for _, identifier := range []string{"", "alice@acme.test"} {
					for bits := range 1 << 8 {
						on := func(i int) bool { return both[bits>>i&1] }
						for _, second := range []policy.Second{policy.SecondNone, policy.SecondAsk, policy.SecondEnrol} {
							for _, proven := range []time.Time{{}, now} {
								a := attempt.Attempt{User: user, Expires: expires, Done: on(0), Request: attempt.Request{Subject: subject},
									Facts: attempt.Facts{Identifier: identifier, Denied: on(1), Kept: on(5)}}
								if on(6) {
									a.Purpose = attempt.Codes
								}
								if on(7) {
									a.Facts.Enrolment = &attempt.Enrolment{Proven: proven}
								}
								visit(a, policy.Decision{Refused: on(2), First: on(3), Second: second}, on(4))
							}
						}
					}
				}
			}
		}
	}
}

func TestOnlyWhatIsCompleteIsDone(t *testing.T) {
	t.Parallel()
	seen, done := 0, 0
	everyState(func(a attempt.Attempt, d policy.Decision, needsConsent bool) {
		seen++
		complete := a.User != nil && d.Satisfied() && !needsConsent && !a.Facts.Denied && !a.Done && now.Before(a.Expires) &&
			(a.Request.Subject.IsZero() || a.Request.Subject == *a.User) && (a.Purpose != attempt.Codes || a.Facts.Kept)
		step := attempt.Next(&a, d, needsConsent, now)
		if (step == attempt.StepDone) != complete {
			t.Fatalf("%s although complete is %v: %+v %+v consent=%v", step, complete, a, d, needsConsent)
		}
		if complete {
			done++
		}
	})
	if seen != 2*3*3*2*256*3*2 || done == 0 {
		t.Fatalf("%d states, %d of them done", seen, done)
	}
}

// Each step may be shown only when everything before it is settled.
func TestStepsComeInOrder(t *testing.T) {
	t.Parallel()
	everyState(func(a attempt.Attempt, d policy.Decision, needsConsent bool) {
		live := !a.Facts.Denied && !a.Done && now.Before(a.Expires)
		other := a.User != nil && !a.Request.Subject.IsZero() && a.Request.Subject != *a.User
		proven := a.Facts.Enrolment != nil && !a.Facts.Enrolment.Proven.IsZero()
		unkept := a.Purpose == attempt.Codes && !a.Facts.Kept
		settled := live && a.User != nil && !d.Refused && !d.First && !other
		allowed := map[attempt.Step]bool{
			attempt.StepDenied:   a.Facts.Denied,
			attempt.StepExpired:  !a.Facts.Denied && !live,
			attempt.StepIdentify: live && a.User == nil && a.Facts.Identifier == "",
			attempt.StepPassword: live && ((a.User == nil && a.Facts.Identifier != "") || (a.User != nil && d.First && !d.Refused)),
			attempt.StepRefused:  live && a.User != nil && (d.Refused || (other && !d.First)),
			attempt.StepEnrol:    settled && d.Second == policy.SecondEnrol && !proven,
			attempt.StepBackup:   settled && ((d.Second == policy.SecondEnrol && proven) || (d.Second == policy.SecondNone && unkept)),
			attempt.StepSecond:   settled && d.Second == policy.SecondAsk,
			attempt.StepConsent:  settled && d.Satisfied() && !unkept && needsConsent,
			attempt.StepDone:     settled && d.Satisfied() && !unkept && !needsConsent,
		}
		if step := attempt.Next(&a, d, needsConsent, now); !allowed[step] {
			t.Fatalf("%s: %+v %+v consent=%v", step, a, d, needsConsent)
		}
	})
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
