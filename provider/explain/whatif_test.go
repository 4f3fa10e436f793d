package explain_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/explain"
	"sallyport/storage"
	"sallyport/storage/id"
)

func TestWhatIfSaysWhatFollowsOnEachWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.factor(w.alice, mfa.TOTP)
	w.codes(w.alice, mfa.BackupCode, 3, now.Add(time.Hour))
	v := w.whatIf(explain.Question{User: w.alice, Client: "web", Level: mfa.AAL2})
	golden(t, v.Sentences, `
The person began with a password.
The app asked for: two steps with an app, a text message or a key.
What decided: the app asked for more than the policy does.
Needed: two steps with an app, a text message or a key. Reached: one step.
The app asked for more than was shown.
These asked for a second step too, but for no more: a second step has been set up.
Outcome: asked for a second step.
With Authenticator app, the person is then let in.
Version 1 of the policy applied.
An operator made that version from the command line on 2026-01-02.`)
	if len(v.Then) != 1 || v.Then[0].Reached != mfa.AAL2.ACR() || !slices.Equal(v.Then[0].AMR, []string{"pwd", "otp", "mfa"}) {
		t.Errorf("then %+v", v.Then)
	}
	// Without the demand a backup code stands in.
	v = w.whatIf(explain.Question{User: w.alice})
	if got := english(t, v.Sentences); !strings.Contains(got, "With Backup code, the person is then let in.") || len(v.Then) != 2 {
		t.Errorf("%s\n%+v", got, v.Then)
	}
}

func TestWhatIfGradesTheEvidenceOfAConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.link(w.alice, w.entra)
	w.setPolicy(w.evidence(policy.ByEvidence))
	q := explain.Question{User: w.alice, Connection: w.entra, Evidence: mfa.Upstream{AMR: "pwd mfa", Time: now.Add(-5 * time.Minute)}}
	golden(t, w.whatIf(q).Sentences, `
The person began with a sign-in at Entra. Proof of a second step there: good.
The policy accepts proof of a second step from Entra, where it is good enough.
What decided: the policy requires a second step of everybody.
Needed: two steps. Reached: two steps with an app, a text message or a key.
Everything asked for was shown.
Outcome: let in.
Apps are told acr urn:sallyport:acr:aal2 and amr pwd, mfa.
Version 2 of the policy applied.
An operator made that version from the command line on 2026-01-02.`)
	q.Evidence.Time = now.Add(-time.Hour) // stale: medium, which is not accepted
	if got := english(t, w.whatIf(q).Sentences); !strings.Contains(got, "If Entra proves nothing more when asked: they have to sign in once more.") {
		t.Errorf("enrolling needs a fresh sign-in:\n%s", got)
	}
	w.factor(w.alice, mfa.TOTP)
	golden(t, w.whatIf(q).Sentences, `
The person began with a sign-in at Entra. Proof of a second step there: medium.
The policy accepts proof of a second step from Entra, where it is good enough.
What decided: the person has set up a second step and is asked for it.
Needed: two steps. Reached: one step.
The person has a second step that was not shown.
These asked for a second step too, but for no more: required of everybody.
Outcome: sent to Entra for proof of a second step.
If Entra proves nothing more when asked: a second step is asked for here.
With Authenticator app, the person is then let in.
Version 2 of the policy applied.
An operator made that version from the command line on 2026-01-02.`)
	if v := w.whatIf(q); v.Proofs[0].Upstream.Grade != mfa.GradeMedium || v.Proofs[0].Connection != "Entra" || v.Exempt != policy.ByEvidence {
		t.Errorf("proofs %+v, exempt %q", v.Proofs, v.Exempt)
	}
}

func TestWhatIfTellsTheStandsOnAConnectionApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.link(w.alice, w.entra)
	q := explain.Question{User: w.alice, Connection: w.entra, Evidence: mfa.Upstream{AMR: "mfa", Time: now}}
	for mode, want := range map[policy.Exempt]policy.Outcome{policy.Skip: policy.LetIn, policy.Local: policy.MustEnrol, policy.ByEvidence: policy.LetIn} {
		p := policy.Default()
		w.evidence(mode)(&p)
		q.Policy = &p
		v := w.whatIf(q)
		if v.Outcome != want || v.Exempt != mode || v.Policy.Number != 0 {
			t.Errorf("%s: %+v", mode, v)
		}
		text := english(t, v.Sentences)
		if spared := strings.Contains(text, "gave way: required of everybody."); spared != (mode == policy.Skip) || !strings.Contains(text, "not in force would do") {
			t.Errorf("%s:\n%s", mode, text)
		}
	}
	if p := w.whatIf(explain.Question{User: w.alice}); p.Policy.Number != 1 || p.Outcome != policy.LetIn {
		t.Errorf("the policy in force: %+v", p)
	}
}

func TestWhatIfSaysWhyTheFirstProofCannotBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bob := w.person("bob@acme.test", "user")
	w.exec("UPDATE users SET password_hash = NULL WHERE id = $1", bob.UUID)
	w.setPolicy(func(p *policy.Policy) { p.NoPasswords, p.BreakGlass = true, []id.User{w.boss} })
	for want, row := range map[string]struct {
		q       explain.Question
		outcome policy.Outcome
	}{
		"no account connected at Entra":     {explain.Question{User: w.alice, Connection: w.entra}, policy.FirstProof},
		"no password here":                  {explain.Question{User: bob}, policy.FirstProof},
		"lets nobody sign in with a passwo": {explain.Question{User: w.alice}, policy.FirstProof},
		"meant for emergencies":             {explain.Question{User: w.boss}, policy.LetIn},
	} {
		v := w.whatIf(row.q)
		if got := english(t, v.Sentences); !strings.Contains(got, want) || v.Outcome != row.outcome {
			t.Errorf("%q: %s\n%s", want, v.Outcome, got)
		}
	}
	w.link(w.alice, w.entra)
	w.exec("UPDATE connections SET disabled = true")
	if v := w.whatIf(explain.Question{User: w.alice, Connection: w.entra}); v.Outcome != policy.FirstProof {
		t.Errorf("G06: a connection that is disabled: %+v", v)
	}
}

func TestWhatIfKnowsPlaceAndTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	office := netip.MustParsePrefix("192.0.2.0/24")
	w.setPolicy(func(p *policy.Policy) {
		p.SecondFactor, p.EnrolUntil = policy.Required, now.Add(time.Hour)
		p.Rules = []policy.Rule{{Name: "abroad", Level: "aal2", Outside: []netip.Prefix{office}}}
	})
	in, out := office.Addr().Next(), netip.MustParseAddr("198.51.100.7")
	if v := w.whatIf(explain.Question{User: w.alice, Address: in}); v.Rule != "tenant.second_factor" || v.Then[len(v.Then)-1].Method != mfa.Skipped ||
		!strings.Contains(english(t, v.Sentences), "If they put set-up off: they get in.") {
		t.Errorf("in the office: %+v", v)
	}
	if v := w.whatIf(explain.Question{User: w.alice, Address: in, At: now.Add(2 * time.Hour)}); slices.ContainsFunc(v.Then, func(t explain.Then) bool { return t.Method == mfa.Skipped }) {
		t.Errorf("after the date: %+v", v)
	}
	if v := w.whatIf(explain.Question{User: w.alice, Address: out}); v.Rule != "rule:abroad" || !slices.Equal(v.Shadowed, []string{"tenant.second_factor"}) {
		t.Errorf("abroad: %+v", v)
	}
}

func TestWhatIfChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.setPolicy(func(p *policy.Policy) { p.SecondFactor = policy.Required })
	w.codes(w.alice, mfa.AccessCode, 1, now.Add(time.Hour))
	count := func() (n int) {
		w.must(w.admin.QueryRow(ctx, `SELECT (SELECT count(*) FROM audit_events) + (SELECT count(*) FROM factors) + (SELECT count(*) FROM signin_attempts)
			+ (SELECT count(*) FROM single_use WHERE used_at IS NULL)`).Scan(&n))
		return n
	}
	before := count()
	w.whatIf(explain.Question{User: w.alice})
	if after := count(); after != before {
		t.Errorf("%d rows, were %d", after, before)
	}
}

func TestH01WhatIfOfSomebodyInAnotherTenantIsNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, ask := range map[string]func() (explain.Verdict, error){
		"another tenant": func() (explain.Verdict, error) {
			return explain.WhatIf(ctx, w.Store, id.NewTenant(), explain.Question{User: w.alice}, now)
		},
		"nobody": func() (explain.Verdict, error) {
			return explain.WhatIf(ctx, w.Store, w.acme, explain.Question{User: id.NewUser()}, now)
		},
	} {
		if v, err := ask(); !errors.Is(err, storage.ErrNotFound) || len(v.Sentences) != 0 {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
}
