package issuer

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// sign makes a token of the kind; the claims are a struct, so that nothing can add to them.
func (k *keyring) sign(alg string, of kind, claims any) (string, error) {
	signer, ok := k.ring.Load().signers[slot{jose.SignatureAlgorithm(alg), of}]
	if !ok {
		return "", fmt.Errorf("no active %s key", alg)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode claims: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return signed.CompactSerialize()
}

// errForeign says that a token is none of ours, or not of the kind wanted.
var errForeign = errors.New("not a token of ours of this kind")

// longest bounds a token that is presented to us; ours have about one KiB.
const longest = 8 << 10

// verify reads the claims of a token that we signed, of the kind wanted. It judges neither time nor audience.
func (k *keyring) verify(text string, want kind, claims any) error {
	header, _, _ := strings.Cut(text, ".")
	known, ok := k.ring.Load().headers[header]
	if !ok || known.kind != want || len(text) > longest || !canonical(text) {
		return errForeign
	}
	signed, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{known.alg})
	if err != nil {
		return errForeign
	}
	payload, err := signed.Verify(known.key.private.Public())
	if err != nil {
		return errForeign
	}
	if err := json.Unmarshal(payload, claims); err != nil {
		return errForeign
	}
	return nil
}

// canonical refuses a second spelling of the same bytes: line ends, padding, stray bits at the end of a part.
func canonical(text string) bool {
	if strings.ContainsAny(text, "\r\n") {
		return false
	}
	parts := strings.Split(text, ".")
	for _, part := range parts {
		if _, err := base64.RawURLEncoding.Strict().DecodeString(part); err != nil || part == "" {
			return false
		}
	}
	return len(parts) == 3
}

// halfHash is at_hash: the left half of SHA-256 for both our algorithms (OpenID Connect Core 3.1.3.6).
func halfHash(accessToken string) string {
	h := crypto.SHA256.New()
	h.Write([]byte(accessToken))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
}
