package policy

import (
	"slices"
	"time"

	"sallyport/mfa"
)

// rule is one demand that applies. counts says which kinds satisfy it; since is how recent a proof must be.
type rule struct {
	name   string
	why    Why
	level  mfa.Level
	counts func(mfa.Kind) bool
	since  time.Time
	// tenants: the tenant demands it, not the application or the page.
	tenants bool
	// yields: falls away when it cannot be met (a voluntary acr_values).
	yields bool
	// stepUp takes nothing in place of the factor; enrols: a factor must be added in this attempt, whatever was shown.
	stepUp, enrols bool
}

// rules are the demands that apply, and the names of those that are waived, strictest first.
func (h hearing) rules() (apply []rule, waived []string) {
	apply = slices.DeleteFunc(append(h.tenantRules(), h.demands()...), func(r rule) bool {
		if h.waives(r) {
			waived = append(waived, r.name)
		}
		return h.waives(r)
	})
	slices.SortStableFunc(apply, func(a, b rule) int { return int(b.level) - int(a.level) })
	return apply, waived
}

func (h hearing) tenantRules() []rule {
	var rules []rule
	if len(h.User.Factors) > 0 && !(h.Policy.SecondFactor == Off && h.Policy.ForgetEnrolled) {
		rules = append(rules, rule{name: "enrolled", why: WhyEnrolled, level: mfa.TwoStep, counts: h.orRecovery(h.shows), tenants: true})
	}
	if h.breaksGlass() {
		return rules
	}
	if h.Policy.SecondFactor == Required {
		rules = append(rules, rule{name: "tenant.second_factor", why: WhyTenantRequires, level: mfa.TwoStep, counts: h.orRecovery(h.permitted), tenants: true})
	}
	for _, r := range h.Policy.Rules {
		if level := levels[r.Level]; level > mfa.None && r.fits(h.Facts) {
			rules = append(rules, rule{name: "rule:" + r.Name, why: WhyRule, level: level, counts: h.atLeast(level), tenants: true})
		}
	}
	return rules
}

// atLeast counts the permitted kinds that reach the level, and what stands in for one of them where that is enough.
func (h hearing) atLeast(level mfa.Level) func(mfa.Kind) bool {
	permitted := h.orRecovery(h.permitted)
	return func(k mfa.Kind) bool { return k.Level() >= level && permitted(k) }
}

func (h hearing) demands() []rule {
	var rules []rule
	if h.Demand.Level > mfa.OneFactor {
		rules = append(rules, rule{name: "client.acr", why: WhyClientDemands, level: h.Demand.Level, yields: !h.Demand.Essential,
			counts: func(k mfa.Kind) bool { return k.Level() >= h.Demand.Level }})
	}
	if h.Demand.Fresh {
		rules = append(rules, h.stepUp())
	}
	if h.Demand.Enrol {
		rules = append(rules, rule{name: "person.enrol", why: WhyPerson, level: mfa.OneFactor, enrols: true})
	}
	return rules
}

// stepUp asks for the best the account has, recently; a password only from those who have nothing else. No
// recovery means stands in: what changes factors would then rest on a slip of paper (gauntlet A10).
func (h hearing) stepUp() rule {
	r := rule{name: "step_up", why: WhyStepUp, level: mfa.OneFactor, since: h.Now.Add(-h.Policy.StepUp.Duration()), stepUp: true}
	if len(h.User.Factors) > 0 {
		least := best(h.usable)
		r.level, r.counts = mfa.TwoStep, func(k mfa.Kind) bool { return h.shows(k) && k.Level() >= least }
	}
	return r
}

// met reports whether the proof is what the rule asks for.
func (r rule) met(p mfa.Proof) bool {
	switch {
	case r.enrols || shown(p).Before(r.since):
		return false
	case r.level == mfa.OneFactor:
		return p.First()
	case p.Kind == mfa.Federated:
		return !r.stepUp && p.Level() >= r.level
	}
	return p.Kind.Second() && r.counts(p.Kind) && p.Level() >= r.level
}

// unmet reports whether the rule still asks for something.
func (h hearing) unmet(r rule) bool {
	return !slices.ContainsFunc(h.standing, r.met) && !h.fallsAway(r)
}

// fallsAway: a voluntary demand asks for nothing that the person does not have (OpenID Connect Core 5.5.1.1); people
// without a factor enrol one for it where nothing stands in the way.
func (h hearing) fallsAway(r rule) bool {
	if !r.yields || len(h.able(r)) > 0 || !h.upstream(r).IsZero() {
		return false
	}
	return len(h.User.Factors) > 0 || !h.openly() || len(h.enrollable(r)) == 0
}
