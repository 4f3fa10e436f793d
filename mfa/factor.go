package mfa

import (
	"time"

	"sallyport/storage/id"
)

// Factor is one kind of factor: how an answer to it is read, and how it is judged. A Factor has no state of its own
// and reads no clock: what was used before is known to the caller, who consumes what a Match names, once.
type Factor interface {
	// Kind is what a proof of it is called.
	Kind() Kind
	// Clean brings what was typed into its one form; ok is false for what cannot be an answer, so that nothing was
	// guessed and no try is counted. Clean of a clean answer is the same answer.
	Clean(typed string) (answer string, ok bool)
	// Verify finds what a clean answer proves; ok is false for a wrong one. An error means that the answer could not
	// be judged, and never that it was wrong.
	Verify(answer string, c Claim) (m Match, ok bool, err error)
}

// Claim is what an answer is judged against. Everything in it belongs to the one person whose sign-in it is.
type Claim struct {
	Now     time.Time
	Tenant  id.Tenant
	User    id.User
	Attempt id.Attempt
	// Secrets are the person's enrolled authenticators of the kind, opened.
	Secrets []Secret
	// Hashes are those of the unused codes: backup or access codes, or the one code that was sent.
	Hashes [][]byte
	// Challenge is what the authenticator was to sign (WebAuthn 13.4.3).
	Challenge []byte
	// UserVerification demands that the authenticator checked its user.
	UserVerification bool
}

// Secret is one enrolled authenticator with what verifying it takes.
type Secret struct {
	Factor id.Factor
	Secret []byte
	// Counter is the last time step or signature counter that was used.
	Counter int64
}

// Match is what a right answer proves, and what of it must be consumed for it to count.
type Match struct {
	// Factor is the authenticator; zero for what needs none.
	Factor id.Factor
	// Counter is the time step or signature counter to be used up.
	Counter int64
	// Hash is the single-use secret to be used up; nil where Counter is.
	Hash []byte
	// UserVerified says that the authenticator checked its user.
	UserVerified bool
}
