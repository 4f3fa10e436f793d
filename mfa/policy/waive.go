package policy

import (
	"slices"
	"time"

	"sallyport/mfa"
)

// Window is what is left of the time in which enrolment can be put off: until a date, or else that many times.
type Window struct {
	Left  int
	Until time.Time
}

// waives: neither trust, in a device or in a connection, nor delay proves anything, so no demand of an application or a step-up
// gives way, nor a rule that asks for more than two steps (gauntlet A10, D05). A delay stands for people without a factor
// only: "enrolled" is not theirs.
func (h hearing) waives(r rule) bool {
	if !r.tenants || r.level > mfa.TwoStep {
		return false
	}
	return h.accepts(mfa.TrustedDevice) || h.accepts(mfa.Skipped) || h.exempt()
}

func (h hearing) accepts(k mfa.Kind) bool {
	return slices.ContainsFunc(h.standing, func(p mfa.Proof) bool { return p.Kind == k })
}

// trusts: a policy that has changed since trusts no device of before, nor does anything that asks for more than a usual
// sign-in: prompt=login and max_age, a step-up, an administrator (gauntlet D05).
func (f Facts) trusts(p mfa.Proof) bool {
	usual := f.Demand.Since.IsZero() && !f.Demand.Fresh && !f.Demand.Enrol
	return usual && f.mayBeTrusted() && p.Policy == f.Policy.Version && len(f.User.Factors) > 0
}

// mayBeTrusted is for people who have nothing but their own account to lose.
func (f Facts) mayBeTrusted() bool { return f.Policy.TrustedDevice > 0 && f.User.Role == "user" }

// wouldTrust reports whether a trusted device would spare the person what they are asked for.
func (h hearing) wouldTrust(d Decision) bool {
	return d.Second == SecondAsk && !h.Offline && h.mayBeTrusted() &&
		h.suppose(mfa.Proof{Kind: mfa.TrustedDevice, At: h.Now, Policy: h.Policy.Version}).Satisfied()
}

// mayTrust: password or sign-in upstream, and factor, both shown here, and nothing that was only let pass (gauntlet D05).
func (h hearing) mayTrust(d Decision) bool {
	if !d.Satisfied() || h.Offline || h.exempt() || !h.mayBeTrusted() || h.Demand.Fresh || h.Demand.Enrol {
		return false
	}
	here := func(like func(mfa.Kind) bool) bool {
		return slices.ContainsFunc(h.Proofs, func(p mfa.Proof) bool { return like(p.Kind) && slices.Contains(h.standing, p) })
	}
	letPass := slices.ContainsFunc(h.Proofs, func(p mfa.Proof) bool {
		return p.Kind.Recovery() || p.Kind == mfa.TrustedDevice || p.Kind == mfa.Skipped
	})
	return !letPass && here(func(k mfa.Kind) bool { return k == mfa.Password || k == mfa.Federated }) && here(h.shows)
}

// mayWait: who has nothing enrolled may have put it off, until the date or because it was paid for with a skip.
func (f Facts) mayWait() bool {
	return len(f.User.Factors) == 0 && (f.Now.Before(f.deadline()) || f.Policy.EnrolSkips > 0)
}

// deadline is the earlier of the tenant's date and the first that the person met: a later one renews nothing.
func (f Facts) deadline() time.Time {
	until := f.Policy.EnrolUntil
	if first := f.User.EnrolUntil; first != nil && first.Before(until) {
		until = *first
	}
	return until
}

// putOff is the window, where using it is all that it takes to be let in.
func (h hearing) putOff(d Decision) *Window {
	w := Window{}
	switch left := h.Policy.EnrolSkips - h.User.Skips; {
	case h.Now.Before(h.deadline()):
		w.Until = h.deadline()
	case left > 0:
		w.Left = left
	default:
		return nil
	}
	if d.Second != SecondEnrol || !h.suppose(mfa.Proof{Kind: mfa.Skipped, At: h.Now}).Satisfied() {
		return nil
	}
	return &w
}

// breaksGlass: the person is one of those whom the tenant's demands do not bind, so that somebody gets in always.
func (f Facts) breaksGlass() bool {
	return !f.User.ID.IsZero() && slices.Contains(f.Policy.BreakGlass, f.User.ID)
}
