package policy

import (
	"slices"
	"time"

	"sallyport/mfa"
)

// rule is one demand that applies. counts says which kinds satisfy it; since is how recent a
// proof must be.
type rule struct {
	name   string
	why    Why
	level  mfa.Level
	counts func(mfa.Kind) bool
	since  time.Time
	// yields: falls away when it cannot be met (a voluntary acr_values).
	yields bool
	// enrols: a factor must be added in this attempt, whatever was shown.
	enrols bool
}

func applicable(f Facts) []rule {
	var rules []rule
	if len(f.User.Factors) > 0 {
		rules = append(rules, rule{name: "enrolled", why: WhyEnrolled, level: mfa.TwoStep, counts: f.orRecovery(f.isEnrolled)})
	}
	if f.Policy.SecondFactor == Required {
		rules = append(rules, rule{name: "tenant.second_factor", why: WhyTenantRequires, level: mfa.TwoStep, counts: f.orRecovery(f.permitted)})
	}
	if f.Demand.Level > mfa.OneFactor {
		rules = append(rules, rule{name: "client.acr", why: WhyClientDemands, level: f.Demand.Level, yields: !f.Demand.Essential,
			counts: func(k mfa.Kind) bool { return k.Level() >= f.Demand.Level }})
	}
	if f.Demand.Fresh {
		rules = append(rules, f.freshness())
	}
	if f.Demand.Enrol {
		rules = append(rules, rule{name: "person.enrol", why: WhyPerson, level: mfa.OneFactor, counts: f.permitted, enrols: true})
	}
	return rules
}

// orRecovery lets a recovery means stand in for an enrolled factor that counts.
func (f Facts) orRecovery(counts func(mfa.Kind) bool) func(mfa.Kind) bool {
	return func(k mfa.Kind) bool {
		if !k.Recovery() {
			return counts(k)
		}
		return slices.ContainsFunc(f.User.Factors, func(e mfa.Factor) bool { return counts(e.Kind) })
	}
}

// freshness asks for the best the account has, recently; a password only from those who have nothing else. No
// recovery means stands in: what changes factors would then rest on a slip of paper (gauntlet A10).
func (f Facts) freshness() rule {
	r := rule{name: "step_up", why: WhyStepUp, level: mfa.OneFactor, since: f.Now.Add(-f.Policy.StepUp.Duration()), counts: mfa.Kind.First}
	if len(f.User.Factors) > 0 {
		r.level, r.counts = mfa.TwoStep, f.isEnrolled
	}
	return r
}

func (f Facts) isEnrolled(k mfa.Kind) bool {
	return slices.ContainsFunc(f.User.Factors, func(e mfa.Factor) bool { return e.Kind == k })
}

func (f Facts) permitted(k mfa.Kind) bool { return slices.Contains(f.Policy.Methods, k) }

// unmet reports whether the rule still asks for something, and which enrolled kinds would do.
func (r rule) unmet(f Facts, d Decision) (bool, []mfa.Kind) {
	if r.enrols {
		return true, nil
	}
	for _, p := range d.Counted {
		if r.counts(p.Kind) && (p.Kind.Second() || r.level == mfa.OneFactor) && !p.At.Before(r.since) {
			return false, nil
		}
	}
	offer := f.enrolledKinds(r.counts)
	// A voluntary demand that nothing could ever satisfy asks for nothing (OpenID Connect Core 5.5.1.1).
	return !r.yields || len(offer) > 0 || (len(f.enrollable(r.counts)) > 0 && f.mayEnrol(d, r)), offer
}

// decided turns the unmet rule into what to do.
func decided(f Facts, d Decision, r rule, others []rule, offer []mfa.Kind) Decision {
	d.Rule, d.Why, d.Shadowed = r.name, r.why, names(others)
	switch enrollable := f.enrollable(r.counts); {
	case r.counts(mfa.Password):
		d.First = true
	case len(offer) > 0:
		d.Second, d.Offer = SecondAsk, offer
	case len(enrollable) == 0:
		return Decision{Refused: true, Unmet: true, Rule: r.name, Why: WhyUnmet, Reached: d.Reached, Required: d.Required}
	case !f.mayEnrol(d, r):
		return Decision{Refused: true, Rule: r.name, Why: WhyEnrolClosed, Reached: d.Reached, Required: d.Required}
	default:
		d.Second, d.Offer = SecondEnrol, enrollable
	}
	return d
}

// enrolledKinds orders by last use: what the person used last is offered first, a recovery means last.
func (f Facts) enrolledKinds(counts func(mfa.Kind) bool) []mfa.Kind {
	factors := slices.Clone(f.User.Factors)
	slices.SortStableFunc(factors, func(a, b mfa.Factor) int { return lastUse(b).Compare(lastUse(a)) })
	var out []mfa.Kind
	for _, e := range factors {
		if counts(e.Kind) && !slices.Contains(out, e.Kind) {
			out = append(out, e.Kind)
		}
	}
	if len(out) > 0 && f.User.BackupCodes > 0 && counts(mfa.BackupCode) {
		out = append(out, mfa.BackupCode)
	}
	return out
}

// useful leaves out a recovery means that would be spent in vain, because some rule asks for the factor all the same.
func (f Facts) useful(offer []mfa.Kind, rules []rule, d Decision) []mfa.Kind {
	return slices.DeleteFunc(offer, func(k mfa.Kind) bool {
		shown := d
		shown.Counted = append(slices.Clone(d.Counted), mfa.Proof{Kind: k, At: f.Now})
		return k.Recovery() && slices.ContainsFunc(rules, func(r rule) bool {
			need, _ := r.unmet(f, shown)
			return need
		})
	})
}

func lastUse(f mfa.Factor) time.Time {
	if f.LastUsed == nil {
		return time.Time{}
	}
	return *f.LastUsed
}

func (f Facts) enrollable(counts func(mfa.Kind) bool) []mfa.Kind {
	if f.Policy.SecondFactor == Off || f.Offline {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(f.Policy.Methods), func(k mfa.Kind) bool { return !counts(k) })
}

// mayEnrol: whoever has shown a second factor, or came from "My settings" with a fresh proof, may add
// one; on a password alone in mid sign-in only where the tenant allows it.
func (f Facts) mayEnrol(d Decision, r rule) bool {
	return f.Policy.EnrolWithPassword || d.Reached > mfa.OneFactor || r.enrols
}
