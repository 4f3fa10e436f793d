// Package seal encrypts secrets before they are stored: TOTP seeds, private signing keys.
//
// It owns the keyset and the form of sealed values. A value is bound by associated data to the
// tenant, table, row and column it stands in: copied elsewhere it does not open (gauntlet B09, H03). The
// keyset lives outside the database, so a stolen dump opens nothing. Whoever stores a secret calls it.
//
// Dependency: tink-crypto/tink-go/v2 (Google's, maintained, misuse-resistant; keysets with rotation are
// what we would otherwise write ourselves).
package seal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"

	"sallyport/storage/id"
)

// Place is where a sealed value stands.
type Place struct {
	Tenant             id.Tenant
	Table, Row, Column string
}

func (p Place) data() []byte {
	b, err := json.Marshal([]string{p.Tenant.String(), p.Table, p.Row, p.Column})
	if err != nil {
		panic(err) // strings always encode
	}
	return b
}

// Sealer seals and opens. It is safe for concurrent use.
type Sealer struct {
	aead    tink.AEAD
	derive  *prf.Set
	handles handles
}

type handles struct{ aead, prf *keyset.Handle }

// The errors of this package.
var (
	ErrKeyset = errors.New("keyset cannot be read")
	ErrOpen   = errors.New("sealed value does not open here")
)

// Seal encrypts plaintext for its place.
func (s *Sealer) Seal(p Place, plaintext []byte) ([]byte, error) {
	sealed, err := s.aead.Encrypt(plaintext, p.data())
	if err != nil {
		return nil, fmt.Errorf("seal %s.%s: %w", p.Table, p.Column, err)
	}
	return sealed, nil
}

// Open decrypts what Seal made for the same place; anything else is ErrOpen.
func (s *Sealer) Open(p Place, sealed []byte) ([]byte, error) {
	plaintext, err := s.aead.Decrypt(sealed, p.data())
	if err != nil {
		return nil, fmt.Errorf("%w: %s.%s", ErrOpen, p.Table, p.Column)
	}
	return plaintext, nil
}

// Derive makes length bytes (at most 64) of key material for the named purpose, the same on every
// instance and after every rotation of the sealing key.
func (s *Sealer) Derive(purpose string, length uint32) ([]byte, error) {
	k, err := s.derive.ComputePrimaryPRF([]byte(purpose), length)
	if err != nil {
		return nil, fmt.Errorf("derive key for %s: %w", purpose, err)
	}
	return k, nil
}

// Generate makes a new keyset.
func Generate() (*Sealer, error) {
	a, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("generate sealing key: %w", err)
	}
	p, err := keyset.NewHandle(prf.HKDFSHA256PRFKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("generate derivation key: %w", err)
	}
	return open(handles{a, p})
}

func open(h handles) (*Sealer, error) {
	a, err := aead.New(h.aead)
	if err != nil {
		return nil, fmt.Errorf("%w: sealing key", ErrKeyset)
	}
	p, err := prf.NewPRFSet(h.prf)
	if err != nil {
		return nil, fmt.Errorf("%w: derivation key", ErrKeyset)
	}
	return &Sealer{aead: a, derive: p, handles: h}, nil
}

type document struct {
	Sealing    json.RawMessage `json:"sealing"`
	Derivation json.RawMessage `json:"derivation"`
}

// Read opens a keyset document. Errors wrap ErrKeyset and never quote it.
func Read(b []byte) (*Sealer, error) {
	var d document
	if err := json.Unmarshal(b, &d); err != nil {
		return nil, fmt.Errorf("%w: not JSON", ErrKeyset)
	}
	a, err1 := readHandle(d.Sealing)
	p, err2 := readHandle(d.Derivation)
	if err1 != nil || err2 != nil {
		return nil, fmt.Errorf("%w: not a Tink keyset", ErrKeyset)
	}
	return open(handles{a, p})
}

func readHandle(b []byte) (*keyset.Handle, error) {
	return insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(b)))
}

// Write writes the keyset document in the clear: the file's mode and place protect it.
func (s *Sealer) Write(w io.Writer) error {
	var d document
	for _, k := range []struct {
		handle *keyset.Handle
		to     *json.RawMessage
	}{{s.handles.aead, &d.Sealing}, {s.handles.prf, &d.Derivation}} {
		var b bytes.Buffer
		if err := insecurecleartextkeyset.Write(k.handle, keyset.NewJSONWriter(&b)); err != nil {
			return fmt.Errorf("write keyset: %w", err)
		}
		*k.to = bytes.Clone(bytes.TrimSpace(b.Bytes()))
	}
	return json.NewEncoder(w).Encode(d)
}

// Rotate adds a new sealing key and seals with it from now on; older values still open.
func (s *Sealer) Rotate() (*Sealer, error) {
	m := keyset.NewManagerFromHandle(s.handles.aead)
	key, err := m.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("rotate sealing key: %w", err)
	}
	if err := m.SetPrimary(key); err != nil {
		return nil, fmt.Errorf("rotate sealing key: %w", err)
	}
	h, err := m.Handle()
	if err != nil {
		return nil, fmt.Errorf("rotate sealing key: %w", err)
	}
	return open(handles{h, s.handles.prf})
}
