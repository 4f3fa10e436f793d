// Package factortest is the suite that every mfa.Factor passes.
//
// It owns what all factors have in common: how answers are read, whose they are, and that a right one names exactly
// what to use up. What is special to one (windows of time, signature counters, attestation) is tested beside it. The
// tests of mfa/totp, mfa/code, mfa/backup, mfa/recovery and mfa/webauthn call it.
package factortest

import (
	"testing"
	"time"

	"sallyport/mfa"
)

// Subject is a factor with a way to get people who have it.
type Subject struct {
	Factor mfa.Factor
	// Enrol makes another person at each call, with everything a sign-in of theirs is judged by.
	Enrol func(t *testing.T) Person
	// Typed says that people type the answers, so that several spellings of one are the same.
	Typed bool
}

// Person is somebody in the middle of a sign-in.
type Person struct {
	Claim mfa.Claim
	// Answer is a right answer to Claim at that time, as it is typed or sent.
	Answer func(now time.Time) string
	// Wrong is an answer of the same form that is not right at Claim.Now.
	Wrong func() string
}

// rules are what holds for all factors; each says what is broken.
var rules = []struct {
	name  string
	holds func(s Subject, t *testing.T) error
}{
	{"it is a second factor", isSecond},
	{"a clean answer stays as it is", cleansOnce},
	{"B05 spellings are one answer", spellings},
	{"garbage proves nothing", garbage},
	{"a right answer names what it uses up", names},
	{"a wrong answer proves nothing", refusesWrong},
	{"A03 nobody answers for another", bound},
	{"B09 B07 owner and flow are in the hash", hashed},
	{"K04 a challenge is answered once", challenged},
	{"B03 B04 what is used up is not right again", consumed},
	{"a right answer is found among many", among},
	{"a claim is only read", reads},
	{"whoever has nothing is refused", empty},
}

// Run shows that the factor does what is demanded of every mfa.Factor.
func Run(t *testing.T, s Subject) {
	for _, r := range rules { // one after the other: a subject may count the people it enrols
		t.Run(r.name, func(t *testing.T) {
			if err := r.holds(s, t); err != nil {
				t.Error(err)
			}
		})
	}
}
