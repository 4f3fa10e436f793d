package oidcrp

import (
	"errors"
	"fmt"
)

// ErrToken says that what a provider gave is not to be believed; Reason tells in one word why.
var ErrToken = errors.New("the token is not to be believed")

// The reasons, each with the check that failed. They are recorded and shown to administrators, so they never change.
const (
	reasonAlgorithm = "algorithm"  // signed in a way that is not accepted: none, HMAC, or not what the provider announced
	reasonKey       = "key"        // signed with a key that the provider does not publish
	reasonSignature = "signature"  // signed by somebody else
	reasonKeyIssuer = "key_issuer" // signed with a key of another directory (Entra)
	reasonIssuer    = "issuer"     // made by another issuer
	reasonAudience  = "audience"   // made for another client
	reasonAZP       = "azp"        // handed to another client
	reasonExpired   = "expired"    // over, or without an end
	reasonNotBefore = "not_before" // not valid yet
	reasonIAT       = "iat"        // made in the future, or nobody knows when
	reasonNonce     = "nonce"      // made for another sign-in
	reasonATHash    = "at_hash"    // not made together with the access token
	reasonSubject   = "subject"    // about nobody
	reasonClaims    = "claims"     // not readable as claims
	reasonMixup     = "mixup"      // the answer came from another provider (RFC 9207)
	reasonExchange  = "exchange"   // the code was refused
	reasonType      = "type"       // a token for something else
	reasonEvents    = "events"     // no sign-out
	reasonLifetime  = "lifetime"   // a sign-out valid for longer than anybody can remember
)

// disbelief is an ErrToken with its reason.
type disbelief struct {
	reason string
	cause  error
}

func (d disbelief) Error() string        { return fmt.Sprintf("%v (%s): %v", ErrToken, d.reason, d.cause) }
func (d disbelief) Is(target error) bool { return target == ErrToken }
func (d disbelief) Unwrap() error        { return d.cause }

func disbelieve(reason, format string, args ...any) error {
	return disbelief{reason: reason, cause: fmt.Errorf(format, args...)}
}

// Reason returns the word for what an ErrToken is about, or "" for any other error.
func Reason(err error) string {
	var d disbelief
	if errors.As(err, &d) {
		return d.reason
	}
	return ""
}

func unusable(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrProvider, fmt.Errorf(format, args...))
}
