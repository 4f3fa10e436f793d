package policy

import (
	"slices"
	"time"

	"sallyport/mfa"
)

// hearing is the facts of one decision, with what follows from them before any rule asks.
type hearing struct {
	Facts
	// standing are the proofs that count, newest of each sort; reached is what they make.
	standing []mfa.Proof
	reached  mfa.Level
	// tainted: the mailbox may have made every first proof there is, so a code by mail is no second one.
	tainted bool
	// usable are the enrolled kinds that can be asked for, the one used last first.
	usable []mfa.Kind
	// supposed marks a hearing about what would be: it asks for no recovery means, or supposing would never end.
	supposed bool
}

func hear(f Facts) hearing {
	h := hearing{Facts: f, standing: f.newest()}
	h.tainted = f.taints(h.standing)
	h.usable = h.usableKinds()
	h.standing = slices.DeleteFunc(h.standing, h.worthless)
	h.reached = mfa.Reached(h.standing)
	return h
}

// suppose hears the same facts with one proof more.
func (h hearing) suppose(p mfa.Proof) Decision {
	f := h.Facts
	f.Proofs = append(slices.Clone(f.Proofs), p)
	then := hear(f)
	then.supposed = true
	return then.judge()
}

// newest are the proofs that still stand, one of each sort. What differs in worth is another sort: a newer proof that
// is worth less takes nothing from an older one.
func (f Facts) newest() []mfa.Proof {
	var out []mfa.Proof
	for _, p := range append(f.sessionProofs(), f.Proofs...) {
		if !f.stands(p) {
			continue
		}
		same := func(o mfa.Proof) bool {
			return o.Kind == p.Kind && o.UserVerified == p.UserVerified && o.Mailbox == p.Mailbox
		}
		switch i := slices.IndexFunc(out, same); {
		case i < 0:
			out = append(out, p)
		case !out[i].At.After(p.At):
			out = append(slices.Delete(out, i, i+1), p)
		}
	}
	return out
}

func (f Facts) sessionProofs() []mfa.Proof {
	if f.Session == nil || !f.Session.Live(*f.Policy, f.Now) {
		return nil
	}
	return slices.Clone(f.Session.Proofs)
}

// skew is how far the clocks of two instances may be apart: what one has recorded is not yet the future
// for the other.
const skew = 30 * time.Second

func (f Facts) stands(p mfa.Proof) bool {
	if !f.holds(p) || p.At.After(f.Now.Add(skew)) {
		return false
	}
	if f.Offline {
		return true
	}
	return f.Now.Sub(p.At) <= f.Policy.Session.Duration() && !p.At.Before(f.Demand.Since)
}

// holds drops proofs of what is there no more: an authenticator that was removed, codes without a factor to stand in for,
// trust or delay that the policy no longer grants. What nobody knows proves nothing.
func (f Facts) holds(p mfa.Proof) bool {
	switch {
	case p.Kind == mfa.WebAuthn && f.Policy.WebAuthn.UserVerification && !p.UserVerified:
		return false
	case p.Kind == mfa.Password || p.Kind == mfa.AccessCode:
		return true
	case p.Kind == mfa.BackupCode:
		return len(f.User.Factors) > 0
	case p.Kind == mfa.TrustedDevice:
		return f.trusts(p)
	case p.Kind == mfa.Skipped:
		return f.mayWait()
	}
	return p.Kind.Enrolled() && slices.ContainsFunc(f.User.Factors, func(e mfa.Authenticator) bool { return e.ID == p.Factor && e.Kind == p.Kind })
}

// taints reports whether whoever reads the mailbox could have made every first proof.
func (f Facts) taints(proofs []mfa.Proof) bool {
	tainted := false
	for _, p := range proofs {
		if p.First() && !p.Mailbox && (p.Kind == mfa.Password || f.permitted(p.Kind)) {
			return false
		}
		tainted = tainted || p.First()
	}
	return tainted
}

// worthless proofs are a code from a mailbox that proves nothing, and a passkey that the tenant has disabled: beside a
// password it is an old proof of a factor, by itself it begins nothing (gauntlet A12).
func (h hearing) worthless(p mfa.Proof) bool {
	switch p.Kind {
	case mfa.Email:
		return !h.independent()
	case mfa.WebAuthn:
		return !slices.Contains(h.usable, mfa.WebAuthn) && !slices.ContainsFunc(h.standing, isPassword)
	}
	return false
}

func isPassword(p mfa.Proof) bool { return p.Kind == mfa.Password }

// independent: a code by mail proves something of its own.
func (h hearing) independent() bool { return h.User.EmailConfirmed && !h.tainted }

// recent: shown in this attempt, or within the age of a step-up.
func (h hearing) recent(p mfa.Proof) bool {
	return slices.Contains(h.Proofs, p) || !p.At.Before(h.Now.Add(-h.Policy.StepUp.Duration()))
}
