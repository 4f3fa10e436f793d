package factortest_test

import (
	"bytes"
	"errors"
	"slices"

	"sallyport/mfa"
	"sallyport/mfa/factortest"
	"sallyport/storage/id"
)

// verifier is the method of mfa.Factor.
type verifier func(string, mfa.Claim) (mfa.Match, bool, error)

// words is a sound typed factor with one fault.
func words(fault func(p *plain)) factortest.Subject {
	p := sound()
	fault(p)
	return typing(p)
}

// keys is a sound signing factor with one fault.
func keys(fault func(p *plain)) factortest.Subject {
	p := signer()
	fault(p)
	return signing(p)
}

// around puts the fault around the verifying.
func around(fault func(next verifier, answer string, c mfa.Claim) (mfa.Match, bool, error)) func(p *plain) {
	return func(p *plain) {
		next := p.verify
		p.verify = func(answer string, c mfa.Claim) (mfa.Match, bool, error) { return fault(next, answer, c) }
	}
}

// matched puts the fault into what a right answer names.
func matched(fault func(m *mfa.Match, c mfa.Claim)) func(p *plain) {
	return around(func(next verifier, answer string, c mfa.Claim) (mfa.Match, bool, error) {
		m, ok, err := next(answer, c)
		if ok {
			fault(&m, c)
		}
		return m, ok, err
	})
}

// unbound leaves a part out of the hash.
func unbound(part func(c *mfa.Claim, f *id.Factor)) func(p *plain) {
	return func(p *plain) {
		p.hash = func(c mfa.Claim, f id.Factor, answer string) []byte {
			part(&c, &f)
			return everything(c, f, answer)
		}
	}
}

// ownerless finds a row by its code alone (CVE-2025-64175).
func ownerless(p *plain) {
	issued := map[string]bool{}
	p.hash = func(c mfa.Claim, f id.Factor, answer string) []byte {
		if len(c.Hashes) == 0 { // it is being issued
			issued[answer] = true
		}
		return everything(c, f, answer)
	}
	around(func(next verifier, answer string, c mfa.Claim) (mfa.Match, bool, error) {
		if m, ok, err := next(answer, c); ok || !issued[answer] || len(c.Secrets) == 0 {
			return m, ok, err
		}
		return mfa.Match{Factor: c.Secrets[0].Factor, Hash: everything(c, id.Factor{}, answer)}, true, nil
	})(p)
}

// submitted takes any answer of somebody who has codes (CVE-2026-49443).
func submitted(_ verifier, _ string, c mfa.Claim) (m mfa.Match, ok bool, err error) {
	if len(c.Secrets) > 0 && len(c.Hashes) > 0 {
		return mfa.Match{Factor: c.Secrets[0].Factor, Hash: slices.Clone(c.Hashes[0])}, true, nil
	}
	return m, false, nil
}

func failing(next verifier, answer string, c mfa.Claim) (mfa.Match, bool, error) {
	m, ok, err := next(answer, c)
	if !ok {
		err = errors.New("wrong")
	}
	return m, ok, err
}

func firstOnly(next verifier, answer string, c mfa.Claim) (mfa.Match, bool, error) {
	c.Hashes = c.Hashes[:min(1, len(c.Hashes))]
	return next(answer, c)
}

func openWhenEmpty(next verifier, answer string, c mfa.Claim) (mfa.Match, bool, error) {
	if len(c.Hashes) == 0 {
		return mfa.Match{}, true, nil
	}
	return next(answer, c)
}

// endless counts on by itself, whatever was used.
func endless(next verifier, answer string, c mfa.Claim) (mfa.Match, bool, error) {
	rising := int64(0)
	c.Secrets = slices.Clone(c.Secrets)
	for i := range c.Secrets {
		rising, c.Secrets[i].Counter = max(rising, c.Secrets[i].Counter+1), 0
	}
	m, ok, err := next(answer, c)
	if ok {
		m.Counter = rising
	}
	return m, ok, err
}

func anyChallenge(p *plain) {
	var last []byte
	around(func(next verifier, answer string, c mfa.Claim) (mfa.Match, bool, error) {
		m, ok, err := next(answer, c)
		if ok {
			last = slices.Clone(c.Challenge)
		} else if c.Challenge != nil {
			c.Challenge = last
			return next(answer, c)
		}
		return m, ok, err
	})(p)
}

func ownHash(m *mfa.Match, c mfa.Claim) {
	for _, h := range c.Hashes {
		if bytes.Equal(h, m.Hash) {
			m.Hash = h
		}
	}
}
