// Package backup is the list of backup codes: look-up secrets that stand in for a lost authenticator
// (NIST SP 800-63B-4 3.1.2).
//
// It makes codes, reads what somebody typed, hashes codes for storage and finds one among the unused. That a code is
// used once is the caller's business, who consumes the hash with one conditional update. Callers are the steps of
// provider/signin.
package backup

import (
	"crypto/hmac"
	"crypto/sha256"

	"sallyport/mfa/code/spelling"
	"sallyport/storage/id"
)

// Count is how many codes a list has.
const Count = 10

// Fifteen symbols of five bits are 75 bits: more than the 64 that spare a look-up secret slow hashing.
const (
	length = 15
	group  = 5
)

// New makes a list of codes as they are shown, in groups with dashes.
func New() []string {
	codes := make([]string, Count)
	for i := range codes {
		codes[i] = spelling.Random(length, group)
	}
	return codes
}

// Clean brings a typed code into its one form: capitals, spaces and dashes gone, look-alikes read as the digits
// they look like. ok is false when no code remains.
func Clean(typed string) (clean string, ok bool) { return spelling.Symbols(typed, length, length) }

// Hash is how a cleaned code of that person is stored. The pepper makes a stolen database no place to guess
// in; the owner in it makes one person's code nothing in another's sign-in (gauntlet B09).
func Hash(pepper []byte, t id.Tenant, u id.User, clean string) []byte {
	h := hmac.New(sha256.New, pepper)
	h.Write(t.UUID[:])
	h.Write(u.UUID[:])
	h.Write([]byte(clean))
	return h.Sum(nil)
}
