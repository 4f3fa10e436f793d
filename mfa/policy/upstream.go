package policy

import (
	"slices"
	"time"

	"sallyport/mfa"
	"sallyport/storage/id"
)

func federated(p mfa.Proof) bool { return p.Kind == mfa.Federated }

// shown is when the person was last seen to prove it. A provider that does not tell is believed only where it was asked to
// have them sign in again: a session that somebody left open upstream proves nothing fresh (gauntlet G04). Nor does a time
// to come, or one sign-in would be fresh for ever.
func shown(p mfa.Proof) time.Time {
	told := p.Upstream.Time
	switch {
	case p.Kind != mfa.Federated || told.IsZero() && p.Upstream.Reauth:
		return p.At
	case told.After(p.At.Add(skew)):
		return time.Time{}
	case told.After(p.At):
		return p.At
	}
	return told
}

// told is the time that tokens tell: that of the provider where it says one that can be.
func told(p mfa.Proof) time.Time {
	if at := shown(p); !at.IsZero() {
		return at
	}
	return p.At
}

// exempt reports whether a standing sign-in is one that the tenant trusts without proof.
func (h hearing) exempt() bool {
	return slices.ContainsFunc(h.standing, func(p mfa.Proof) bool {
		return p.Kind == mfa.Federated && h.Policy.Exemption(p.Upstream.Connection).Mode == Skip
	})
}

// stand is the tenant's on the newest federated sign-in that counts.
func (h hearing) stand() Exempt {
	var at time.Time
	var stand Exempt
	for _, p := range h.standing {
		if p.Kind == mfa.Federated && p.At.After(at) {
			at, stand = p.At, h.Policy.Exemption(p.Upstream.Connection).Mode
		}
	}
	return stand
}

// upstream is the connection that might prove what the rule asks for, zero for none: one is asked once in an attempt, whatever
// came of it, for else nobody would ever get to the factor they have here.
func (h hearing) upstream(r rule) id.Connection {
	if h.Offline || r.stepUp || r.enrols || r.level == mfa.OneFactor || h.Asked || slices.ContainsFunc(h.Proofs, asked) {
		return id.Connection{}
	}
	for _, p := range h.standing {
		if p.Kind == mfa.Federated && h.Policy.Exemption(p.Upstream.Connection).reaches(r.level) {
			return p.Upstream.Connection
		}
	}
	return id.Connection{}
}

func asked(p mfa.Proof) bool { return p.Kind == mfa.Federated && p.Upstream.Asked }

func (f Facts) linked(u mfa.Upstream) bool {
	return slices.Contains(f.User.Identities, Identity{u.Identity, u.Connection})
}
