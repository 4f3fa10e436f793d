package policy

import (
	"slices"
	"time"

	"sallyport/mfa"
)

func (f Facts) permitted(k mfa.Kind) bool { return slices.Contains(f.Policy.Methods, k) }

func (f Facts) has(k mfa.Kind) bool {
	return slices.ContainsFunc(f.User.Factors, func(e mfa.Authenticator) bool { return e.Kind == k })
}

// shows reports whether the kind is one that the person has and the policy lets them show: with mode "off" all that they
// have, else what is permitted.
func (f Facts) shows(k mfa.Kind) bool {
	return f.has(k) && (f.permitted(k) || f.Policy.SecondFactor == Off)
}

// orRecovery lets a recovery means stand in for an enrolled factor that counts.
func (f Facts) orRecovery(counts func(mfa.Kind) bool) func(mfa.Kind) bool {
	return func(k mfa.Kind) bool {
		if !k.Recovery() {
			return counts(k)
		}
		return slices.ContainsFunc(f.User.Factors, func(e mfa.Authenticator) bool { return counts(e.Kind) })
	}
}

// usableKinds leaves a disabled kind out as long as there is another one to show.
func (h hearing) usableKinds() []mfa.Kind {
	able := slices.DeleteFunc(h.kinds(), func(k mfa.Kind) bool { return !h.shows(k) || k == mfa.Email && !h.independent() })
	if permitted := slices.DeleteFunc(slices.Clone(able), func(k mfa.Kind) bool { return !h.permitted(k) }); len(permitted) > 0 {
		return permitted
	}
	return able
}

// kinds orders by last use: what the person used last is offered first.
func (f Facts) kinds() []mfa.Kind {
	factors := slices.Clone(f.User.Factors)
	slices.SortStableFunc(factors, func(a, b mfa.Authenticator) int { return lastUse(b).Compare(lastUse(a)) })
	var out []mfa.Kind
	for _, e := range factors {
		if !slices.Contains(out, e.Kind) {
			out = append(out, e.Kind)
		}
	}
	return out
}

func lastUse(f mfa.Authenticator) time.Time {
	if f.LastUsed == nil {
		return time.Time{}
	}
	return *f.LastUsed
}

// best is what step-up asks for: two factors where there are any, and from aal2 on one is as good as another.
func best(kinds []mfa.Kind) mfa.Level {
	level := mfa.TwoStep
	for _, k := range kinds {
		level = max(level, k.Level())
	}
	return min(level, mfa.AAL2)
}

// mailboxOnly: the person has codes by mail and cannot show them, nor anything else.
func (h hearing) mailboxOnly() bool {
	return len(h.usable) == 0 && h.shows(mfa.Email) && !h.independent()
}

// codes are the recovery means that are left, in the order to offer them.
func (h hearing) codes() []mfa.Kind {
	var out []mfa.Kind
	if h.User.BackupCodes > 0 {
		out = append(out, mfa.BackupCode)
	}
	if h.User.AccessCodes > 0 {
		out = append(out, mfa.AccessCode)
	}
	return out
}

// enrollable are the kinds that would meet the rule once added. Mode "off" opens enrolment for no wish of a person or an
// application, but a rule of the tenant must not demand what it forbids. A code by mail that would not count is no
// way out, nor is a second one from the same mailbox.
func (h hearing) enrollable(r rule) []mfa.Kind {
	if !h.opens(r) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(h.Policy.Methods), func(k mfa.Kind) bool {
		return k.Level() < r.level || k == mfa.Email && (h.has(k) || !h.independent())
	})
}

func (h hearing) opens(r rule) bool { return !h.Offline && (h.Policy.SecondFactor != Off || r.tenants) }
