package explain_test

import (
	"errors"
	"sallyport/provider/attempt"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/explain"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

func TestFinishedSignInIsToldFromTheRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.setPolicy(w.evidence(policy.ByEvidence), w.boss)
	told := attempt.Told{Attempt: id.NewAttempt(), Purpose: "authorize", Client: "web", Session: id.NewSession(), ACR: mfa.AAL2.ACR(), AMR: []string{"otp", "mfa"},
		Rule: "rule:payroll", Why: policy.WhySatisfied, Shadowed: []string{"enrolled", "tenant.second_factor"}, Waived: []string{"rule:abroad"}, Required: mfa.AAL2.ACR(),
		Policy: p.Version, Exempt: policy.ByEvidence, Demand: mfa.TwoStep.ACR(), Report: &attempt.Watched{Before: policy.Asked, After: policy.LetIn},
		Proofs: []mfa.Proof{{Kind: mfa.Federated, At: now, Upstream: mfa.Upstream{Connection: w.entra, AMR: "pwd", Asked: true, Grade: mfa.GradeNone}},
			{Kind: mfa.TOTP, At: now.Add(time.Minute)}}}
	e := w.record(audit.SignInDone, w.alice, now.Add(time.Minute), told)
	w.setPolicy(func(p *policy.Policy) { p.SecondFactor = policy.Off }) // what came later changes nothing
	x := w.explain(e)
	golden(t, x.Sentences, `
The person began with a sign-in at Entra. Proof of a second step there: none.
Entra was asked for proof of a second step.
Then a second step was shown: Authenticator app.
The policy accepts proof of a second step from Entra, where it is good enough.
The app asked for: two steps.
What decided: the rule payroll of the policy.
Needed: two steps with an app, a text message or a key. Reached: two steps with an app, a text message or a key.
Everything asked for was shown.
These asked for a second step too, but for no more: a second step has been set up; required of everybody.
These would have asked for a second step, but gave way: Rule: abroad.
Outcome: let in.
Apps are told acr urn:sallyport:acr:aal2 and amr otp, mfa.
By the policy in force: asked for a second step. By the one that is only watched: let in.
Version 2 of the policy applied.
boss@acme.test made that version on 2026-01-02.`)
	if x.Outcome != policy.LetIn || x.Email != "alice@acme.test" || x.User != w.alice.String() || x.Client != "web" || x.Session != told.Session || x.RequestID != "r-1" ||
		!x.Proofs[1].At.Equal(now.Add(time.Minute)) || x.Proofs[0].Upstream.Grade != mfa.GradeNone || !x.At.Equal(now.Add(time.Minute)) {
		t.Errorf("explained %+v", x)
	}
}

func TestRefusedSignInIsToldFromTheRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.record(audit.SignInRefused, w.alice, now, attempt.Told{Purpose: "authorize", Client: "web", Rule: "tenant.second_factor", Why: policy.WhyEnrolClosed,
		ACR: mfa.OneFactor.ACR(), AMR: []string{"pwd"}, Required: mfa.TwoStep.ACR(), Policy: 1, Proofs: []mfa.Proof{{Kind: mfa.Password, At: now}}})
	x := w.explain(e)
	golden(t, x.Sentences, `
The person began with a password.
What decided: the policy requires a second step of everybody.
Needed: two steps. Reached: one step.
The person has no second step, and the policy lets nobody set up the first one with a password alone: an administrator must issue an access code.
Outcome: turned away.
Version 1 of the policy applied.
An operator made that version from the command line on 2026-01-02.`)
	if x.Outcome != policy.TurnedAway {
		t.Errorf("outcome %s", x.Outcome)
	}
}

func TestOldAndStrangeRecordsAreToldAsFarAsTheyGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.setPolicy(func(*policy.Policy) {})
	for name, row := range map[string]struct {
		detail map[string]any
		want   string
	}{
		"before proofs were kept": {map[string]any{"client": "web", "acr": mfa.AAL2.ACR(), "amr": []string{"pwd", "otp", "mfa"}, "rule": "enrolled", "why": "satisfied",
			"shadowed": nil, "policy": 1}, `
Shown, as the record of that time tells it: pwd, otp, mfa.
What decided: the person has set up a second step and is asked for it.
Everything asked for was shown.
Outcome: let in.
Apps are told acr urn:sallyport:acr:aal2 and amr pwd, otp, mfa.
Version 1 of the policy applied.
An operator made that version from the command line on 2026-01-02.`},
		"nothing": {nil, "No password and no other first proof was shown.\nOutcome: let in."},
		"other types": {map[string]any{"amr": "pwd", "policy": "one", "proofs": map[string]any{"kind": 7}, "rule": "retired", "report": "x"},
			"No password and no other first proof was shown.\nWhat decided: the rule retired of the policy.\nOutcome: let in."},
		"a version that is gone": {map[string]any{"policy": 99, "rule": "baseline"}, `
No password and no other first proof was shown.
No rule asked for more than a first proof.
Outcome: let in.
Version 99 of the policy applied.
That version is no longer on record.`},
	} {
		e := w.record(audit.SignInDone, w.person(id.NewUser().String()+"@acme.test", "user"), now, row.detail)
		t.Run(name, func(t *testing.T) { golden(t, w.explain(e).Sentences, row.want) })
	}
}

func TestPartsOfProofsAreToldApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := func(k mfa.Kind, uv bool) mfa.Proof { return mfa.Proof{Kind: k, At: now, UserVerified: uv} }
	gone := mfa.Proof{Kind: mfa.Federated, At: now, Upstream: mfa.Upstream{Connection: id.NewConnection()}}
	for want, proofs := range map[string][]mfa.Proof{
		"The person began with a passkey, which is two factors in one.":                                                                                {at(mfa.WebAuthn, true)},
		"The person began with a password.\nThen a second step was shown: Security key or device.":                                                     {at(mfa.Password, false), at(mfa.WebAuthn, true)},
		"The person began with a password.\nThen this was used in place of a second step: Backup code.":                                                {at(mfa.Password, false), at(mfa.BackupCode, false)},
		"The person began with a password.\nThe browser was trusted, so the second step was spared.\nNo second step was shown.":                        {at(mfa.Password, false), at(mfa.TrustedDevice, false)},
		"The person began with a password.\nSetting up a second step was put off, as the policy allows for now.\nNo second step was shown.":            {at(mfa.Password, false), at(mfa.Skipped, false)},
		"The person began with a sign-in at " + gone.Upstream.Connection.String() + ". Proof of a second step there: none.\nNo second step was shown.": {gone},
	} {
		e := w.record(audit.SignInDone, w.person(id.NewUser().String()+"@acme.test", "user"), now, attempt.Told{Proofs: proofs})
		golden(t, w.explain(e).Sentences, want+"\nOutcome: let in.")
	}
}

func TestSignInsAreListedNewestFirstByPersonOrAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.record(audit.SignInDone, w.alice, now, attempt.Told{Client: "web", ACR: mfa.OneFactor.ACR()})
	second := w.record(audit.SignInRefused, w.alice, now.Add(time.Second), attempt.Told{Why: policy.WhyUnmet})
	third := w.record(audit.SignInDone, w.boss, now.Add(2*time.Second), attempt.Told{})
	for name, row := range map[string]struct {
		of   *id.User
		want []id.Event
	}{"alice": {&w.alice, []id.Event{second, first}}, "everybody": {nil, []id.Event{third, second, first}}} {
		rows, err := explain.List(ctx, w.Store, w.acme, row.of)
		w.must(err)
		if len(rows) != len(row.want) {
			t.Fatalf("%s: %d rows", name, len(rows))
		}
		for i, e := range row.want {
			if rows[i].Event != e {
				t.Errorf("%s: row %d is %+v", name, i, rows[i])
			}
		}
		last := rows[len(rows)-1]
		if last.Email != "alice@acme.test" || last.Client != "web" || last.Outcome != policy.LetIn || rows[len(rows)-2].Outcome != policy.TurnedAway {
			t.Errorf("%s: %+v", name, rows)
		}
	}
}

func TestH01SignInOfAnotherTenantIsNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.record(audit.SignInDone, w.alice, now, attempt.Told{})
	if x, err := explain.SignIn(ctx, w.Store, id.NewTenant(), e); !errors.Is(err, storage.ErrNotFound) || len(x.Sentences) != 0 {
		t.Errorf("another tenant reads %+v, %v", x, err)
	}
	var other id.Event
	w.must(w.admin.QueryRow(ctx, "SELECT id FROM audit_events WHERE kind = 'tenant.created'").Scan(&other))
	for _, e := range []id.Event{id.NewEvent(), other} {
		if _, err := explain.SignIn(ctx, w.Store, w.acme, e); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%v, want ErrNotFound", err)
		}
	}
}
