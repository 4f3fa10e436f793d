package webauthn

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"

	"sallyport/mfa"
	"sallyport/storage/id"
)

// ErrCounter says that a signature counter did not rise: there may be a copy of the authenticator (WebAuthn 6.1.1).
var ErrCounter = errors.New("signature counter did not rise")

// Regressed is an answer that is right in everything but its counter. It must not count, and somebody should hear
// of it (gauntlet K08); it wraps ErrCounter.
type Regressed struct {
	Factor id.Factor
	// Stored is the counter that was used last, Shown the one of the answer.
	Stored, Shown int64
}

func (r *Regressed) Error() string {
	return fmt.Sprintf("factor %v: %v: %d after %d", r.Factor, ErrCounter, r.Shown, r.Stored)
}

// Unwrap is ErrCounter.
func (r *Regressed) Unwrap() error { return ErrCounter }

// Verify judges an assertion by one of the person's credentials (WebAuthn 7.2). A wrong or foreign one is no error;
// errors are *Regressed, ErrRecord for a secret that cannot be read, and ErrChallenge.
func (f *Factor) Verify(answer string, c mfa.Claim) (m mfa.Match, ok bool, err error) {
	if err := usable(c.Challenge); err != nil {
		return m, false, fmt.Errorf("judge assertion: %w", err)
	}
	_, p, ok := assertion(answer)
	if !ok {
		return m, false, nil
	}
	s, r, err := find(c.Secrets, p.RawID)
	if err != nil || r == nil {
		return m, false, err
	}
	if !r.belongs(c, p) || !f.proven(r, c, p) {
		return m, false, nil
	}
	data := p.Response.AuthenticatorData
	if shown := int64(data.Counter); !rose(s.Counter, shown) {
		return m, false, &Regressed{Factor: s.Factor, Stored: s.Counter, Shown: shown}
	}
	return mfa.Match{Factor: s.Factor, Counter: int64(data.Counter), UserVerified: data.Flags.HasUserVerified()}, true, nil
}

// rose compares with what was used last; an authenticator without a counter always says 0.
func rose(stored, shown int64) bool { return shown > stored || shown == 0 && stored == 0 }

// belongs compares the owner three ways: the record's, the claim's and what the authenticator says. A credential of
// mallory proves nothing about alice, whichever row it was found in (gauntlet K01).
func (r *record) belongs(c mfa.Claim, p *protocol.ParsedCredentialAssertionData) bool {
	owner, said := Handle(c.Tenant, c.User), p.Response.UserHandle
	return bytes.Equal(r.Owner, owner) && (len(said) == 0 || bytes.Equal(said, owner)) &&
		// Eligibility never changes in the life of a credential (WebAuthn 7.2 step 19).
		p.Response.AuthenticatorData.Flags.HasBackupEligible() == r.Eligible
}

func (f *Factor) proven(r *record, c mfa.Claim, p *protocol.ParsedCredentialAssertionData) bool {
	return f.ours(p.Response.CollectedClientData) && nil == p.Verify(protocol.URLEncodedBase64(c.Challenge).String(),
		f.rp.ID, "", []string{f.rp.Origin}, nil, nil, protocol.TopOriginExplicitVerificationMode, false,
		c.UserVerification, true, r.Key, protocol.SignaturePolicy{})
}

// ours is stricter than the library, to which origins are equal whose case or default port differ; browsers write
// an origin in one way only (gauntlet K06). Frames, with or without an origin on top, are refused by the library.
func (f *Factor) ours(d protocol.CollectedClientData) bool { return d.Origin == f.rp.Origin }
