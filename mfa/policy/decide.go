package policy

import (
	"slices"
	"time"

	"sallyport/mfa"
)

// Second says what is to be done about the second factor.
type Second int

// Nothing, ask for an enrolled one, or have one enrolled.
const (
	SecondNone Second = iota
	SecondAsk
	SecondEnrol
)

// Why is a stable code for the reason of a decision: stored with audit events, shown by explain.
type Why string

// The reasons.
const (
	WhySatisfied      Why = "satisfied"
	WhyTenant         Why = "tenant_unknown_or_disabled"
	WhyPolicy         Why = "policy_unreadable"
	WhyUser           Why = "user_disabled"
	WhyService        Why = "service_user"
	WhyFirstMissing   Why = "first_proof_missing"
	WhyTenantRequires Why = "tenant_requires_second_factor"
	WhyEnrolled       Why = "user_has_second_factor"
	WhyClientDemands  Why = "client_demands_level"
	WhyStepUp         Why = "fresh_proof_needed"
	WhyPerson         Why = "person_adds_factor"
	WhyEnrolClosed    Why = "enrolment_needs_administrator"
	WhyUnmet          Why = "level_cannot_be_reached"
)

// Decision is the verdict, and why.
type Decision struct {
	// Refused ends the attempt. Unmet tells the client that its essential demand cannot be met.
	Refused, Unmet bool
	// First is true while a first proof is missing.
	First  bool
	Second Second
	// Offer lists the kinds to ask for or to enrol, in the order to offer them.
	Offer []mfa.Kind
	// Required is the level the strictest rule demands, Reached what the proofs make.
	Required, Reached mfa.Level
	// Counted are the proofs that stand, AuthTime the newest of them.
	Counted  []mfa.Proof
	AuthTime time.Time
	// Rule decided; Shadowed applied too but asked for no more.
	Rule     string
	Why      Why
	Shadowed []string
}

// Satisfied reports whether nothing is missing.
func (d Decision) Satisfied() bool { return !d.Refused && !d.First && d.Second == SecondNone }

// Decide judges. It never returns a satisfied decision without a first proof of a known, enabled,
// human user of a live tenant under a readable policy.
func Decide(f Facts) Decision {
	if d, refused := refuse(f); refused {
		return d
	}
	d := Decision{Counted: f.counted(), Why: WhySatisfied, Rule: "baseline", Required: mfa.OneFactor}
	d.Reached, d.AuthTime = mfa.Reached(d.Counted), newest(d.Counted)
	if d.Reached == mfa.None {
		d.First, d.Why = true, WhyFirstMissing
		return d
	}
	if f.User.Disabled || f.User.Service {
		return denied(f)
	}
	return judge(f, d)
}

// refuse covers what no proof can mend. A disabled person is refused only after the password, so
// that nobody learns from outside who is disabled (gauntlet J01).
func refuse(f Facts) (Decision, bool) {
	switch {
	case !f.TenantLive:
		return Decision{Refused: true, Rule: "fail_closed", Why: WhyTenant}, true
	case f.Policy == nil || f.Policy.Validate() != nil:
		return Decision{Refused: true, Rule: "fail_closed", Why: WhyPolicy}, true
	case !f.User.Known:
		return Decision{First: true, Rule: "baseline", Why: WhyFirstMissing, Required: mfa.OneFactor}, true
	}
	return Decision{}, false
}

func denied(f Facts) Decision {
	if f.User.Disabled {
		return Decision{Refused: true, Rule: "account", Why: WhyUser}
	}
	return Decision{Refused: true, Rule: "account", Why: WhyService}
}

func judge(f Facts, d Decision) Decision {
	rules := applicable(f)
	for _, r := range rules {
		d.Required = max(d.Required, r.level)
	}
	// Strictest wins: the highest level first; between equals the one that is still unmet.
	slices.SortStableFunc(rules, func(a, b rule) int { return int(b.level) - int(a.level) })
	for i, r := range rules {
		if need, offer := r.unmet(f, d); need {
			return decided(f, d, r, append(slices.Clone(rules[:i]), rules[i+1:]...), f.useful(offer, rules, d))
		}
	}
	if len(rules) > 0 {
		d.Rule, d.Shadowed = rules[0].name, names(rules[1:])
	}
	return d
}

func names(rules []rule) []string {
	var out []string
	for _, r := range rules {
		out = append(out, r.name)
	}
	return out
}

func newest(proofs []mfa.Proof) time.Time {
	var t time.Time
	for _, p := range proofs {
		if p.At.After(t) {
			t = p.At
		}
	}
	return t
}
