package totp

import (
	"fmt"

	"sallyport/mfa"
)

// Factor judges codes of authenticator apps (mfa.Factor): Claim.Secrets are the seeds, their Counters the last used
// steps, and Claim.Now the time.
type Factor struct{}

// Kind is mfa.TOTP.
func (Factor) Kind() mfa.Kind { return mfa.TOTP }

// Clean is the function of the same name.
func (Factor) Clean(typed string) (string, bool) { return Clean(typed) }

// Verify names the authenticator and the step of a right code. A code that was used is right too, and its step not
// above the Counter: consuming it fails, so that the person is told to wait for the next one, and that answer is the
// same when two requests with one code arrive at a time. A seed that cannot make codes is an error.
func (Factor) Verify(answer string, c mfa.Claim) (m mfa.Match, ok bool, err error) {
	used := false
	for _, s := range c.Secrets { // all of them, always: time tells nothing
		step, right, err := Match(s.Secret, answer, c.Now)
		if err != nil {
			return mfa.Match{}, false, fmt.Errorf("verify authenticator %s: %w", s.Factor, err)
		}
		// Two apps may happen to show one code: what was used of one is no reason to refuse the other.
		if right && (!ok || used && step > s.Counter) {
			m, ok, used = mfa.Match{Factor: s.Factor, Counter: step}, true, step <= s.Counter
		}
	}
	return m, ok, nil
}
