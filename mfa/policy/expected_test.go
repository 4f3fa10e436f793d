package policy_test

import (
	"sallyport/mfa"
	"sallyport/mfa/policy"
)

// expected is what the design says of a federated sign-in, question by question: "pass", "password" (a first proof is asked
// for, anew), "upstream", "code", "enrol", "unmet" or "mailbox" (refused).
func (s federatedSignIn) expected() string {
	switch {
	case !s.stands():
		return "password"
	case s.clientWants() > s.proven() && !s.givesWay():
		return s.meet(s.clientWants(), false)
	case s.tenantWants() && s.proven() < mfa.TwoStep:
		return s.meet(mfa.TwoStep, true)
	}
	return "pass"
}

// stands: max_age and prompt=login take only a sign-in that is known to be young; where the provider was made to ask anew
// and says no time, ours is taken (G04).
func (s federatedSignIn) stands() bool {
	switch s.demand {
	case "max_age":
		return s.freshness == "fresh"
	case "prompt=login":
		return s.freshness == "fresh" || s.freshness == "not told" && (s.factor == "none" || s.demand == "prompt=login")
	}
	return true
}

// grade is what the evidence earns: what is not fresh is no better than medium, and what has yet to happen is nothing.
func (s federatedSignIn) grade() string {
	switch {
	case s.freshness == "from the future":
		return "none"
	case s.freshness != "fresh" && (s.evidence == "strong" || s.evidence == "good"):
		return "medium"
	}
	return s.evidence
}

// accepted: the tenant goes by evidence, and this is good enough for it.
func (s federatedSignIn) accepted() bool {
	switch s.mode {
	case "evidence":
		return s.grade() == "good" || s.grade() == "strong"
	case "evidence, even weak":
		return s.grade() != "none"
	}
	return false
}

func (s federatedSignIn) level() mfa.Level {
	return map[string]mfa.Level{"strong": mfa.PhishingResistant, "good": mfa.AAL2, "medium": mfa.TwoStep, "weak": mfa.TwoStep}[s.grade()]
}

func (s federatedSignIn) proven() mfa.Level {
	if s.accepted() {
		return s.level()
	}
	return mfa.OneFactor
}

func (s federatedSignIn) clientWants() mfa.Level {
	return map[string]mfa.Level{"voluntary aal2": mfa.AAL2, "essential aal2": mfa.AAL2, "voluntary phr": mfa.PhishingResistant,
		"phr": mfa.PhishingResistant}[s.demand]
}

// tenantWants: whoever has a factor is asked for one, and everybody where one is required; only skip spares it.
func (s federatedSignIn) tenantWants() bool {
	return s.mode != "skip" && (s.factor != "none" || s.tenant == policy.Required)
}

// givesWay: a wish of the client that nothing there is could meet, nor anything that may be enrolled by who has nothing.
func (s federatedSignIn) givesWay() bool {
	wish := s.demand == "voluntary aal2" || s.demand == "voluntary phr"
	canEnrol := s.factor == "none" && s.tenant != policy.Off
	return wish && !s.canAsk() && !s.canShow(s.clientWants()) && !canEnrol
}

// canAsk: by evidence alone, and once. The strong evidence of the table proves everything that may be asked for.
func (s federatedSignIn) canAsk() bool {
	return (s.mode == "evidence" || s.mode == "evidence, even weak") && !s.asked
}

// canShow: the factor that the person has is worth the level. A code by mail is two steps, and nothing beside a sign-in by
// which the mailbox is read.
func (s federatedSignIn) canShow(l mfa.Level) bool {
	switch s.factor {
	case "totp":
		return l <= mfa.AAL2
	case "webauthn":
		return true
	case "email only":
		return l <= mfa.TwoStep && s.mailApart()
	}
	return false
}

// mailApart is said of a connection or not at all.
func (s federatedSignIn) mailApart() bool { return s.apart && s.mode != "not mentioned" }

// meet is how a demand of a level is met: upstream, else here, else by a factor more, else not at all. Enrolment is not
// open for the wish of a client where the tenant has switched it off.
func (s federatedSignIn) meet(l mfa.Level, tenants bool) string {
	switch {
	case s.canAsk():
		return "upstream"
	case s.canShow(l):
		return "code"
	case s.factor == "email only" && !s.mailApart() && s.proven() == mfa.OneFactor:
		return "mailbox"
	case s.tenant == policy.Off && !tenants:
		return "unmet"
	case s.factor == "totp", s.factor == "email only" && s.mailApart():
		return "code" // who has a factor enrols another one with it (C03)
	case !s.recent():
		return "password"
	}
	return "enrol"
}

// recent: nobody adds a factor on a sign-in that may be hours old, but for the first one where the provider never tells.
func (s federatedSignIn) recent() bool {
	return s.freshness == "fresh" || s.freshness == "not told" && (s.factor == "none" || s.demand == "prompt=login")
}
