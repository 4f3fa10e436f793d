// Package mfa says what a proof is, what it is worth and how tokens name it.
//
// It owns the kinds of proof, their assurance levels, and the acr and amr values of RFC 8176 and
// OpenID Connect. How one factor is enrolled and verified is in the package of that factor
// (mfa/totp …); when one is asked for is decided by mfa/policy. It knows neither HTTP nor the
// provider, so it can be used on its own.
package mfa

import (
	"time"

	"sallyport/storage/id"
)

// Kind names a way to prove something. It is stored; values never change meaning.
type Kind string

// The kinds of proof. Password is a first proof, TOTP a second factor, BackupCode stands in for one.
const (
	Password   Kind = "password"
	TOTP       Kind = "totp"
	BackupCode Kind = "backup_code"
)

// Proof is one thing shown by the person at a time. Factor names the enrolled authenticator;
// it is zero for a password
// and for a backup code.
type Proof struct {
	Kind   Kind      `json:"kind"`
	At     time.Time `json:"at"`
	Factor id.Factor `json:"factor,omitzero"`
}

// Factor is an enrolled authenticator as the policy sees it.
type Factor struct {
	ID       id.Factor  `json:"id"`
	Kind     Kind       `json:"kind"`
	Name     string     `json:"name"`
	LastUsed *time.Time `json:"used"`
}

// First reports whether the kind can begin a sign-in.
func (k Kind) First() bool { return k == Password }

// Second reports whether the kind can follow a first proof.
func (k Kind) Second() bool { return k == TOTP || k.Recovery() }

// Recovery reports whether the kind only stands in for an enrolled factor: nobody is enrolled by having it, and
// no policy counts it by itself.
func (k Kind) Recovery() bool { return k == BackupCode }

// Level is what the kind reaches when it follows a password.
func (k Kind) Level() Level {
	switch k {
	case TOTP:
		return AAL2
	case BackupCode:
		return TwoStep
	}
	return OneFactor
}

// Kinds lists the second factors that can be enrolled, strongest first.
func Kinds() []Kind { return []Kind{TOTP} }
