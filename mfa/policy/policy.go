// Package policy is the only judge of what a person must prove. Decide is a pure function:
// it reads no clock, no database and no request, so that a sign-in, a step-up, a refresh and a
// simulation of any of them get the same answer from the same facts.
//
// Rules are combined strictest-wins: each rule that applies demands a level, the highest demand
// decides, the others are reported as shadowed. Whatever cannot be read or is unknown is refused
// (fail closed, gauntlet A13). Callers are provider/attempt (sign-in, step-up) and provider/gate
// (issuing and refreshing).
package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"sallyport/mfa"
)

// Mode is the tenant's stand on second factors.
type Mode string

// Off offers no enrolment but keeps asking those who enrolled (R5); Optional lets people enrol;
// Required makes everybody.
const (
	Off      Mode = "off"
	Optional Mode = "optional"
	Required Mode = "required"
)

// Policy is one version of a tenant's sign-in policy.
type Policy struct {
	Version      int        `json:"-"`
	SecondFactor Mode       `json:"second_factor"`
	Methods      []mfa.Kind `json:"methods"` // which second factors count
	// EnrolWithPassword lets somebody who has no second factor yet enrol the first one in mid
	// sign-in on a password alone: the weak spot of forced MFA (gauntlet C08), so it is the tenant's choice.
	EnrolWithPassword bool    `json:"enrol_with_password"`
	Session           Seconds `json:"session_seconds"`
	Idle              Seconds `json:"idle_seconds"`
	StepUp            Seconds `json:"step_up_seconds"`
}

// Seconds is a duration as policy documents store it.
type Seconds int64

// Duration converts to Go's unit.
func (s Seconds) Duration() time.Duration { return time.Duration(s) * time.Second }

// Default is what a new tenant starts with. Ages follow NIST SP 800-63B-4 2.2.3 (AAL2): a day, an hour idle.
func Default() Policy {
	return Policy{SecondFactor: Optional, Methods: mfa.Kinds(), EnrolWithPassword: true,
		Session: 24 * 3600, Idle: 3600, StepUp: 600}
}

// ErrInvalid says that a policy document cannot be read or contradicts itself.
var ErrInvalid = errors.New("invalid policy")

// Parse reads a stored document strictly: a field this version does not know could be a demand,
// and a demand that is not understood must not be dropped. Errors wrap ErrInvalid.
func Parse(version int, document []byte) (Policy, error) {
	d := json.NewDecoder(bytes.NewReader(document))
	d.DisallowUnknownFields()
	p := Policy{}
	if err := d.Decode(&p); err != nil {
		return Policy{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Policy{}, fmt.Errorf("%w: something follows the document", ErrInvalid)
	}
	p.Version = version
	return p, p.Validate()
}

// Validate reports whether the policy can be followed. Errors wrap ErrInvalid.
func (p Policy) Validate() error {
	switch {
	case !slices.Contains([]Mode{Off, Optional, Required}, p.SecondFactor):
		return fmt.Errorf("%w: second_factor must be off, optional or required", ErrInvalid)
	case p.SecondFactor == Required && len(p.Methods) == 0:
		return fmt.Errorf("%w: a required second factor needs a method", ErrInvalid)
	case slices.ContainsFunc(p.Methods, func(k mfa.Kind) bool { return !slices.Contains(mfa.Kinds(), k) }):
		return fmt.Errorf("%w: unknown method", ErrInvalid)
	}
	return p.validateAges()
}

func (p Policy) validateAges() error {
	for name, age := range map[string]Seconds{"session_seconds": p.Session, "idle_seconds": p.Idle, "step_up_seconds": p.StepUp} {
		if age < 60 || age > 90*24*3600 {
			return fmt.Errorf("%w: %s must be between a minute and 90 days", ErrInvalid, name)
		}
	}
	return nil
}

// Encode is the document that Parse reads.
func (p Policy) Encode() []byte {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // a struct of strings and numbers always encodes
	}
	return b
}
