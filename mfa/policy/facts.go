package policy

import (
	"slices"
	"time"

	"sallyport/mfa"
)

// Facts is everything Decide may know.
type Facts struct {
	Now time.Time
	// Policy is the version in force; nil when it is missing or unreadable, which refuses.
	Policy *Policy
	// TenantLive is false for an unknown or disabled tenant.
	TenantLive bool
	User       User
	// Proofs were shown in this attempt (or stand behind this grant).
	Proofs  []mfa.Proof
	Session *Session
	Demand  Demand
	// Offline judges a refresh: nobody is at the keyboard, so proofs do not age, but they must
	// still be enough for the policy of today.
	Offline bool
}

// User is the person as the policy sees them.
type User struct {
	Known    bool
	Disabled bool
	// Service users serve integrations and never sign in interactively (R13).
	Service bool
	Factors []mfa.Factor
	// BackupCodes is how many are unused. They count for nothing without a factor to stand in for.
	BackupCodes int
}

// Session brings the proofs of an earlier sign-in in the same browser.
type Session struct {
	Started, Seen time.Time
	Proofs        []mfa.Proof
}

// Live reports whether the session is within its idle and absolute age.
func (s Session) Live(p Policy, now time.Time) bool {
	return now.Sub(s.Seen) <= p.Idle.Duration() && now.Sub(s.Started) <= p.Session.Duration()
}

// Demand is what the application or page asks beyond the tenant's rules.
type Demand struct {
	Level mfa.Level
	// Essential refuses rather than falls short (OpenID Connect Core 5.5.1.1).
	Essential bool
	// Since makes older proofs not count. For prompt=login it is the start of the attempt, for
	// max_age that much before it: measured from now, a slow typist's password would age away
	// while the code is being typed.
	Since time.Time
	// Fresh asks for a recent proof with the best thing the account has: before factors, passwords
	// or policies change (gauntlet A10, C03).
	Fresh bool
	// Enrol says that the person came to add a factor.
	Enrol bool
}

// counted are the proofs that still stand, newest of each kind.
func (f Facts) counted() []mfa.Proof {
	var out []mfa.Proof
	for _, p := range append(f.sessionProofs(), f.Proofs...) {
		if !f.stands(p) {
			continue
		}
		out = slices.DeleteFunc(out, func(o mfa.Proof) bool { return o.Kind == p.Kind && !o.At.After(p.At) })
		if !slices.ContainsFunc(out, func(o mfa.Proof) bool { return o.Kind == p.Kind }) {
			out = append(out, p)
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
	if !f.enrolled(p) || p.At.After(f.Now.Add(skew)) {
		return false
	}
	if f.Offline {
		return true
	}
	return f.Now.Sub(p.At) <= f.Policy.Session.Duration() && !p.At.Before(f.Demand.Since)
}

// enrolled drops proofs of an authenticator that was removed since: what it proved, it proves no more. A backup
// code belongs to all the factors there are.
func (f Facts) enrolled(p mfa.Proof) bool {
	if p.Kind.Recovery() {
		return len(f.User.Factors) > 0
	}
	return !p.Kind.Second() || slices.ContainsFunc(f.User.Factors, func(e mfa.Factor) bool { return e.ID == p.Factor })
}
