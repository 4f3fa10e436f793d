package policy_test

import (
	"slices"
	"testing"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/storage/id"
)

// dead reports whether an answer to what the rule asked was in vain: taking up what is offered, one after the other, must
// lead in, or to another rule that refuses (which is told only to those who have shown what they can).
func dead(f policy.Facts, d policy.Decision, rule string) bool {
	for range 6 {
		switch {
		case d.Satisfied():
			return false
		case d.Refused:
			return d.Rule == rule
		case d.First && f.Policy.NoPasswords && !d.BreakGlass && len(f.User.Identities) == 0:
			return false // nobody but an administrator can help
		case d.First:
			f.Proofs = append(slices.Clone(f.Proofs), again(f, d))
		case d.Second == policy.SecondUpstream:
			f = answered(f, d)
		default:
			f = taken(f, d, d.Offer[0])
		}
		d = policy.Decide(f)
	}
	return true
}

// taken shows, or enrols and shows, one kind on offer.
func taken(f policy.Facts, d policy.Decision, k mfa.Kind) policy.Facts {
	p := mfa.Proof{Kind: k, At: now, UserVerified: k == mfa.WebAuthn}
	if d.Second == policy.SecondEnrol {
		p.Factor = id.NewFactor()
		f.User.Factors = append(slices.Clone(f.User.Factors), mfa.Authenticator{ID: p.Factor, Kind: k})
		f.Demand.Enrol = false
	} else if i := slices.IndexFunc(f.User.Factors, func(a mfa.Authenticator) bool { return a.Kind == k }); i >= 0 {
		p.Factor = f.User.Factors[i].ID
	}
	f.Proofs = append(slices.Clone(f.Proofs), p)
	return f
}

// again is a first proof once more: a password, or where none counts a sign-in upstream.
func again(f policy.Facts, d policy.Decision) mfa.Proof {
	if f.Policy.NoPasswords && !d.BreakGlass {
		return upstream(f.User.Identities[0].Connection, 0, mfa.Upstream{Reauth: true})
	}
	return password(0)
}

// answered is the same with what the provider says when it is asked for evidence: nothing new.
func answered(f policy.Facts, d policy.Decision) policy.Facts {
	f.Proofs = append(slices.Clone(f.Proofs), upstream(d.Upstream, 0, mfa.Upstream{Time: now, Reauth: true, Asked: true}))
	return f
}

// hold checks every property of one decision, and that each kind on offer leads on.
func hold(t *testing.T, f policy.Facts, d policy.Decision) {
	t.Helper()
	stand := standing(f)
	for name, holds := range properties {
		if !holds(stand, f, d) {
			t.Fatalf("%s\n%+v\npolicy %+v\n%+v", name, f, *f.Policy, d)
		}
	}
	if f.Offline {
		return
	}
	if d.Second == policy.SecondUpstream {
		if next := policy.Decide(answered(f, d)); next.Second == policy.SecondUpstream || next.First && !d.First && next.Why == policy.WhyFirstMissing {
			t.Fatalf("asked upstream again, or for nothing%s%+v", story(f, d), next)
		}
	}
	for _, k := range d.Offer {
		next := taken(f, d, k)
		rule := d.Rule
		if k.Recovery() {
			rule = policy.Decide(next).Rule // a code that is spent must not end in any refusal
		}
		if again := policy.Decide(next); dead(next, again, rule) {
			t.Fatalf("%s is offered and leads nowhere\n%+v\npolicy %+v\n%+v\n%+v", k, f, *f.Policy, d, again)
		}
	}
}

type verdict struct {
	valid, satisfied bool
	required         mfa.Level
	reached          mfa.Level
}

func TestEveryDecisionHoldsTheProperties(t *testing.T) {
	t.Parallel()
	points := space()
	verdicts := make([]verdict, len(points))
	for _, p := range points {
		f := p.facts()
		if f.Policy.Validate() != nil {
			continue // required without a method: covered with the unreadable policies
		}
		d := policy.Decide(f)
		verdicts[p.index()] = verdict{true, d.Satisfied(), d.Required, d.Reached}
		hold(t, f, d)
	}
	for _, p := range points {
		for _, milder := range situations[p[axisSituation]].stricter {
			q := p
			q[axisSituation] = milder
			monotone(t, verdicts, q, p)
		}
		if q := p; p[axisMode] == len(modes)-1 { // optional to required; from off, enrolment opens as well
			q[axisMode]--
			monotone(t, verdicts, q, p)
		}
	}
}

func monotone(t *testing.T, verdicts []verdict, p, stricter point) {
	t.Helper()
	a, b := verdicts[p.index()], verdicts[stricter.index()]
	switch {
	case !a.valid || !b.valid:
	case b.satisfied && !a.satisfied:
		t.Fatalf("a stricter demand is satisfied more easily\n%v\n%v", p, stricter)
	case a.reached > mfa.None && b.reached > mfa.None && b.required < a.required:
		t.Fatalf("a stricter demand requires less (%d < %d)\n%v\n%v", b.required, a.required, p, stricter)
	}
}

// OpenID Connect Core 5.5.1.1: a voluntary level asks for what people have, and makes those without a factor enrol one
// where they may. It never makes the sign-in easier, refuses nobody, and adds no factor to those there are.
func TestVoluntaryLevelNeitherRefusesNorAddsToWhatThereIs(t *testing.T) {
	t.Parallel()
	for _, p := range space() {
		f := p.facts()
		if f.Demand.Level == mfa.None || f.Demand.Essential || f.Policy.Validate() != nil {
			continue
		}
		plain := f
		plain.Demand.Level = mfa.None
		with, without := policy.Decide(f), policy.Decide(plain)
		if with.Refused != without.Refused || with.Satisfied() && !without.Satisfied() {
			t.Fatalf("%+v, and without a demand %+v\n%v", with, without, p)
		}
		if len(f.User.Factors) > 0 && with.Second == policy.SecondEnrol && without.Second != policy.SecondEnrol {
			t.Fatalf("a factor more: %v", p)
		}
	}
}
