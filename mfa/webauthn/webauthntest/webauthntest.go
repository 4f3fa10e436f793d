// Package webauthntest is an authenticator with its browser, in software and fully obedient: it answers options as
// the real ones would, or as badly as a test wants.
//
// It owns keys and their counters, and shares no code with what it is there to test. Callers are tests, and nothing
// else: its keys are in memory, for anybody to use.
//
// Dependency: webauthncbor of go-webauthn writes the canonical CBOR of CTAP2.
package webauthntest

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// Attestation is how a new credential is vouched for.
type Attestation string

// None says nothing, Self signs with the new key (packed), Certificate with the maker's (packed, x5c).
const (
	None        Attestation = "none"
	Self        Attestation = "self"
	Certificate Attestation = "certificate"
)

// The algorithms of new keys (COSE, RFC 9053).
const (
	ES256 = -7
	EdDSA = -8
	ES384 = -35
	RS256 = -257
)

// Authenticator answers for one browser tab at Origin. Its fields are what it says next; it is for one goroutine.
type Authenticator struct {
	RPID, Origin, TopOrigin                             string
	CrossOrigin                                         bool
	UserPresent, UserVerified, BackupEligible, BackedUp bool
	// Counter is said by the next answer and then rises, but for 0: such an authenticator has no counter.
	Counter uint32
	// UserHandle replaces the handle that a credential was made for; empty and not nil says none.
	UserHandle  []byte
	Attestation Attestation
	AAGUID      [16]byte
	Algorithm   int
	// Type replaces the type in the client data.
	Type string
	// What a test bends before it is signed: client data, authenticator data, COSE key, attestation object.
	ClientData func(map[string]any)
	AuthData   func([]byte) []byte
	Key        func(map[int]any)
	Object     func(map[string]any)

	credentials []*credential
}

type credential struct {
	id, handle []byte
	key        crypto.Signer
	algorithm  int
}

// New is an authenticator that does everything right, with a counter and ES256.
func New(rpID, origin string) *Authenticator {
	return &Authenticator{RPID: rpID, Origin: origin, UserPresent: true, UserVerified: true, Counter: 1,
		Attestation: None, AAGUID: [16]byte{0xaa, 15: 0x01}, Algorithm: ES256}
}

// Errors of a browser that refuses.
var (
	ErrExcluded = errors.New("authenticator already has an excluded credential") // InvalidStateError
	ErrNone     = errors.New("authenticator has none of these credentials")      // NotAllowedError
)

type descriptor struct {
	ID base64url `json:"id"`
}

// Create answers PublicKeyCredentialCreationOptions with PublicKeyCredential.toJSON().
func (a *Authenticator) Create(options string) (credentialJSON string, err error) {
	var o struct {
		Challenge base64url              `json:"challenge"`
		User      struct{ ID base64url } `json:"user"`
		Exclude   []descriptor           `json:"excludeCredentials"`
	}
	if err := json.Unmarshal([]byte(options), &o); err != nil {
		return "", fmt.Errorf("read options: %w", err)
	}
	for _, d := range o.Exclude {
		if a.find(d.ID) != nil {
			return "", ErrExcluded
		}
	}
	c := &credential{id: make([]byte, 32), handle: o.User.ID, algorithm: a.Algorithm}
	if _, err := rand.Read(c.id); err != nil {
		return "", fmt.Errorf("make id: %w", err)
	}
	if c.key, err = generate(a.Algorithm); err != nil {
		return "", fmt.Errorf("make key: %w", err)
	}
	a.credentials = append(a.credentials, c)
	client := a.client("webauthn.create", o.Challenge)
	object, err := a.object(c, client)
	if err != nil {
		return "", err
	}
	return written(c.id, map[string]any{"clientDataJSON": base64url(client), "attestationObject": base64url(object),
		"transports": []string{"internal", "hybrid"}})
}

// Get answers PublicKeyCredentialRequestOptions with PublicKeyCredential.toJSON(); without a list of allowed
// credentials by the newest one.
func (a *Authenticator) Get(options string) (assertionJSON string, err error) {
	var o struct {
		Challenge base64url    `json:"challenge"`
		Allow     []descriptor `json:"allowCredentials"`
	}
	if err := json.Unmarshal([]byte(options), &o); err != nil {
		return "", fmt.Errorf("read options: %w", err)
	}
	c := a.choose(o.Allow)
	if c == nil {
		return "", ErrNone
	}
	client, data := a.client("webauthn.get", o.Challenge), a.data(nil)
	signature, err := c.sign(data, client)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	response := map[string]any{"clientDataJSON": base64url(client), "authenticatorData": base64url(data), "signature": base64url(signature)}
	if h := a.handle(c); len(h) > 0 {
		response["userHandle"] = base64url(h)
	}
	return written(c.id, response)
}

func (a *Authenticator) choose(allow []descriptor) *credential {
	if len(allow) == 0 && len(a.credentials) > 0 {
		return a.credentials[len(a.credentials)-1]
	}
	for _, d := range allow {
		if c := a.find(d.ID); c != nil {
			return c
		}
	}
	return nil
}

func (a *Authenticator) find(id []byte) *credential {
	for _, c := range a.credentials {
		if bytes.Equal(c.id, id) {
			return c
		}
	}
	return nil
}

func (a *Authenticator) handle(c *credential) []byte {
	if a.UserHandle != nil {
		return a.UserHandle
	}
	return c.handle
}

// base64url is bytes as WebAuthn writes them in JSON: base64url without padding.
type base64url []byte

func (b base64url) MarshalJSON() ([]byte, error) {
	return json.Marshal(base64.RawURLEncoding.EncodeToString(b))
}

func (b *base64url) UnmarshalJSON(text []byte) (err error) {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	*b, err = base64.RawURLEncoding.DecodeString(s)
	return err
}

func written(id []byte, response map[string]any) (string, error) {
	b, err := json.Marshal(map[string]any{"id": base64url(id), "rawId": base64url(id), "type": "public-key",
		"authenticatorAttachment": "platform", "clientExtensionResults": map[string]any{}, "response": response})
	if err != nil {
		return "", fmt.Errorf("write credential: %w", err)
	}
	return string(b), nil
}
