package policy_test

import (
	"slices"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
)

const ever = 1000 * time.Hour

// properties must hold for every decision on a known, enabled person of a live tenant.
var properties = map[string]func(stand []mfa.Proof, f policy.Facts, d policy.Decision) bool{
	"a rule and a reason are always named": func(_ []mfa.Proof, _ policy.Facts, d policy.Decision) bool { return d.Rule != "" && d.Why != "" },
	"nothing without a first proof that stands": func(stand []mfa.Proof, _ policy.Facts, d policy.Decision) bool {
		return !d.Satisfied() || shown(stand, mfa.Password, ever)
	},
	"A02, R5: who enrolled is asked, whatever the tenant's policy": func(stand []mfa.Proof, f policy.Facts, d policy.Decision) bool {
		return !d.Satisfied() || len(f.User.Factors) == 0 || shown(stand, mfa.TOTP, ever) || shown(stand, mfa.BackupCode, ever)
	},
	"R3: required means a second proof that counts": func(stand []mfa.Proof, f policy.Facts, d policy.Decision) bool {
		return !d.Satisfied() || f.Policy.SecondFactor != policy.Required || shown(stand, f.Policy.Methods[0], ever) ||
			(len(f.User.Factors) > 0 && shown(stand, mfa.BackupCode, ever))
	},
	"an essential level is reached": func(_ []mfa.Proof, f policy.Facts, d policy.Decision) bool {
		return !d.Satisfied() || !f.Demand.Essential || d.Reached >= f.Demand.Level
	},
	"A10: step-up takes a recent proof of the best factor": func(stand []mfa.Proof, f policy.Facts, d policy.Decision) bool {
		best := mfa.Password
		if len(f.User.Factors) > 0 {
			best = mfa.TOTP
		}
		return !d.Satisfied() || !f.Demand.Fresh || shown(stand, best, 10*time.Minute)
	},
	"a backup code does not reach aal2": func(stand []mfa.Proof, _ policy.Facts, d policy.Decision) bool {
		return d.Reached < mfa.AAL2 || shown(stand, mfa.TOTP, ever)
	},
	"a backup code is offered last, unused and beside a factor": func(_ []mfa.Proof, f policy.Facts, d policy.Decision) bool {
		i := slices.Index(d.Offer, mfa.BackupCode)
		return i < 0 || (i > 0 && i == len(d.Offer)-1 && d.Second == policy.SecondAsk && f.User.BackupCodes > 0 && len(f.User.Factors) > 0)
	},
	"having backup codes proves nothing": func(_ []mfa.Proof, f policy.Facts, d policy.Decision) bool {
		without := f
		without.User.BackupCodes = 0
		other := policy.Decide(without)
		return d.Satisfied() == other.Satisfied() && d.Second == other.Second && d.Refused == other.Refused
	},
	"who came to enrol is not done before": func(_ []mfa.Proof, f policy.Facts, d policy.Decision) bool { return !d.Satisfied() || !f.Demand.Enrol },
	"unmet is a refusal":                   func(_ []mfa.Proof, _ policy.Facts, d policy.Decision) bool { return !d.Unmet || d.Refused },
	"an offer belongs to a question": func(_ []mfa.Proof, _ policy.Facts, d policy.Decision) bool {
		return (len(d.Offer) > 0) == (d.Second != policy.SecondNone)
	},
	"what counted stands": func(stand []mfa.Proof, _ policy.Facts, d policy.Decision) bool {
		return !slices.ContainsFunc(d.Counted, func(c mfa.Proof) bool { return !slices.Contains(stand, c) })
	},
	"an offer that is taken up satisfies": func(_ []mfa.Proof, f policy.Facts, d policy.Decision) bool { return answersHelp(f, d) },
	"C08: a password alone enrols only where the tenant lets it": func(stand []mfa.Proof, f policy.Facts, d policy.Decision) bool {
		return d.Second != policy.SecondEnrol || f.Policy.EnrolWithPassword || f.Demand.Enrol || shown(stand, mfa.TOTP, ever)
	},
	"nobody is asked while nobody is there to enrol": func(_ []mfa.Proof, f policy.Facts, d policy.Decision) bool {
		return !f.Offline || d.Second != policy.SecondEnrol
	},
}

// answersHelp shows each kind on offer and has the facts judged again.
func answersHelp(f policy.Facts, d policy.Decision) bool {
	for _, k := range d.Offer {
		g := f
		if d.Second == policy.SecondEnrol {
			g.User.Factors = []mfa.Factor{{ID: phone, Kind: k}}
			g.Demand.Enrol = false
		}
		g.Proofs = append(slices.Clone(f.Proofs), mfa.Proof{Kind: k, At: now, Factor: phone})
		// Whoever came to add a factor beside another one shows the first, then adds (or hears that they may not).
		if again := policy.Decide(g); !again.Satisfied() && again.Rule != "person.enrol" {
			return false
		}
	}
	return true
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
		stand := p.standing()
		verdicts[p.index()] = verdict{true, d.Satisfied(), d.Required, d.Reached}
		for name, holds := range properties {
			if !holds(stand, f, d) {
				t.Fatalf("%s\n%v\n%+v", name, p, d)
			}
		}
	}
	for _, p := range points {
		monotone(t, verdicts, p)
	}
}

// stricter lists the axes on which a step up asks for more. Off to optional is not among them: it
// opens enrolment, so that an essential demand which nobody could meet becomes one to enrol for.
func stricter(p point) []int {
	up := []int{axisFresh, axisEnrol, axisSince}
	if p[axisLevel] > 0 {
		up = append(up, axisEssential)
	}
	if p[axisEssential] == 1 {
		up = append(up, axisLevel)
	}
	if modes[p[axisMode]] != policy.Off {
		up = append(up, axisMode)
	}
	return up
}

func monotone(t *testing.T, verdicts []verdict, p point) {
	t.Helper()
	a := verdicts[p.index()]
	for _, axis := range stricter(p) {
		q := p
		if q[axis]++; q[axis] == sizes[axis] {
			continue
		}
		b := verdicts[q.index()]
		if !a.valid || !b.valid {
			continue
		}
		if b.satisfied && !a.satisfied {
			t.Fatalf("a stricter demand is satisfied more easily\n%v\n%v", p, q)
		}
		if a.reached > mfa.None && b.reached > mfa.None && b.required < a.required {
			t.Fatalf("a stricter demand requires less (%d < %d)\n%v\n%v", b.required, a.required, p, q)
		}
	}
}

// OpenID Connect Core 5.5.1.1: a voluntary level that nothing could reach asks for nothing, and
// one that can be reached never makes the sign-in easier.
func TestVoluntaryLevelNeverMakesItEasier(t *testing.T) {
	t.Parallel()
	for _, p := range space() {
		f := p.facts()
		if p[axisLevel] == 0 || f.Demand.Essential || f.Policy.Validate() != nil {
			continue
		}
		plain := f
		plain.Demand.Level = mfa.None
		with, without := policy.Decide(f).Satisfied(), policy.Decide(plain).Satisfied()
		if with && !without {
			t.Fatalf("easier with a demand: %v", p)
		}
		if f.Demand.Level == mfa.PhishingResistant && with != without {
			t.Fatalf("a voluntary demand that cannot be met matters: %v", p)
		}
	}
}
