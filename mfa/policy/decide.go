package policy

import (
	"slices"
	"time"

	"sallyport/mfa"
	"sallyport/storage/id"
)

// Second says what is to be done about the second factor.
type Second int

// Nothing, ask for an enrolled one, have one enrolled, or have the upstream provider prove one.
const (
	SecondNone Second = iota
	SecondAsk
	SecondEnrol
	SecondUpstream
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
	WhyRule           Why = "rule"
	WhyEnrolled       Why = "user_has_second_factor"
	WhyClientDemands  Why = "client_demands_level"
	WhyStepUp         Why = "fresh_proof_needed"
	WhyPerson         Why = "person_adds_factor"
	WhyEnrolClosed    Why = "enrolment_needs_administrator"
	WhyUnmet          Why = "level_cannot_be_reached"
	// WhyMailbox: a code by mail is all there is, and it proves nothing: the address is not confirmed, or the password came
	// by mail.
	WhyMailbox Why = "mailbox_proves_nothing"
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
	// Upstream is the connection to ask for evidence, with SecondUpstream.
	Upstream id.Connection
	// Exempt is the tenant's stand on the federated sign-in that counted; empty without one.
	Exempt Exempt
	// Required is the level the strictest rule demands, Reached what the proofs make.
	Required, Reached mfa.Level
	// Counted are the proofs that stand, AuthTime the newest of them that proved something.
	Counted  []mfa.Proof
	AuthTime time.Time
	// Rule decided; Shadowed applied too but asked for no more; Waived would have applied without a trusted device, without
	// enrolment put off, or without a connection whose sign-ins are trusted.
	Rule             string
	Why              Why
	Shadowed, Waived []string
	// UserVerification: an answer by WebAuthn helps only when the authenticator checks its user.
	UserVerification bool
	// Skip is what is left of the time in which the enrolment asked for may be put off; nil where it may not.
	Skip *Window
	// Trusts: a trusted device would spare what is asked for. MayTrust: this sign-in may make the browser one.
	Trusts, MayTrust bool
	// BreakGlass: neither the tenant's mode nor its rules bind this person; others should hear of it.
	BreakGlass bool
}

// Satisfied reports whether nothing is missing.
func (d Decision) Satisfied() bool { return !d.Refused && !d.First && d.Second == SecondNone }

// Decide judges. It never returns a satisfied decision without a first proof of a known, enabled,
// human user of a live tenant under a readable policy.
func Decide(f Facts) Decision {
	if d, refused := refuse(f); refused {
		return d
	}
	h := hear(f)
	d := h.judge()
	d.BreakGlass, d.Exempt = f.breaksGlass(), h.stand()
	d.Skip, d.Trusts, d.MayTrust = h.putOff(d), h.wouldTrust(d), h.mayTrust(d)
	return d
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

// judge is the verdict without what it leads to.
func (h hearing) judge() Decision {
	d := Decision{Counted: h.standing, Why: WhySatisfied, Rule: "baseline", Required: mfa.OneFactor, Reached: h.reached,
		AuthTime: newest(h.standing), UserVerification: h.Policy.WebAuthn.UserVerification}
	switch {
	case d.Reached == mfa.None:
		d.First, d.Why = true, WhyFirstMissing
		return d
	case h.User.Disabled:
		return Decision{Refused: true, Rule: "account", Why: WhyUser}
	case h.User.Service:
		return Decision{Refused: true, Rule: "account", Why: WhyService}
	}
	return h.join(d)
}

// join asks the rules: the highest level first, between equals the one that is still unmet.
func (h hearing) join(d Decision) Decision {
	rules, waived := h.rules()
	d.Waived = waived
	if len(rules) == 0 {
		return d
	}
	decides := max(0, slices.IndexFunc(rules, h.unmet))
	r := rules[decides]
	d.Rule, d.Required = r.name, max(d.Required, rules[0].level)
	d.Shadowed = names(slices.Delete(slices.Clone(rules), decides, decides+1))
	if !h.unmet(r) {
		return d
	}
	d.Why = r.why
	d.UserVerification = d.UserVerification || r.level == mfa.PhishingResistant
	return h.remedy(d, r)
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
		if at := told(p); (p.First() || p.Kind.Second()) && at.After(t) {
			t = at
		}
	}
	return t
}
