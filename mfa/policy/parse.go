package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ErrInvalid says that a policy document cannot be read or contradicts itself.
var ErrInvalid = errors.New("invalid policy")

// Parse reads a stored document strictly: a field this version does not know could be a demand, and a demand that is not
// understood must not be dropped. What an older document does not mention means what it meant then. Errors wrap
// ErrInvalid.
func Parse(version int, document []byte) (Policy, error) {
	d := json.NewDecoder(bytes.NewReader(document))
	d.DisallowUnknownFields()
	from := Default()
	p := Policy{CodeLife: from.CodeLife, AccessCode: from.AccessCode}
	if err := d.Decode(&p); err != nil {
		return Policy{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Policy{}, fmt.Errorf("%w: something follows the document", ErrInvalid)
	}
	p.Version = version
	return p, p.Validate()
}

// Encode is the document that Parse reads.
func (p Policy) Encode() []byte {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // Validate has seen the dates, the only part that can fail
	}
	return b
}
