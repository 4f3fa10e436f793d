package factortest_test

import (
	"errors"
	"slices"
	"testing"

	"sallyport/mfa"
	"sallyport/mfa/factortest"
	"sallyport/storage/id"
)

// faults are what factors have been shipped with, each under the rule that must notice.
var faults = map[string]map[string]factortest.Subject{
	"it is a second factor": {"a password": words(func(p *plain) { p.kind = func() mfa.Kind { return mfa.Password } })},
	"a clean answer stays as it is": {"it grows": words(func(p *plain) {
		p.clean = func(typed string) (string, bool) { return typed + "A", len(typed) < 200 }
	})},
	"B05 spellings are one answer": {"raw input": words(func(p *plain) {
		p.clean = func(typed string) (string, bool) { return typed, len(typed) >= 26 && len(typed) < 200 }
	})},
	"garbage proves nothing": {"anything is an answer": words(func(p *plain) {
		p.clean = func(typed string) (string, bool) { clean, _ := fold(typed); return clean, true }
	}), "garbage is an error": keys(func(p *plain) {
		p.clean = func(sent string) (string, bool) { return sent, sent != "" && sent != " " }
		around(func(next verifier, answer string, c mfa.Claim) (mfa.Match, bool, error) {
			if len(answer) != 32 {
				return mfa.Match{}, false, errors.New("malformed")
			}
			return next(answer, c)
		})(p)
	})},
	"a right answer names what it uses up": {
		"nothing":             words(matched(func(m *mfa.Match, _ mfa.Claim) { *m = mfa.Match{} })),
		"a hash of its own":   words(matched(func(m *mfa.Match, _ mfa.Claim) { m.Hash = []byte("other") })),
		"a factor of its own": words(matched(func(m *mfa.Match, _ mfa.Claim) { m.Factor = id.NewFactor() })),
		"hash and counter":    words(matched(func(m *mfa.Match, _ mfa.Claim) { m.Counter = 1 })),
		"an old counter":      keys(matched(func(m *mfa.Match, _ mfa.Claim) { m.Counter = 5 })),
		"no key":              keys(matched(func(m *mfa.Match, _ mfa.Claim) { m.Factor = id.Factor{} })),
	},
	"a wrong answer proves nothing":  {"it is an error": words(around(failing)), "submitting is proving": words(around(submitted))},
	"A03 nobody answers for another": {"a row is found without its owner": words(ownerless)},
	"B09 B07 owner and flow are in the hash": {
		"no user":    words(unbound(func(c *mfa.Claim, _ *id.Factor) { c.User = id.User{} })),
		"no tenant":  words(unbound(func(c *mfa.Claim, _ *id.Factor) { c.Tenant = id.Tenant{} })),
		"no attempt": words(unbound(func(c *mfa.Claim, _ *id.Factor) { c.Attempt = id.Attempt{} })),
		"no address": words(unbound(func(_ *mfa.Claim, f *id.Factor) { *f = id.Factor{} })),
	},
	"K04 a challenge is answered once":           {"the last one still counts": keys(anyChallenge)},
	"B03 B04 what is used up is not right again": {"the counter is not looked at": keys(around(endless))},
	"a right answer is found among many":         {"only the first row": words(around(firstOnly))},
	"a claim is only read":                       {"it counts itself": words(matched(func(_ *mfa.Match, c mfa.Claim) { c.Secrets[0].Counter++ })), "its own hash": words(matched(ownHash))},
	"whoever has nothing is refused":             {"no rows, no question": words(around(openWhenEmpty))},
}

func TestEveryFaultIsNoticedByItsRule(t *testing.T) {
	t.Parallel()
	for rule, subjects := range faults {
		for fault, s := range subjects {
			if broken := factortest.Broken(t, s); !slices.Contains(broken, rule) {
				t.Errorf("%q breaks %q, not %q", fault, broken, rule)
			}
		}
	}
}

func TestEveryRuleHasAFault(t *testing.T) {
	t.Parallel()
	for _, rule := range factortest.Rules() {
		if len(faults[rule]) == 0 {
			t.Errorf("no factor breaks %q", rule)
		}
	}
}
