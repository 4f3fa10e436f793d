package factortest

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"sallyport/mfa"
	"sallyport/storage/id"
)

func bound(s Subject, t *testing.T) error {
	alice, mallory := s.Enrol(t), s.Enrol(t)
	hers, err := s.answer(alice)
	his, other := s.answer(mallory)
	return errors.Join(err, other,
		s.refuses(his, alice.Claim, "somebody else's answer"),
		s.refuses(hers, mallory.Claim, "an answer in somebody else's sign-in"))
}

// hashed: rows of another owner or flow may be handed over by a mistake of the caller; they prove nothing even then.
func hashed(s Subject, t *testing.T) error {
	p := s.Enrol(t)
	clean, m, err := s.right(p)
	if err != nil || m.Hash == nil {
		return err // what is enrolled carries its own secret
	}
	user, tenant, flow, factor := clone(p.Claim), clone(p.Claim), clone(p.Claim), clone(p.Claim)
	user.User, tenant.Tenant, flow.Attempt = id.NewUser(), id.NewTenant(), id.NewAttempt()
	err = errors.Join(s.refuses(clean, user, "another user"), s.refuses(clean, tenant, "another tenant"))
	if !s.Factor.Kind().Sent() {
		return err // it is kept for any sign-in of its owner
	}
	for i := range factor.Secrets {
		factor.Secrets[i].Factor = id.NewFactor()
	}
	return errors.Join(err, s.refuses(clean, flow, "another attempt"), s.refuses(clean, factor, "another address"))
}

func challenged(s Subject, t *testing.T) error {
	p := s.Enrol(t)
	if p.Claim.Challenge == nil {
		return nil // only what signs is challenged
	}
	clean, _, err := s.right(p)
	next := clone(p.Claim)
	next.Challenge[0] ^= 1
	return errors.Join(err, s.refuses(clean, next, "the answer to the challenge before"))
}

// consumed uses up what is named, as callers do, until nothing is left: no answer is right more often than there is
// something to use up.
func consumed(s Subject, t *testing.T) error {
	p := s.Enrol(t)
	clean, m, err := s.right(p)
	if err != nil {
		return err
	}
	c := clone(p.Claim)
	for range len(c.Hashes) + 1 {
		c = consume(c, m)
		next, ok, err := s.Factor.Verify(clean, c)
		if !ok && m.Counter > 0 {
			return nil // a counter that falls may be told from a wrong answer: it betrays a copy (WebAuthn 7.2 step 22)
		}
		if secret, _ := find(c, next); err != nil || !ok || next.Hash == nil && next.Counter <= secret.Counter {
			return err // refused, or nothing that rises, which callers refuse
		}
		if err := named(c, next); err != nil {
			return fmt.Errorf("a second time: %w", err)
		}
		m = next
	}
	return errors.New("it is right more often than there is something to use up")
}

func consume(c mfa.Claim, m mfa.Match) mfa.Claim {
	if m.Hash != nil {
		c.Hashes = slices.DeleteFunc(c.Hashes, func(h []byte) bool { return bytes.Equal(h, m.Hash) })
		return c
	}
	for i := range c.Secrets {
		if c.Secrets[i].Factor == m.Factor {
			c.Secrets[i].Counter = m.Counter
		}
	}
	return c
}

// among: several authenticators or codes of one person, on either side of the right one.
func among(s Subject, t *testing.T) error {
	p, before, after := s.Enrol(t), s.Enrol(t).Claim, s.Enrol(t).Claim
	clean, want, err := s.right(p)
	if err != nil {
		return err
	}
	c := clone(p.Claim)
	c.Secrets = slices.Concat(before.Secrets, c.Secrets, after.Secrets)
	c.Hashes = slices.Concat(before.Hashes, c.Hashes, after.Hashes)
	if got, ok, err := s.Factor.Verify(clean, c); !ok || err != nil || !reflect.DeepEqual(got, want) {
		return fmt.Errorf("alone it names %+v, among others %+v, %v, %v", want, got, ok, err)
	}
	return nil
}

func reads(s Subject, t *testing.T) error {
	p := s.Enrol(t)
	before := clone(p.Claim)
	_, m, err := s.right(p)
	for i := range m.Hash {
		m.Hash[i] ^= 1 // the caller's to do with as it likes
	}
	if clean, ok := s.Factor.Clean(p.Wrong()); ok {
		_, _, wrong := s.Factor.Verify(clean, p.Claim)
		err = errors.Join(err, wrong)
	}
	if !reflect.DeepEqual(p.Claim, before) {
		err = errors.Join(err, fmt.Errorf("%+v became %+v", before, p.Claim))
	}
	return err
}

func empty(s Subject, t *testing.T) error {
	p := s.Enrol(t)
	clean, err := s.answer(p)
	bare := clone(p.Claim)
	bare.Secrets, bare.Hashes = nil, nil
	if _, ok, _ := s.Factor.Verify(clean, mfa.Claim{Now: p.Claim.Now}); ok { // without a challenge it cannot be judged
		err = errors.Join(err, errors.New("an answer is right without any claim"))
	}
	return errors.Join(err, s.refuses(clean, bare, "somebody without the factor"))
}

func clone(c mfa.Claim) mfa.Claim {
	c.Secrets, c.Hashes, c.Challenge = slices.Clone(c.Secrets), slices.Clone(c.Hashes), slices.Clone(c.Challenge)
	for i := range c.Secrets {
		c.Secrets[i].Secret = slices.Clone(c.Secrets[i].Secret)
	}
	for i := range c.Hashes {
		c.Hashes[i] = slices.Clone(c.Hashes[i])
	}
	return c
}
