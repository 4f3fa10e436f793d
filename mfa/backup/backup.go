// Package backup is the list of backup codes: look-up secrets that stand in for a lost authenticator
// (NIST SP 800-63B-4 3.1.2).
//
// It makes codes, reads what somebody typed and hashes codes for storage. That a code is used once is the
// caller's business, who consumes the hash with one conditional update. Callers are the steps of provider/signin.
//
// Dependency: golang.org/x/text folds full-width letters and the like, as in mfa/totp.
package backup

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"sallyport/storage/id"
)

// Count is how many codes a list has.
const Count = 10

// Fifteen symbols of five bits are 75 bits: more than the 64 that spare a look-up secret slow hashing.
const (
	alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // Crockford's: no I, L, O, U
	length   = 15
	group    = 5
)

// New makes a list of codes as they are shown, in groups with dashes.
func New() []string {
	codes := make([]string, Count)
	for i := range codes {
		codes[i] = newCode()
	}
	return codes
}

func newCode() string {
	b := make([]byte, length)
	if _, err := rand.Read(b); err != nil {
		panic(err) // crypto/rand never fails
	}
	var code strings.Builder
	for i, c := range b {
		if i > 0 && i%group == 0 {
			code.WriteByte('-')
		}
		code.WriteByte(alphabet[c%byte(len(alphabet))]) // 32 divides 256: no symbol is likelier
	}
	return code.String()
}

// Clean brings a typed code into its one form: capitals, spaces and dashes gone, look-alikes read as the digits
// they look like. ok is false when no code remains.
func Clean(typed string) (clean string, ok bool) {
	if len(typed) > 128 {
		return "", false
	}
	clean = strings.Map(symbol, strings.ToUpper(norm.NFKC.String(typed)))
	return clean, len(clean) == length && strings.Trim(clean, alphabet) == ""
}

func symbol(r rune) rune {
	switch {
	case unicode.IsSpace(r), unicode.Is(unicode.Pd, r):
		return -1
	case r == 'O':
		return '0'
	case r == 'I', r == 'L':
		return '1'
	}
	return r
}

// Hash is how a cleaned code of that person is stored. The pepper makes a stolen database no place to guess
// in; the owner in it makes one person's code nothing in another's sign-in (gauntlet B09).
func Hash(pepper []byte, t id.Tenant, u id.User, clean string) []byte {
	h := hmac.New(sha256.New, pepper)
	h.Write(t.UUID[:])
	h.Write(u.UUID[:])
	h.Write([]byte(clean))
	return h.Sum(nil)
}
