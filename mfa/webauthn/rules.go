package webauthn

import (
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// ErrRules says that rules contradict themselves or name no model.
var ErrRules = errors.New("invalid rules for security keys")

// Rules say which credentials may be enrolled.
type Rules struct {
	// UserVerification demands PIN or biometrics; Attestation that a maker vouches for the authenticator.
	UserVerification, Attestation bool
	// AAGUIDs are the models allowed, in the canonical form of RFC 9562; none: all.
	AAGUIDs []string
}

// Validate refuses models without attestation, since anybody can name a model, and what names none. Errors wrap
// ErrRules.
func (r Rules) Validate() error {
	if len(r.AAGUIDs) > 0 && !r.Attestation {
		return fmt.Errorf("%w: a model is only believed with attestation", ErrRules)
	}
	for _, s := range r.AAGUIDs {
		// The zero AAGUID is what U2F keys and anonymised browsers say: no model, but all that hide theirs.
		if u, err := uuid.Parse(s); err != nil || u == uuid.Nil || u.String() != s {
			return fmt.Errorf("%w: %q is no AAGUID", ErrRules, s)
		}
	}
	return nil
}

// allow judges a credential whose response is already known to be right.
func (r Rules) allow(c Credential) error {
	switch {
	case r.UserVerification && !c.UserVerified:
		return fmt.Errorf("%w: its user was not verified", ErrNotAllowed)
	case r.Attestation && !c.Attested:
		return fmt.Errorf("%w: no maker vouches for it", ErrNotAllowed)
	case len(r.AAGUIDs) > 0 && !slices.Contains(r.AAGUIDs, c.AAGUID):
		return fmt.Errorf("%w: model %q", ErrNotAllowed, c.AAGUID)
	}
	return nil
}
