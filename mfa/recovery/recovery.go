// Package recovery is the way back in that an administrator gives: access codes, and who may issue them or reset
// the factors of whom.
//
// It makes codes, reads what was typed, hashes codes for storage and finds one among the unused. That a use counts
// once is the caller's business, who consumes its hash with one conditional update; so are a code's life, that it is
// shown once, that a new one ends the old one, and who is told. Callers are the steps of provider/signin and
// whatever administrators issue and reset with.
package recovery

import (
	"crypto/hmac"
	"crypto/sha256"

	"sallyport/mfa"
	"sallyport/mfa/code/spelling"
	"sallyport/storage/id"
)

// Shortest and Longest bound the length of a code in symbols of five bits. Eight are 40 bits: an authenticator is
// blocked after 100 wrong tries (NIST SP 800-63B-4 3.2.2), and 100 of 2^40 is one chance in ten thousand million.
// Nobody guesses faster elsewhere, because hashes are made with a pepper that is not in the database.
const (
	Shortest = 8
	Longest  = 32
)

// MostUses is how often one code can be good at most.
const MostUses = 10

const group = 4

// Generate is a new code as it is shown, in groups of four symbols with dashes. A length outside Shortest to Longest
// is brought inside: never is a code weaker than 40 bits.
func Generate(length int) string {
	return spelling.Random(min(max(length, Shortest), Longest), group)
}

// Clean brings a typed code of any allowed length into its one form: capitals, spaces and dashes gone, look-alikes
// read as the digits they look like. ok is false when no code remains.
func Clean(typed string) (clean string, ok bool) { return spelling.Symbols(typed, Shortest, Longest) }

// label keeps these hashes apart from those of other codes, were they made with one pepper.
const label = "access code\x00"

// Hash is how one use, counted from 0, of a cleaned code of that person is stored. The owner in it makes one person's
// code nothing in another's sign-in (gauntlet B09).
func Hash(pepper []byte, t id.Tenant, u id.User, clean string, use int) []byte {
	h := hmac.New(sha256.New, pepper)
	h.Write([]byte(label))
	h.Write(t.UUID[:])
	h.Write(u.UUID[:])
	h.Write([]byte{byte(use)})
	h.Write([]byte(clean))
	return h.Sum(nil)
}

// Hashes are those of all uses of a code, each consumed once, so that counting uses needs no counter and cannot be
// raced (gauntlet B04). Uses outside 1 to MostUses are brought inside.
func Hashes(pepper []byte, t id.Tenant, u id.User, clean string, uses int) [][]byte {
	hashes := make([][]byte, min(max(uses, 1), MostUses))
	for use := range hashes {
		hashes[use] = Hash(pepper, t, u, clean, use)
	}
	return hashes
}

// Factor judges access codes (mfa.Factor): Claim.Hashes are those of the person's unused uses, made with Pepper.
type Factor struct{ Pepper []byte }

// Kind is mfa.AccessCode.
func (Factor) Kind() mfa.Kind { return mfa.AccessCode }

// Clean is the function of the same name.
func (Factor) Clean(typed string) (string, bool) { return Clean(typed) }

// Verify names the hash of the first use of a code that is left; it never returns an error. Every use is compared
// with every hash: time tells nothing.
func (f Factor) Verify(answer string, c mfa.Claim) (m mfa.Match, ok bool, err error) {
	for _, hash := range Hashes(f.Pepper, c.Tenant, c.User, answer, MostUses) {
		left := false
		for _, unused := range c.Hashes {
			left = hmac.Equal(unused, hash) || left
		}
		if left && !ok {
			m, ok = mfa.Match{Hash: hash}, true
		}
	}
	return m, ok, nil
}
