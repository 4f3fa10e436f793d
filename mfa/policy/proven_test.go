package policy_test

import (
	"slices"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/storage/id"
)

func TestR22TokensSayOnlyWhatWasProven(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		proofs  []mfa.Proof
		reached mfa.Level
		amr     []string
	}{
		"skip":                    {[]mfa.Proof{upstream(google, fresh, mfa.Upstream{AMR: "pwd mfa hwk"})}, mfa.OneFactor, []string{}},
		"evidence that counts":    {[]mfa.Proof{upstream(entra, fresh, mfa.Upstream{AMR: "pwd mfa ngcmfa", Time: now.Add(-fresh)})}, mfa.AAL2, []string{"pwd", "mfa"}},
		"evidence that does not":  {[]mfa.Proof{upstream(entra, fresh, mfa.Upstream{AMR: "pwd mfa"})}, mfa.OneFactor, []string{}},
		"a factor of ours beside": {[]mfa.Proof{upstream(google, fresh, mfa.Upstream{AMR: "pwd mfa"}), code(fresh, phone)}, mfa.AAL2, []string{"otp", "mfa"}},
	} {
		d := policy.Decide(person(policy.Off, true, exempting, showing(c.proofs...)))
		if amr := mfa.AMR(d.Counted); d.Reached != c.reached || amr == nil || !slices.Equal(amr, c.amr) {
			t.Errorf("%s: %v %q", name, d.Reached, amr)
		}
	}
}

func TestR22WhatSkipSparesIsNamed(t *testing.T) {
	t.Parallel()
	f := person(policy.Required, true, exempting, showing(upstream(google, fresh, mfa.Upstream{})), ruled(policy.Rule{Level: "2sv"}),
		asking(policy.Demand{Fresh: true, Level: mfa.TwoStep, Essential: true}))
	d := policy.Decide(f)
	if want := []string{"enrolled", "tenant.second_factor", "rule:test"}; !slices.Equal(d.Waived, want) || d.Exempt != policy.Skip {
		t.Errorf("%v %q", d.Waived, d.Exempt)
	}
	if d.Rule != "client.acr" || !slices.Equal(d.Shadowed, []string{"step_up"}) {
		t.Errorf("%s, shadowed %v", d.Rule, d.Shadowed)
	}
}

func TestD05NoDeviceIsTrustedAfterASkip(t *testing.T) {
	t.Parallel()
	for at, want := range map[id.Connection]bool{google: false, entra: true, okta: true} {
		f := person(policy.Required, true, exempting, trusting, showing(upstream(at, fresh, mfa.Upstream{Asked: true}), code(fresh, phone)))
		if d := policy.Decide(f); !d.Satisfied() || d.MayTrust != want {
			t.Errorf("%v: %+v", at, d)
		}
	}
	f := person(policy.Required, true, exempting, trusting, within(session(upstream(google, older, mfa.Upstream{}))))
	if f.Proofs = []mfa.Proof{password(fresh), code(fresh, phone)}; policy.Decide(f).MayTrust {
		t.Error("after a skip that the session brings")
	}
}

func TestG04AuthenticationIsWhenTheProviderSawThePerson(t *testing.T) {
	t.Parallel()
	at := now.Add(-fresh)
	for name, c := range map[string]struct {
		u    mfa.Upstream
		want time.Time
	}{
		"told":                 {proved(3 * time.Hour), now.Add(-3 * time.Hour)},
		"not told":             {mfa.Upstream{}, at},
		"a little ahead":       {mfa.Upstream{Time: at.Add(20 * time.Second)}, at},
		"from the future":      {mfa.Upstream{Time: at.Add(time.Hour)}, at},
		"not told, but forced": {mfa.Upstream{Reauth: true}, at},
	} {
		if d := policy.Decide(person(policy.Off, false, exempting, showing(upstream(entra, fresh, c.u)))); !d.AuthTime.Equal(c.want) {
			t.Errorf("%s: %v, want %v", name, d.AuthTime, c.want)
		}
	}
	// A time beside any other kind of proof is somebody's invention.
	f := person(policy.Off, false, showing(mfa.Proof{Kind: mfa.Password, At: at, Upstream: mfa.Upstream{Time: now.Add(time.Hour)}}))
	if d := policy.Decide(f); !d.AuthTime.Equal(at) {
		t.Errorf("a password of %v", d.AuthTime)
	}
}

func TestFirstEvidenceThatFitsDecides(t *testing.T) {
	t.Parallel()
	e := policy.Exemption{Connection: okta, Mode: policy.ByEvidence, Accept: mfa.GradeMedium, Evidence: []policy.Evidence{
		{AMR: []string{"sms", "tel"}, Grade: mfa.GradeWeak, Level: "2sv"},
		{AMR: []string{"mfa"}, ACR: []string{"silver", "gold"}, Without: []string{"fed"}, Grade: mfa.GradeGood, Level: "aal2"},
		{AMR: []string{"mfa"}, Grade: mfa.GradeMedium, Level: "2sv"},
	}}
	for u, want := range map[mfa.Upstream]mfa.Upstream{
		{}:                             {Grade: mfa.GradeNone, Level: mfa.OneFactor},
		{AMR: "mfa sms", ACR: "gold"}:  {Grade: mfa.GradeWeak, Level: mfa.OneFactor},
		{AMR: "pwd mfa", ACR: "gold"}:  {Grade: mfa.GradeGood, Level: mfa.AAL2},
		{AMR: "mfa fed", ACR: "gold"}:  {Grade: mfa.GradeMedium, Level: mfa.TwoStep},
		{AMR: "mfa", ACR: "gold gold"}: {Grade: mfa.GradeMedium, Level: mfa.TwoStep},
		{AMR: "mfa", ACR: "bronze", Grade: mfa.GradeStrong, Level: mfa.PhishingResistant}: {Grade: mfa.GradeMedium, Level: mfa.TwoStep},
	} {
		if got := e.Weigh(u, now); got.Grade != want.Grade || got.Level != want.Level || got.AMR != u.AMR {
			t.Errorf("%+v: %q %v, want %q %v", u, got.Grade, got.Level, want.Grade, want.Level)
		}
	}
}
