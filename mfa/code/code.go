// Package code is the codes that are sent to somebody, by mail or as a text: six digits, for one attempt, once.
//
// It makes codes, reads what was typed, hashes codes for storage and judges them, says how long the next one has to
// wait and how an address is shown to somebody who may not know it. Sending them, their life, the tries and the caps
// are the caller's, and so is that only the newest counts: of each kind a person has one hash at a time (gauntlet
// B06). Numbers of telephones are masked where they are parsed. Callers are the steps of provider/signin.
package code

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"math/big"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/code/spelling"
	"sallyport/storage/id"
)

// digits is how long a code is: the tries are few and its life is short, so a million suffices (NIST SP 800-63B-4
// 3.1.3.2).
const digits = 6

var million = big.NewInt(1_000_000)

// Generate is a new code: six decimal digits, each of the million as likely as any other, zeros in front kept.
func Generate() string {
	n, err := rand.Int(rand.Reader, million)
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return fmt.Sprintf("%0*d", digits, n)
}

// Factor judges codes of one kind (mfa.Factor). New makes it.
type Factor struct {
	kind   mfa.Kind
	pepper []byte
}

// New is the factor of a kind that is sent, mfa.Email or mfa.SMS; any other kind is a mistake of the caller, and panics.
func New(kind mfa.Kind, pepper []byte) Factor {
	if !kind.Sent() {
		panic("code: nothing is sent for " + string(kind))
	}
	return Factor{kind: kind, pepper: pepper}
}

// Kind is what New was told.
func (f Factor) Kind() mfa.Kind { return f.kind }

// Clean brings a typed code into its one form, as that of an authenticator app: full-width digits become digits,
// spaces and dashes go. ok is false when six digits do not remain.
func (Factor) Clean(typed string) (string, bool) { return spelling.Digits(typed, digits) }

// Hash is how a cleaned code is stored that was sent to the authenticator in the attempt. With kind, owner, attempt
// and authenticator in it, a code of another purpose, flow or person is another hash (gauntlet B07, A03); the pepper
// keeps a stolen database from trying all million.
func (f Factor) Hash(t id.Tenant, u id.User, a id.Attempt, to id.Factor, clean string) []byte {
	h := hmac.New(sha256.New, f.pepper)
	h.Write([]byte{byte(len(f.kind))})
	h.Write([]byte(f.kind))
	h.Write(t.UUID[:])
	h.Write(u.UUID[:])
	h.Write(a.UUID[:])
	h.Write(to.UUID[:])
	h.Write([]byte(clean))
	return h.Sum(nil)
}

// Verify names the authenticator that a right code was sent to and its hash. Claim.Secrets is that authenticator, by
// its ID alone, and Claim.Hashes the hash of the newest code. It never returns an error.
func (f Factor) Verify(answer string, c mfa.Claim) (m mfa.Match, ok bool, err error) {
	for _, s := range c.Secrets {
		hash := f.Hash(c.Tenant, c.User, c.Attempt, s.Factor, answer)
		for _, newest := range c.Hashes {
			if hmac.Equal(newest, hash) {
				m, ok = mfa.Match{Factor: s.Factor, Hash: hash}, true
			}
		}
	}
	return m, ok, nil
}

// The first wait before a code is sent again, and the longest.
const (
	firstWait   = 30 * time.Second
	longestWait = 10 * time.Minute
)

// Resend is how long after the last of count codes the next may be sent: 30 seconds, twice that each time, at most
// ten minutes. The caps on what is sent at all are elsewhere; this one is for patience and against storms of clicks.
func Resend(count int) time.Duration {
	wait := firstWait
	for ; count > 1 && wait < longestWait; count-- {
		wait *= 2
	}
	return min(wait, longestWait)
}
