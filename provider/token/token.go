// Package token makes and reads the opaque secrets that Sallyport hands out: codes, access and
// refresh tokens, links in mails, and the secrets behind attempt, session and device cookies.
//
// A secret is 256 random bits behind a prefix that names its type and its tenant, so that the
// look-up runs inside the tenant's fence and a leaked one can be recognised. Only its SHA-256 is
// stored: for 256 random bits a slow hash would add cost and no safety. It imports no storage; every
// package that issues or looks up a secret calls it.
package token

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"sallyport/storage/id"
)

// Kind is what a secret is for; one kind is never accepted as another (gauntlet E10).
type Kind string

// The kinds, as they appear in the secret.
const (
	Code    Kind = "spc"
	Access  Kind = "spa"
	Refresh Kind = "spr"
	Attempt Kind = "sps"
	Session Kind = "spw"
	Client  Kind = "spk"
	// What is behind the links in mails: a new password, an address, the word that a change was not one's own.
	Reset     Kind = "spx"
	Confirm   Kind = "spe"
	Objection Kind = "spo"
	// Device is behind the cookie of a trusted device.
	Device Kind = "spd"
)

// Secret is a secret and where it is looked up.
type Secret struct {
	Tenant id.Tenant
	// Text is what the holder gets; Hash is what is stored.
	Text string
	Hash []byte
}

const (
	tenantLength = 22 // 16 bytes in base64url
	secretLength = 43 // 32 bytes in base64url
)

var encoding = base64.RawURLEncoding.Strict()

// New makes a secret of the kind for the tenant.
func New(k Kind, t id.Tenant) Secret {
	var random [32]byte
	if _, err := rand.Read(random[:]); err != nil {
		panic(err) // crypto/rand never fails; without randomness nothing may be issued
	}
	text := string(k) + "." + encoding.EncodeToString(t.UUID[:]) + "." + encoding.EncodeToString(random[:])
	return Secret{Tenant: t, Text: text, Hash: Hash(text)}
}

// Parse reads a secret of the kind. Anything but the exact form that New made is refused, so
// that no second spelling of a secret exists.
func Parse(k Kind, text string) (Secret, bool) {
	prefix, rest, _ := strings.Cut(text, ".")
	tenant, secret, _ := strings.Cut(rest, ".")
	if prefix != string(k) || len(tenant) != tenantLength || len(secret) != secretLength {
		return Secret{}, false
	}
	t, ok := decode(tenant)
	if _, exact := decode(secret); !ok || !exact {
		return Secret{}, false
	}
	return Secret{Tenant: id.Tenant{UUID: [16]byte(t)}, Text: text, Hash: Hash(text)}, true
}

// decode accepts nothing but what the encoding writes: the standard library skips line breaks.
func decode(s string) ([]byte, bool) {
	b, err := encoding.DecodeString(s)
	return b, err == nil && encoding.EncodeToString(b) == s
}

// Hash is the form in which a secret is stored.
func Hash(text string) []byte {
	h := sha256.Sum256([]byte(text))
	return h[:]
}
