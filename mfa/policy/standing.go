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
	f.Proofs = f.Policy.Weighed(f.Proofs)
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
	for _, p := range slices.Concat(f.sessionProofs(), f.Proofs) {
		if !f.stands(p) {
			continue
		}
		switch i := slices.IndexFunc(out, func(o mfa.Proof) bool { return sameSort(o, p) }); {
		case i < 0:
			out = append(out, p)
		case !shown(out[i]).After(shown(p)):
			out = append(slices.Delete(out, i, i+1), p)
		}
	}
	return out
}

// sameSort: of what was proven upstream, the level that is accepted is what it is worth, and so is a time that is known.
func sameSort(o, p mfa.Proof) bool {
	if o.Kind != p.Kind || o.UserVerified != p.UserVerified || o.Mailbox != p.Mailbox {
		return false
	}
	return o.Kind != mfa.Federated ||
		o.Upstream.Connection == p.Upstream.Connection && o.Upstream.Level == p.Upstream.Level && shown(o).IsZero() == shown(p).IsZero()
}

func (f Facts) sessionProofs() []mfa.Proof {
	if f.Session == nil || !f.Session.Live(*f.Policy, f.Now) {
		return nil
	}
	return f.Policy.Weighed(f.Session.Proofs)
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
	return f.Now.Sub(p.At) <= f.Policy.Session.Duration() && f.since(p)
}

// since: providers tell whole seconds by a clock of their own.
func (f Facts) since(p mfa.Proof) bool {
	if p.Kind == mfa.Federated && !f.Demand.Since.IsZero() {
		return !shown(p).Before(f.Demand.Since.Add(-skew))
	}
	return !p.At.Before(f.Demand.Since)
}

// holds drops proofs of what is there no more: an authenticator that was removed, codes without a factor to stand in for,
// trust or delay that the policy no longer grants. What nobody knows proves nothing.
func (f Facts) holds(p mfa.Proof) bool {
	switch {
	case p.Kind == mfa.WebAuthn && f.Policy.WebAuthn.UserVerification && !p.UserVerified:
		return false
	case p.Kind == mfa.Password:
		return !f.Policy.NoPasswords || f.breaksGlass()
	case p.Kind == mfa.Federated:
		return f.linked(p.Upstream)
	case p.Kind == mfa.AccessCode:
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
		if p.First() && !p.Mailbox && (p.Kind == mfa.Password || f.permitted(p.Kind) || f.mailApart(p)) {
			return false
		}
		tainted = tainted || p.First()
	}
	return tainted
}

// mailApart: whoever signs in at a provider usually reads the mailbox there too, so a code by mail is the same proof twice
// unless the tenant knows better.
func (f Facts) mailApart(p mfa.Proof) bool {
	return p.Kind == mfa.Federated && f.Policy.Exemption(p.Upstream.Connection).MailApart
}

// worthless proofs are a code from a mailbox that proves nothing, and a passkey that the tenant has disabled: beside a
// password it is an old proof of a factor, by itself it begins nothing (gauntlet A12).
func (h hearing) worthless(p mfa.Proof) bool {
	switch p.Kind {
	case mfa.Email:
		return !h.independent()
	case mfa.WebAuthn:
		return !slices.Contains(h.usable, mfa.WebAuthn) && !slices.ContainsFunc(h.standing, begins)
	}
	return false
}

func begins(p mfa.Proof) bool { return p.Kind == mfa.Password || p.Kind == mfa.Federated }

// independent: a code by mail proves something of its own.
func (h hearing) independent() bool { return h.User.EmailConfirmed && !h.tainted }

// recent: shown in this attempt, or within the age of a step-up. A redirect that came straight back shows nothing.
func (h hearing) recent(p mfa.Proof) bool {
	here := p.Kind != mfa.Federated && slices.Contains(h.Proofs, p)
	return here || !shown(p).Before(h.Now.Add(-h.Policy.StepUp.Duration()))
}

// undated: a sign-in upstream in this attempt, and a moment ago, whose provider tells no time, as Google does not. Where the
// tenant lets people enrol on a first proof it has to do for their first factor: none of them ever could.
func (h hearing) undated() bool {
	if h.Demand.Fresh || h.Demand.Enrol || len(h.User.Factors) > 0 {
		return false
	}
	return slices.ContainsFunc(h.standing, func(p mfa.Proof) bool {
		return p.Kind == mfa.Federated && p.Upstream.Time.IsZero() && slices.Contains(h.Proofs, p) &&
			!p.At.Before(h.Now.Add(-h.Policy.StepUp.Duration()))
	})
}
