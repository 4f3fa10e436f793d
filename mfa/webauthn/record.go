package webauthn

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"

	"sallyport/mfa"
)

// ErrRecord says that a stored secret is no credential of this package.
var ErrRecord = errors.New("unreadable credential record")

const version = 1

// record is what is kept of a credential (WebAuthn 4, credential record). Its counter is the caller's column.
type record struct {
	Version int `json:"v"`
	// Owner is the user handle: a record that lands in another person's row is worth nothing there.
	Owner      []byte   `json:"owner"`
	ID         []byte   `json:"id"`
	Key        []byte   `json:"key"` // COSE_Key (RFC 9052 7)
	AAGUID     string   `json:"aaguid,omitempty"`
	Attested   bool     `json:"attested,omitempty"`
	Eligible   bool     `json:"backup_eligible,omitempty"`
	BackedUp   bool     `json:"backed_up,omitempty"` // when it was enrolled
	Transports []string `json:"transports,omitempty"`
}

func decode(secret []byte) (*record, error) {
	var r record
	if err := json.Unmarshal(secret, &r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	if r.Version != version || len(r.ID) == 0 {
		return nil, fmt.Errorf("%w: version %d", ErrRecord, r.Version)
	}
	if err := sound(r.Key); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	return &r, nil
}

// find looks for the credential of that id; the record is nil where there is none. One damaged record does not lock
// its owner's other keys out, but hides a "wrong": it could have been the one.
func find(secrets []mfa.Secret, credential []byte) (s mfa.Secret, r *record, err error) {
	for _, s := range secrets {
		r, e := decode(s.Secret)
		if e != nil {
			err = fmt.Errorf("read factor %v: %w", s.Factor, e)
			continue
		}
		if bytes.Equal(r.ID, credential) {
			return s, r, nil
		}
	}
	return s, nil, err
}

// Holds reports whether one of a person's secrets is that very credential, which is then not enrolled again (WebAuthn
// 7.1 step 26): the list that Creation excludes is only a wish. Another person's rows need no look, since a record
// counts for its owner only. Errors wrap ErrRecord.
func Holds(secrets []mfa.Secret, c Credential) (bool, error) {
	r, err := decode(c.Secret)
	if err != nil {
		return false, fmt.Errorf("compare credentials: %w", err)
	}
	_, held, err := find(secrets, r.ID)
	return held != nil, err
}

// descriptors name credentials to the browser (WebAuthn 5.8.3).
func descriptors(secrets []mfa.Secret) (all []protocol.CredentialDescriptor, err error) {
	for _, s := range secrets {
		r, err := decode(s.Secret)
		if err != nil {
			return nil, fmt.Errorf("read factor %v: %w", s.Factor, err)
		}
		d := protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: r.ID}
		for _, t := range r.Transports {
			d.Transport = append(d.Transport, protocol.AuthenticatorTransport(t))
		}
		all = append(all, d)
	}
	return all, nil
}
