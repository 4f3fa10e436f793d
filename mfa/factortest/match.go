package factortest

import (
	"bytes"
	"errors"
	"fmt"

	"sallyport/mfa"
)

// named demands that a match consumes something of the claim, and one thing only.
func named(c mfa.Claim, m mfa.Match) error {
	secret, enrolled := find(c, m)
	switch {
	case !m.Factor.IsZero() && !enrolled:
		return fmt.Errorf("it names %s, which is not in the claim", m.Factor)
	case m.Hash != nil && !contains(c.Hashes, m.Hash):
		return fmt.Errorf("it names the hash %x, which is not in the claim", m.Hash)
	case m.Hash != nil && m.Counter != 0:
		return fmt.Errorf("it names both the hash %x and counter %d", m.Hash, m.Counter)
	case m.Hash == nil && !enrolled:
		return errors.New("it names nothing that could be used up")
	case m.Hash == nil && m.Counter <= secret.Counter && m.Counter != 0: // 0: an authenticator that does not count
		return fmt.Errorf("its counter %d does not rise above %d", m.Counter, secret.Counter)
	}
	return nil
}

func find(c mfa.Claim, m mfa.Match) (mfa.Secret, bool) {
	for _, s := range c.Secrets {
		if s.Factor == m.Factor {
			return s, true
		}
	}
	return mfa.Secret{}, false
}

func contains(hashes [][]byte, hash []byte) bool {
	for _, h := range hashes {
		if bytes.Equal(h, hash) {
			return true
		}
	}
	return false
}
