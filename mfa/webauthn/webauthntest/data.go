package webauthntest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
)

// client is the collected client data (WebAuthn 5.8.1).
func (a *Authenticator) client(kind string, challenge []byte) []byte {
	if a.Type != "" {
		kind = a.Type
	}
	d := map[string]any{"type": kind, "challenge": base64url(challenge), "origin": a.Origin, "crossOrigin": a.CrossOrigin}
	if a.TopOrigin != "" {
		d["topOrigin"] = a.TopOrigin
	}
	if a.ClientData != nil {
		a.ClientData(d)
	}
	b, err := json.Marshal(d)
	if err != nil {
		panic(err) // a test put something there that is no JSON
	}
	return b
}

// data is the authenticator data (WebAuthn 6.1), with the attested credential where there is one.
func (a *Authenticator) data(attested []byte) []byte {
	hash := sha256.Sum256([]byte(a.RPID))
	b := append(hash[:], a.flags(attested != nil))
	b = binary.BigEndian.AppendUint32(b, a.Counter)
	if a.Counter > 0 {
		a.Counter++
	}
	b = append(b, attested...)
	if a.AuthData != nil {
		b = a.AuthData(b)
	}
	return b
}

func (a *Authenticator) flags(attested bool) (flags byte) {
	for bit, set := range map[int]bool{0: a.UserPresent, 2: a.UserVerified, 3: a.BackupEligible, 4: a.BackedUp, 6: attested} {
		if set {
			flags |= 1 << bit
		}
	}
	return flags
}

// object is the attestation object (WebAuthn 6.5.4).
func (a *Authenticator) object(c *credential, client []byte) ([]byte, error) {
	key := c.cose()
	if a.Key != nil {
		a.Key(key)
	}
	cose, err := webauthncbor.Marshal(key)
	if err != nil {
		return nil, fmt.Errorf("write key: %w", err)
	}
	attested := append(binary.BigEndian.AppendUint16(a.AAGUID[:], uint16(len(c.id))), c.id...)
	data := a.data(append(attested, cose...))
	format, statement, err := a.statement(c, data, client)
	if err != nil {
		return nil, fmt.Errorf("attest: %w", err)
	}
	o := map[string]any{"fmt": format, "attStmt": statement, "authData": data}
	if a.Object != nil {
		a.Object(o)
	}
	b, err := webauthncbor.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("write attestation object: %w", err)
	}
	return b, nil
}

func (a *Authenticator) statement(c *credential, data, client []byte) (format string, statement map[string]any, err error) {
	switch a.Attestation {
	case Self:
		sig, err := c.sign(data, client)
		return "packed", map[string]any{"alg": c.algorithm, "sig": sig}, err
	case Certificate:
		m, err := a.maker()
		if err != nil {
			return "", nil, err
		}
		sig, err := m.sign(data, client)
		return "packed", map[string]any{"alg": m.algorithm, "sig": sig, "x5c": []any{m.certificate}}, err
	}
	return "none", map[string]any{}, nil
}
