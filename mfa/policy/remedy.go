package policy

import (
	"slices"

	"sallyport/mfa"
)

// remedy is what to do about an unmet rule.
func (h hearing) remedy(d Decision, r rule) Decision {
	able, at := h.able(r), h.upstream(r)
	switch {
	case !at.IsZero():
		d.Second, d.Upstream = SecondUpstream, at
		return d
	case r.level == mfa.OneFactor && !r.enrols:
		d.First = true
		return d
	case len(able) > 0:
		return d.ask(append(able, h.useful(r, func(then Decision) bool { return then.Satisfied() })...))
	}
	return h.enrolment(d, r)
}

// able are the enrolled kinds that would meet the rule.
func (h hearing) able(r rule) []mfa.Kind {
	if r.enrols || r.level == mfa.OneFactor {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(h.usable), func(k mfa.Kind) bool { return !r.counts(k) || k.Level() < r.level })
}

// useful are the recovery means that lead where good says; others would be spent in vain, because some rule asks for the
// factor all the same.
func (h hearing) useful(r rule, good func(Decision) bool) []mfa.Kind {
	if h.supposed || r.stepUp || r.enrols {
		return nil
	}
	return slices.DeleteFunc(h.codes(), func(k mfa.Kind) bool { return !good(h.suppose(mfa.Proof{Kind: k, At: h.Now})) })
}

// enrolment: nothing that the person can show meets the rule, so something has to be added.
func (h hearing) enrolment(d Decision, r rule) Decision {
	kinds := h.enrollable(r)
	if h.reached == mfa.OneFactor && len(h.usable) == 0 {
		if codes := h.useful(r, opensDoor); len(codes) > 0 {
			return d.ask(codes)
		}
	}
	switch {
	case h.mailboxOnly() && (h.reached == mfa.OneFactor || r.stepUp):
		return d.refuse(WhyMailbox)
	case len(kinds) == 0:
		return d.refuse(h.unreachable(r))
	case len(h.usable) > 0 && !h.proves(func(p mfa.Proof) bool { return p.Kind.Enrolled() }):
		// An attacker would else add a factor of theirs on a password, by asking for a level (gauntlet C03, C08).
		return d.ask(h.usable)
	case !h.mayEnrol(r):
		return d.refuse(WhyEnrolClosed)
	case !h.proves(mfa.Proof.First) && !h.undated():
		d.First = true
		return d
	}
	d.Second, d.Offer = SecondEnrol, kinds
	return d
}

// opensDoor: it counts, and what follows is to be let in or to enrol.
func opensDoor(then Decision) bool {
	return then.Reached > mfa.OneFactor && (then.Satisfied() || then.First || then.Second == SecondEnrol)
}

// proves looks for a recent proof: what adds a factor must not be a session that somebody left open (gauntlet C03).
func (h hearing) proves(like func(mfa.Proof) bool) bool {
	return slices.ContainsFunc(h.standing, func(p mfa.Proof) bool { return like(p) && h.recent(p) })
}

// mayEnrol: whoever has shown a second factor, or came from "My settings" with a fresh proof, may add one; on a first
// proof alone in mid sign-in only where the tenant allows it.
func (h hearing) mayEnrol(r rule) bool { return h.reached > mfa.OneFactor || r.enrols || h.openly() }

// openly: the tenant allows it, or its date for enrolment is still to come.
func (h hearing) openly() bool { return h.Policy.EnrolWithPassword || h.Now.Before(h.deadline()) }

// unreachable tells people who could enrol codes by mail what keeps them from it.
func (h hearing) unreachable(r rule) Why {
	if h.opens(r) && h.permitted(mfa.Email) && mfa.Email.Level() >= r.level && !h.independent() {
		return WhyMailbox
	}
	return WhyUnmet
}

func (d Decision) ask(kinds []mfa.Kind) Decision {
	d.Second, d.Offer = SecondAsk, slices.Clone(kinds)
	return d
}

func (d Decision) refuse(w Why) Decision {
	d.Refused, d.Unmet, d.Why = true, w == WhyUnmet, w
	return d
}
