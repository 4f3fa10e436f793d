package factortest_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"sallyport/mfa"
	"sallyport/mfa/factortest"
	"sallyport/storage/id"
)

// plain is a factor without faults: mailed words. Tests put one fault into it at a time.
type plain struct {
	kind   func() mfa.Kind
	clean  func(string) (string, bool)
	hash   func(mfa.Claim, id.Factor, string) []byte
	verify func(string, mfa.Claim) (mfa.Match, bool, error)
}

func (p plain) Kind() mfa.Kind                    { return p.kind() }
func (p plain) Clean(typed string) (string, bool) { return p.clean(typed) }
func (p plain) Verify(answer string, c mfa.Claim) (mfa.Match, bool, error) {
	return p.verify(answer, c)
}

func sound() *plain {
	p := &plain{kind: func() mfa.Kind { return mfa.Email }, clean: fold, hash: everything}
	p.verify = func(answer string, c mfa.Claim) (mfa.Match, bool, error) {
		for _, s := range c.Secrets {
			for _, h := range c.Hashes {
				if own := p.hash(c, s.Factor, answer); bytes.Equal(h, own) {
					return mfa.Match{Factor: s.Factor, Hash: own}, true, nil
				}
			}
		}
		return mfa.Match{}, false, nil
	}
	return p
}

func fold(typed string) (string, bool) {
	if len(typed) > 200 {
		return "", false
	}
	clean := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \r\n-", r) {
			return -1
		}
		return r
	}, strings.ToUpper(norm.NFKC.String(typed)))
	return clean, len(clean) == 26 && strings.Trim(clean, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

func everything(c mfa.Claim, f id.Factor, answer string) []byte {
	h := sha256.Sum256(slices.Concat(c.Tenant.UUID[:], c.User.UUID[:], c.Attempt.UUID[:], f.UUID[:], []byte(answer)))
	return h[:]
}

// typing is a subject whose people type words.
func typing(p *plain) factortest.Subject {
	return factortest.Subject{Factor: p, Typed: true, Enrol: func(*testing.T) factortest.Person {
		c := mfa.Claim{Now: time.Unix(1e9, 0), Tenant: id.NewTenant(), User: id.NewUser(), Attempt: id.NewAttempt(), Secrets: []mfa.Secret{{Factor: id.NewFactor()}}}
		word := rand.Text()
		c.Hashes = [][]byte{p.hash(c, c.Secrets[0].Factor, word)}
		return factortest.Person{Claim: c, Answer: func(time.Time) string { return word }, Wrong: rand.Text}
	}}
}

// signer answers challenges: an answer is the hash of secret and challenge, and counts to 7.
func signer() *plain {
	p := &plain{kind: func() mfa.Kind { return mfa.WebAuthn }, clean: func(sent string) (string, bool) { return sent, len(sent) == 32 }}
	p.verify = func(answer string, c mfa.Claim) (mfa.Match, bool, error) {
		for _, s := range c.Secrets {
			if answer == sign(s.Secret, c.Challenge) && s.Counter < 7 {
				return mfa.Match{Factor: s.Factor, Counter: 7, UserVerified: true}, true, nil
			}
		}
		return mfa.Match{}, false, nil
	}
	return p
}

func sign(secret, challenge []byte) string {
	h := sha256.Sum256(slices.Concat(secret, challenge))
	return string(h[:])
}

func signing(p *plain) factortest.Subject {
	return factortest.Subject{Factor: p, Enrol: func(*testing.T) factortest.Person {
		s, challenge := mfa.Secret{Factor: id.NewFactor(), Secret: []byte(rand.Text()), Counter: 5}, []byte(rand.Text())
		return factortest.Person{Claim: mfa.Claim{Secrets: []mfa.Secret{s}, Challenge: challenge},
			Answer: func(time.Time) string { return sign(s.Secret, challenge) }, Wrong: func() string { return sign(nil, challenge) }}
	}}
}

func TestSoundFactorsPass(t *testing.T) {
	t.Parallel()
	t.Run("typed", func(t *testing.T) { factortest.Run(t, typing(sound())) })
	t.Run("signed", func(t *testing.T) { factortest.Run(t, signing(signer())) })
}
