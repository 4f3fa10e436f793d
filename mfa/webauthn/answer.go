package webauthn

import (
	"encoding/json"

	"github.com/go-webauthn/webauthn/protocol"
)

// most is how many bytes an answer may have: keys and signatures are small, chains of certificates less so.
const most = 64 << 10

// credential is PublicKeyCredential.toJSON() as far as it is judged (WebAuthn 5.1). What else stands there, such as
// the results of extensions that nobody asked for, is dropped unread.
type credential[R any] struct {
	ID       protocol.URLEncodedBase64 `json:"id"`
	RawID    protocol.URLEncodedBase64 `json:"rawId"`
	Type     string                    `json:"type"`
	Response R                         `json:"response"`
}

type asserted struct {
	ClientDataJSON    protocol.URLEncodedBase64 `json:"clientDataJSON"`
	AuthenticatorData protocol.URLEncodedBase64 `json:"authenticatorData"`
	Signature         protocol.URLEncodedBase64 `json:"signature"`
	UserHandle        protocol.URLEncodedBase64 `json:"userHandle,omitempty"`
}

type created struct {
	ClientDataJSON    protocol.URLEncodedBase64 `json:"clientDataJSON"`
	AttestationObject protocol.URLEncodedBase64 `json:"attestationObject"`
	Transports        []string                  `json:"transports,omitempty"`
}

// read brings a credential into its one form, whatever the spelling of its base64 and JSON; that it is one is for
// the library to say.
func read[R any](typed string) (clean []byte, ok bool) {
	var c credential[R]
	if len(typed) > most || json.Unmarshal([]byte(typed), &c) != nil {
		return nil, false
	}
	clean, err := json.Marshal(c)
	return clean, err == nil
}

// assertion reads an answer down to the flags in its authenticator data; nothing of it is verified yet.
func assertion(typed string) (clean string, p *protocol.ParsedCredentialAssertionData, ok bool) {
	b, ok := read[asserted](typed)
	if !ok {
		return "", nil, false
	}
	p, err := protocol.ParseCredentialRequestResponseBytes(b)
	if err != nil || !possible(p.Response.AuthenticatorData.Flags) {
		return "", nil, false
	}
	return string(b), p, true
}

// possible refuses what cannot be: a credential that is backed up without being eligible (WebAuthn 6.1.3).
func possible(flags protocol.AuthenticatorFlags) bool {
	return flags.HasBackupEligible() || !flags.HasBackupState()
}

// Clean brings the JSON of an assertion (PublicKeyCredential.toJSON) into its one form; ok is false for what is
// longer than 64 KiB or is no assertion.
func (f *Factor) Clean(typed string) (answer string, ok bool) {
	answer, _, ok = assertion(typed)
	return answer, ok
}
