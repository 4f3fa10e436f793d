// Package mfa says what a proof is, what it is worth and how tokens name it.
//
// It owns the kinds of proof, their assurance levels, the acr and amr values of RFC 8176 and OpenID Connect, and
// Factor, what every kind of factor can do. How one is made and judged is in the package of that factor (mfa/totp,
// mfa/webauthn, mfa/code, mfa/backup, mfa/recovery, mfa/device), and all of them pass mfa/factortest; when one is
// asked for is decided by mfa/policy. It knows neither HTTP nor the provider, so it can be used on its own.
package mfa

import (
	"time"

	"sallyport/storage/id"
)

// Kind names a way to prove something. It is stored; values never change meaning.
type Kind string

// The kinds of proof. Password, a sign-in at an upstream provider (Federated) and a WebAuthn credential that verified its user
// are first proofs; TOTP, WebAuthn, SMS and Email are factors that can be enrolled; BackupCode and AccessCode stand in for
// one; TrustedDevice and Skipped are no proof of a person, but facts that the policy may accept in place of one.
const (
	Password      Kind = "password"
	Federated     Kind = "federated"
	WebAuthn      Kind = "webauthn"
	TOTP          Kind = "totp"
	SMS           Kind = "sms"
	Email         Kind = "email"
	BackupCode    Kind = "backup_code"
	AccessCode    Kind = "access_code"
	TrustedDevice Kind = "trusted_device"
	Skipped       Kind = "enrolment_skipped"
)

// Proof is one thing shown by the person at a time. Factor names the enrolled authenticator; it is zero for what
// needs none.
type Proof struct {
	Kind   Kind      `json:"kind"`
	At     time.Time `json:"at"`
	Factor id.Factor `json:"factor,omitzero"`
	// UserVerified says that the authenticator checked its user by PIN or biometrics (WebAuthn 2.1, flag UV).
	UserVerified bool `json:"uv,omitempty"`
	// Mailbox says that the password was chosen by whoever reads the mailbox: a code by mail adds nothing to it.
	Mailbox bool `json:"mailbox,omitempty"`
	// Policy is the version of the policy under which a device was trusted; another version ends the trust.
	Policy int `json:"policy,omitempty"`
	// Upstream is what a federated sign-in rests on; zero for every other kind.
	Upstream Upstream `json:"upstream,omitzero"`
}

// Authenticator is an enrolled factor as the policy sees it.
type Authenticator struct {
	ID       id.Factor  `json:"id"`
	Kind     Kind       `json:"kind"`
	Name     string     `json:"name"`
	LastUsed *time.Time `json:"used"`
}

// First reports whether the kind can begin a sign-in.
func (k Kind) First() bool { return k == Password || k == WebAuthn || k == Federated }

// Second reports whether the kind can follow a first proof.
func (k Kind) Second() bool { return k.Enrolled() || k.Recovery() }

// Enrolled reports whether the kind belongs to an authenticator that was enrolled.
func (k Kind) Enrolled() bool { return k == TOTP || k == WebAuthn || k == SMS || k == Email }

// Sent reports whether the proof is a code that we send.
func (k Kind) Sent() bool { return k == SMS || k == Email }

// Recovery reports whether the kind only stands in for an enrolled factor: nobody is enrolled by having it, and
// no policy counts it by itself.
func (k Kind) Recovery() bool { return k == BackupCode || k == AccessCode }

// Level is the most that the kind reaches when it follows a password.
func (k Kind) Level() Level {
	switch k {
	case WebAuthn:
		return PhishingResistant
	case TOTP, SMS:
		return AAL2
	case Email, BackupCode, AccessCode:
		return TwoStep
	}
	return OneFactor
}

// First reports whether the proof can begin a sign-in: a credential without user verification is only something that
// somebody has.
func (p Proof) First() bool {
	return p.Kind == Password || p.Kind == Federated || p.Kind == WebAuthn && p.UserVerified
}

// Level is what the proof reaches when it follows a password.
func (p Proof) Level() Level {
	switch {
	case p.Kind == WebAuthn && !p.UserVerified:
		return AAL2
	case p.Kind == Federated:
		return max(OneFactor, p.Upstream.Level)
	}
	return p.Kind.Level()
}

// Kinds lists the second factors that can be enrolled, strongest first.
func Kinds() []Kind { return []Kind{WebAuthn, TOTP, SMS, Email} }
