package webauthn

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"

	"sallyport/mfa"
)

// Person is for whom a credential is made: Handle is what Handle says, Name and Display are shown by the browser.
type Person struct {
	Handle        []byte
	Name, Display string
}

// Request is PublicKeyCredentialRequestOptions as JSON, for parseRequestOptionsFromJSON (WebAuthn 5.1.10): an answer
// by one of the allowed credentials or, with none, by a discoverable one. Errors wrap ErrChallenge or ErrRecord.
func (f *Factor) Request(challenge []byte, allow []mfa.Secret, uv bool) (options string, err error) {
	if err := usable(challenge); err != nil {
		return "", fmt.Errorf("ask for an assertion: %w", err)
	}
	allowed, err := descriptors(allow)
	if err != nil {
		return "", fmt.Errorf("ask for an assertion: %w", err)
	}
	return written(protocol.PublicKeyCredentialRequestOptions{
		Challenge:          challenge,
		Timeout:            int(Life / time.Millisecond),
		RelyingPartyID:     f.rp.ID,
		AllowedCredentials: allowed,
		UserVerification:   verification(uv),
	})
}

// Creation is PublicKeyCredentialCreationOptions as JSON, for parseCreationOptionsFromJSON (WebAuthn 5.1.9): a new
// credential on none of the excluded authenticators. Errors wrap ErrChallenge, ErrPerson, ErrRecord or ErrRules.
func (f *Factor) Creation(challenge []byte, p Person, exclude []mfa.Secret, r Rules) (options string, err error) {
	if err := enrollable(challenge, p, r); err != nil {
		return "", fmt.Errorf("ask for a credential: %w", err)
	}
	excluded, err := descriptors(exclude)
	if err != nil {
		return "", fmt.Errorf("ask for a credential: %w", err)
	}
	o := protocol.PublicKeyCredentialCreationOptions{
		RelyingParty: protocol.RelyingPartyEntity{CredentialEntity: protocol.CredentialEntity{Name: f.rp.Name}, ID: f.rp.ID},
		User: protocol.UserEntity{CredentialEntity: protocol.CredentialEntity{Name: p.Name}, DisplayName: p.Display,
			ID: protocol.URLEncodedBase64(p.Handle)},
		Challenge:             challenge,
		Parameters:            algorithms,
		Timeout:               int(Life / time.Millisecond),
		CredentialExcludeList: excluded,
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementPreferred,
			UserVerification: verification(r.UserVerification)},
		Attestation: protocol.PreferNoAttestation,
	}
	if r.Attestation {
		o.Attestation = protocol.PreferDirectAttestation
	}
	return written(o)
}

func verification(demanded bool) protocol.UserVerificationRequirement {
	if demanded {
		return protocol.VerificationRequired
	}
	return protocol.VerificationPreferred
}

func written(options any) (string, error) {
	b, err := json.Marshal(options)
	if err != nil {
		return "", fmt.Errorf("write options: %w", err)
	}
	return string(b), nil
}
