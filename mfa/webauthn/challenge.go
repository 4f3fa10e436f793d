package webauthn

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"

	"sallyport/storage/id"
)

// Life is how long a challenge may be answered.
const Life = 5 * time.Minute

// skew is how far the clocks of two instances may be apart: one issues, another is answered.
const skew = 30 * time.Second

// Purpose is what a challenge is for; an answer to one purpose is none to another (gauntlet K04).
type Purpose string

// The purposes: to enrol a credential, to follow another proof, to sign in without a password.
const (
	Registration Purpose = "register"
	Second       Purpose = "second"
	Passkey      Purpose = "passkey"
)

// ErrChallenge says that the caller has no usable challenge, without which nothing can be judged.
var ErrChallenge = errors.New("no challenge")

// Challenge derives the 32 bytes to be signed, from a key of its own and all that they are for. issued counts in
// whole seconds; version is that of the attempt, which moves with every accepted answer.
func Challenge(key []byte, purpose Purpose, t id.Tenant, a id.Attempt, version int32, issued time.Time) []byte {
	h := hmac.New(sha256.New, key)
	// Everything before the purpose has a fixed length, so no two inputs read the same.
	h.Write([]byte("webauthn challenge 1"))
	h.Write(t.UUID[:])
	h.Write(a.UUID[:])
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(version)))
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(issued.Unix())))
	h.Write([]byte(purpose))
	return h.Sum(nil)
}

// Fresh reports whether a challenge issued then may be answered now: within Life, and not from a future that
// clocks of instances do not explain.
func Fresh(issued, now time.Time) bool {
	return !issued.After(now.Add(skew)) && now.Before(issued.Add(Life))
}

// An empty challenge would equal the empty one of a made-up answer; 16 bytes are the least (WebAuthn 13.4.3).
func usable(challenge []byte) error {
	if len(challenge) < 16 {
		return ErrChallenge
	}
	return nil
}
