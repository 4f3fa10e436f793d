package webauthn

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/google/uuid"
)

// Why a credential is not enrolled.
var (
	// ErrResponse says that a response is malformed or proves nothing here.
	ErrResponse = errors.New("wrong registration response")
	// ErrNotAllowed says that a response is right, but the rules do not want such an authenticator.
	ErrNotAllowed = errors.New("authenticator is not allowed")
	// ErrPerson says that a person's handle is not one of ours.
	ErrPerson = errors.New("no handle of a person")
)

// Credential is a new credential and what of it is kept.
type Credential struct {
	// Secret is the record that Verify reads; the caller seals it.
	Secret  []byte
	Counter int64
	// UserVerified says that PIN or biometrics were checked; Synced that the key may be copied between devices.
	UserVerified, Synced bool
	// AAGUID is the model it says it is, "" for none; Attested says that a maker vouches for that.
	AAGUID   string
	Attested bool
}

// Register judges the response to Creation (WebAuthn 7.1) by the same challenge, person and rules, all of them on
// our side: what the options asked for was only a wish. Errors wrap ErrResponse or ErrNotAllowed where the response
// is at fault, and ErrChallenge, ErrPerson or ErrRules where the caller is.
func (f *Factor) Register(response string, challenge []byte, p Person, r Rules) (Credential, error) {
	if err := enrollable(challenge, p, r); err != nil {
		return Credential{}, fmt.Errorf("register credential: %w", err)
	}
	clean, ok := read[created](response)
	if !ok {
		return Credential{}, fmt.Errorf("read credential: %w", ErrResponse)
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(clean)
	if err != nil {
		return Credential{}, fmt.Errorf("parse credential: %w: %w", ErrResponse, err)
	}
	if err := f.created(parsed, challenge); err != nil {
		return Credential{}, fmt.Errorf("verify credential: %w: %w", ErrResponse, err)
	}
	c, err := kept(parsed, p)
	if err != nil {
		return Credential{}, err
	}
	if err := r.allow(c); err != nil {
		return Credential{}, fmt.Errorf("register credential: %w", err)
	}
	return c, nil
}

func enrollable(challenge []byte, p Person, r Rules) error {
	if _, _, ok := ParseHandle(p.Handle); !ok {
		return ErrPerson
	}
	return errors.Join(usable(challenge), r.Validate())
}

var errOrigin, errFlags = errors.New("foreign origin"), errors.New("backed up without being eligible")

// created verifies all that does not depend on rules. What is cheap comes first, so that a signature is only ever
// checked with a key of bounded size.
func (f *Factor) created(p *protocol.ParsedCredentialCreationData, challenge []byte) error {
	o := p.Response.AttestationObject
	if !f.ours(p.Response.CollectedClientData) {
		return errOrigin
	}
	if !possible(o.AuthData.Flags) {
		return errFlags
	}
	if err := sound(o.AuthData.AttData.CredentialPublicKey); err != nil {
		return err
	}
	if err := bounded(o); err != nil {
		return err
	}
	_, err := p.Verify(protocol.URLEncodedBase64(challenge).String(), f.rp.ID, []string{f.rp.Origin}, nil, nil,
		protocol.TopOriginExplicitVerificationMode, false, false, true, nil, algorithms,
		protocol.AttestationPolicy{}, protocol.SignaturePolicy{})
	return err
}

func kept(p *protocol.ParsedCredentialCreationData, owner Person) (Credential, error) {
	o := p.Response.AttestationObject
	flags, data := o.AuthData.Flags, o.AuthData.AttData
	c := Credential{Counter: int64(o.AuthData.Counter), UserVerified: flags.HasUserVerified(),
		Synced: flags.HasBackupEligible(), AAGUID: model(data.AAGUID), Attested: vouched(o.Type)}
	secret, err := json.Marshal(record{Version: version, Owner: owner.Handle, ID: data.CredentialID, Key: data.CredentialPublicKey,
		AAGUID: c.AAGUID, Attested: c.Attested, Eligible: c.Synced, BackedUp: flags.HasBackupState(),
		Transports: transports(p.Response.Transports)})
	if err != nil {
		return Credential{}, fmt.Errorf("write credential record: %w", err)
	}
	c.Secret = secret
	return c, nil
}

func model(aaguid []byte) string {
	u, err := uuid.FromBytes(aaguid)
	if err != nil || u == uuid.Nil {
		return ""
	}
	return u.String()
}

// transports keeps the known ones (WebAuthn 5.8.4), each once: they come from the browser and go back to it.
func transports(said []protocol.AuthenticatorTransport) (known []string) {
	for _, t := range []protocol.AuthenticatorTransport{protocol.USB, protocol.NFC, protocol.BLE, protocol.SmartCard,
		protocol.Hybrid, protocol.Internal} {
		if slices.Contains(said, t) {
			known = append(known, string(t))
		}
	}
	return known
}
