package backup

import (
	"crypto/hmac"

	"sallyport/mfa"
)

// Factor judges backup codes (mfa.Factor): Claim.Hashes are those of the person's unused codes, made with Pepper.
type Factor struct{ Pepper []byte }

// Kind is mfa.BackupCode.
func (Factor) Kind() mfa.Kind { return mfa.BackupCode }

// Clean is the function of the same name.
func (Factor) Clean(typed string) (string, bool) { return Clean(typed) }

// Verify names the hash of a code that is among the unused; it never returns an error.
func (f Factor) Verify(answer string, c mfa.Claim) (m mfa.Match, ok bool, err error) {
	hash := Hash(f.Pepper, c.Tenant, c.User, answer)
	for _, unused := range c.Hashes { // to the end: time does not tell where it stands
		if hmac.Equal(unused, hash) {
			m, ok = mfa.Match{Hash: hash}, true
		}
	}
	return m, ok, nil
}
