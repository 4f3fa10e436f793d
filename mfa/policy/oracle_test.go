package policy_test

import (
	"slices"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
)

// standing is the tests' own reading of which proofs count. It knows no trusted device and no delay: those prove nothing.
func standing(f policy.Facts) []mfa.Proof {
	all := slices.Clone(f.Proofs)
	if s := f.Session; s != nil && now.Sub(s.Seen) <= f.Policy.Idle.Duration() && now.Sub(s.Started) <= f.Policy.Session.Duration() {
		all = append(all, s.Proofs...)
	}
	var out []mfa.Proof
	for _, q := range all {
		q = weighed(f.Policy, q)
		timely := f.Offline || now.Sub(q.At) <= f.Policy.Session.Duration() && youngEnough(f.Demand.Since, q)
		if timely && q.At.Sub(now) <= 30*time.Second && bound(f, q) {
			out = append(out, q)
		}
	}
	if own := func(q mfa.Proof) bool { return first(q) && !q.Mailbox && !readsMail(f.Policy, q) }; anyProof(out, first) && !anyProof(out, own) || !f.User.EmailConfirmed {
		out = slices.DeleteFunc(out, func(q mfa.Proof) bool { return q.Kind == mfa.Email })
	}
	return out
}

// bound: the person still has what the proof is of.
func bound(f policy.Facts, q mfa.Proof) bool {
	switch q.Kind {
	case mfa.Password:
		return !f.Policy.NoPasswords || slices.Contains(f.Policy.BreakGlass, f.User.ID)
	case mfa.AccessCode:
		return true
	case mfa.Federated:
		return slices.ContainsFunc(f.User.Identities, func(i policy.Identity) bool {
			return i.ID == q.Upstream.Identity && i.Connection == q.Upstream.Connection
		})
	case mfa.BackupCode:
		return len(f.User.Factors) > 0
	case mfa.WebAuthn:
		if f.Policy.WebAuthn.UserVerification && !q.UserVerified {
			return false
		}
	}
	return slices.ContainsFunc(f.User.Factors, func(a mfa.Authenticator) bool { return a.ID == q.Factor })
}

func first(q mfa.Proof) bool {
	return q.Kind == mfa.Password || q.Kind == mfa.Federated || q.Kind == mfa.WebAuthn && q.UserVerified
}

func anyProof(proofs []mfa.Proof, like func(mfa.Proof) bool) bool {
	return slices.ContainsFunc(proofs, like)
}

func shown(proofs []mfa.Proof, kinds ...mfa.Kind) bool {
	return anyProof(proofs, func(q mfa.Proof) bool { return slices.Contains(kinds, q.Kind) })
}

func enrolled(f policy.Facts, k mfa.Kind) bool {
	return slices.ContainsFunc(f.User.Factors, func(a mfa.Authenticator) bool { return a.Kind == k })
}

// worth is the assurance of a proof beside a password, once more in the words of the design.
func worth(q mfa.Proof) mfa.Level {
	switch q.Kind {
	case mfa.WebAuthn:
		if q.UserVerified {
			return mfa.PhishingResistant
		}
		return mfa.AAL2
	case mfa.TOTP, mfa.SMS:
		return mfa.AAL2
	case mfa.Email, mfa.BackupCode, mfa.AccessCode:
		return mfa.TwoStep
	case mfa.Federated:
		return q.Upstream.Level // as weighed
	}
	return mfa.OneFactor
}

// properties must hold for every decision on a known, enabled person of a live tenant, and for every policy.
var properties = map[string]func(stand []mfa.Proof, f policy.Facts, d policy.Decision) bool{
	"a rule and a reason are always named": func(_ []mfa.Proof, _ policy.Facts, d policy.Decision) bool { return d.Rule != "" && d.Why != "" },
	"nothing without a first proof that stands": func(stand []mfa.Proof, _ policy.Facts, d policy.Decision) bool {
		return !d.Satisfied() || anyProof(stand, first)
	},
	"A02, R5: who enrolled is asked, whatever the tenant's policy": func(stand []mfa.Proof, f policy.Facts, d policy.Decision) bool {
		spared := f.Policy.SecondFactor == policy.Off && f.Policy.ForgetEnrolled || trusted(f) || excepts(stand, f)
		return !d.Satisfied() || len(f.User.Factors) == 0 || spared || anyProof(stand, func(q mfa.Proof) bool { return worth(q) >= mfa.TwoStep })
	},
	"R3: required means a second proof that counts": func(stand []mfa.Proof, f policy.Facts, d policy.Decision) bool {
		excepted := trusted(f) || delayed(f) || excepts(stand, f) || slices.Contains(f.Policy.BreakGlass, f.User.ID) ||
			anyProof(stand, func(q mfa.Proof) bool { return q.Kind == mfa.Federated && worth(q) >= mfa.TwoStep })
		return !d.Satisfied() || f.Policy.SecondFactor != policy.Required || excepted || shown(stand, f.Policy.Methods...) ||
			shown(stand, mfa.BackupCode, mfa.AccessCode) && slices.ContainsFunc(f.Policy.Methods, func(k mfa.Kind) bool { return enrolled(f, k) })
	},
	"an essential level is reached": func(_ []mfa.Proof, f policy.Facts, d policy.Decision) bool {
		return !d.Satisfied() || !f.Demand.Essential || d.Reached >= f.Demand.Level
	},
	"what is reached was shown": func(stand []mfa.Proof, _ policy.Facts, d policy.Decision) bool {
		return d.Reached < mfa.TwoStep || anyProof(stand, func(q mfa.Proof) bool { return worth(q) >= d.Reached })
	},
	"A10: step-up takes a recent proof of a factor, of a password from those who have none": func(stand []mfa.Proof, f policy.Facts, d policy.Decision) bool {
		return !d.Satisfied() || !f.Demand.Fresh || anyProof(stand, func(q mfa.Proof) bool {
			return now.Sub(seen(q)) <= f.Policy.StepUp.Duration() && (len(f.User.Factors) == 0 && first(q) || q.Kind.Enrolled())
		})
	},
	"A12: a disabled kind is asked for only where the policy is off and there is nothing else": func(_ []mfa.Proof, f policy.Facts, d policy.Decision) bool {
		return !slices.ContainsFunc(d.Offer, func(k mfa.Kind) bool {
			disabled := k.Enrolled() && !slices.Contains(f.Policy.Methods, k)
			return disabled && (f.Policy.SecondFactor != policy.Off || d.Second == policy.SecondEnrol)
		})
	},
	"only what the person has is asked for": func(_ []mfa.Proof, f policy.Facts, d policy.Decision) bool {
		return d.Second != policy.SecondAsk || !slices.ContainsFunc(d.Offer, func(k mfa.Kind) bool {
			return k.Enrolled() && !enrolled(f, k) || k == mfa.BackupCode && f.User.BackupCodes == 0 || k == mfa.AccessCode && f.User.AccessCodes == 0
		})
	},
	"recovery is offered last, and never to enrol": func(_ []mfa.Proof, _ policy.Facts, d policy.Decision) bool {
		order := func(a, b mfa.Kind) int { return rank(a) - rank(b) }
		return slices.IsSortedFunc(d.Offer, order) && (d.Second != policy.SecondEnrol || !slices.ContainsFunc(d.Offer, mfa.Kind.Recovery))
	},
	"who came to enrol is not done before": func(_ []mfa.Proof, f policy.Facts, d policy.Decision) bool { return !d.Satisfied() || !f.Demand.Enrol },
	"unmet is a refusal":                   func(_ []mfa.Proof, _ policy.Facts, d policy.Decision) bool { return !d.Unmet || d.Refused },
	"an offer belongs to a question": func(_ []mfa.Proof, _ policy.Facts, d policy.Decision) bool {
		here := d.Second == policy.SecondAsk || d.Second == policy.SecondEnrol
		return (len(d.Offer) > 0) == here && (d.Second == policy.SecondNone || !d.Refused && !d.First)
	},
	"what counted stands": func(stand []mfa.Proof, _ policy.Facts, d policy.Decision) bool {
		return !slices.ContainsFunc(d.Counted, func(c mfa.Proof) bool {
			return c.Kind != mfa.Skipped && c.Kind != mfa.TrustedDevice && !slices.Contains(stand, c)
		})
	},
	"C08: a password alone enrols people without a factor, where the tenant lets it": func(stand []mfa.Proof, f policy.Facts, d policy.Decision) bool {
		more := anyProof(stand, func(q mfa.Proof) bool {
			return q.Kind != mfa.Password && (q.Kind != mfa.Federated || worth(q) > mfa.OneFactor)
		})
		usable := canShow(f, stand)
		return d.Second != policy.SecondEnrol || more || !usable && (f.Policy.EnrolWithPassword || f.Demand.Enrol || f.Policy.EnrolUntil.After(now))
	},
	"C03: who has a factor to show enrols another one with it, recently": func(stand []mfa.Proof, f policy.Facts, d policy.Decision) bool {
		usable := canShow(f, stand)
		return d.Second != policy.SecondEnrol || !usable || anyProof(stand, func(q mfa.Proof) bool {
			return q.Kind.Enrolled() && (slices.Contains(f.Proofs, q) || now.Sub(q.At) <= f.Policy.StepUp.Duration())
		})
	},
	"nobody enrols while nobody is there": func(_ []mfa.Proof, f policy.Facts, d policy.Decision) bool {
		return !f.Offline || d.Second != policy.SecondEnrol
	},
	"a delay belongs to an enrolment": func(_ []mfa.Proof, f policy.Facts, d policy.Decision) bool {
		return d.Skip == nil || d.Second == policy.SecondEnrol && len(f.User.Factors) == 0 && (d.Skip.Left > 0) != d.Skip.Until.After(now)
	},
	"R22: one connection is asked, once, where evidence could do": func(stand []mfa.Proof, f policy.Facts, d policy.Decision) bool {
		before := f.Asked || anyProof(f.Proofs, func(q mfa.Proof) bool { return q.Kind == mfa.Federated && q.Upstream.Asked })
		return (d.Second == policy.SecondUpstream) != d.Upstream.IsZero() && (d.Upstream.IsZero() || !before && !f.Offline &&
			anyProof(stand, func(q mfa.Proof) bool { return q.Upstream.Connection == d.Upstream }) && exemption(f.Policy, d.Upstream).Mode == policy.ByEvidence)
	},
	"G04: what a time to come is told of is neither fresh nor evidence": func(_ []mfa.Proof, _ policy.Facts, d policy.Decision) bool {
		return !d.AuthTime.After(now.Add(30*time.Second)) && !anyProof(d.Counted, func(q mfa.Proof) bool {
			return q.Kind == mfa.Federated && q.Upstream.Time.Sub(q.At) > 30*time.Second && worth(q) > mfa.OneFactor
		})
	},
	"C03: a sign-in upstream that is known to be stale enrols nobody": func(stand []mfa.Proof, f policy.Facts, d policy.Decision) bool {
		return d.Second != policy.SecondEnrol || anyProof(stand, func(q mfa.Proof) bool {
			return first(q) && (q.Kind != mfa.Federated && slices.Contains(f.Proofs, q) || now.Sub(seen(q)) <= f.Policy.StepUp.Duration() ||
				q.Kind == mfa.Federated && q.Upstream.Time.IsZero() && !f.Demand.Enrol && !f.Demand.Fresh && slices.Contains(f.Policy.Weighed(f.Proofs), q) && now.Sub(q.At) <= f.Policy.StepUp.Duration())
		})
	},
	"D05: a browser is trusted after password and factor only": func(stand []mfa.Proof, f policy.Facts, d policy.Decision) bool {
		return !d.MayTrust || d.Satisfied() && f.Policy.TrustedDevice > 0 && f.User.Role == "user" && !f.Demand.Fresh && !f.Demand.Enrol &&
			!excepts(stand, f) && shown(f.Proofs, mfa.Password, mfa.Federated) && shown(f.Proofs, mfa.Kinds()...) && !shown(f.Proofs, mfa.BackupCode, mfa.AccessCode, mfa.Skipped, mfa.TrustedDevice)
	},
}

// canShow: the person has a factor of a permitted kind that would count. Nobody does whose codes go to a mailbox that may
// have made the password.
func canShow(f policy.Facts, stand []mfa.Proof) bool {
	own := anyProof(stand, func(q mfa.Proof) bool {
		return first(q) && !q.Mailbox && !readsMail(f.Policy, q) && (begins(q) || slices.Contains(f.Policy.Methods, q.Kind))
	})
	return slices.ContainsFunc(f.User.Factors, func(a mfa.Authenticator) bool {
		return slices.Contains(f.Policy.Methods, a.Kind) && (a.Kind != mfa.Email || own && f.User.EmailConfirmed)
	})
}

func rank(k mfa.Kind) int {
	return 1 + slices.Index([]mfa.Kind{mfa.BackupCode, mfa.AccessCode}, k)
}

// trusted is whether a device could have spared the person anything; delayed, whether a delay could.
func trusted(f policy.Facts) bool {
	all := slices.Clone(f.Proofs)
	if f.Session != nil {
		all = append(all, f.Session.Proofs...)
	}
	return f.Policy.TrustedDevice > 0 && f.User.Role == "user" && f.Demand.Since.IsZero() && !f.Demand.Fresh && !f.Demand.Enrol &&
		anyProof(all, func(q mfa.Proof) bool { return q.Kind == mfa.TrustedDevice && q.Policy == f.Policy.Version })
}

func delayed(f policy.Facts) bool {
	all := slices.Clone(f.Proofs)
	if f.Session != nil {
		all = append(all, f.Session.Proofs...)
	}
	return len(f.User.Factors) == 0 && (f.Policy.EnrolSkips > 0 || f.Policy.EnrolUntil.After(now)) && shown(all, mfa.Skipped)
}
