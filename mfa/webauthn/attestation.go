package webauthn

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
)

var errAttestation = errors.New("unusable attestation")

// formats are those that are verified (WebAuthn 8). SafetyNet has been switched off by its maker, and a compound
// statement would be judged by its weakest part.
var formats = []protocol.AttestationFormat{protocol.AttestationFormatNone, protocol.AttestationFormatPacked,
	protocol.AttestationFormatTPM, protocol.AttestationFormatAndroidKey, protocol.AttestationFormatFIDOUniversalSecondFactor,
	protocol.AttestationFormatApple}

// vouched reports whether an attestation type is a maker's word (WebAuthn 6.5.4; names of the FIDO registry). Self
// attestation, "basic_surrogate", is the word of the key about itself.
func vouched(kind string) bool {
	return kind == "basic_full" || kind == "attca" || kind == "anonca"
}

// longest is how many certificates a chain may have.
const longest = 5

// bounded looks at the certificates of a statement before anything is verified with them: a modulus of a hundred
// thousand bits would keep a processor busy (gauntlet L05).
func bounded(o protocol.AttestationObject) error {
	if !slices.Contains(formats, protocol.AttestationFormat(o.Format)) {
		return fmt.Errorf("%w: format %q", errAttestation, o.Format)
	}
	chain, _ := o.AttStatement["x5c"].([]any)
	if len(chain) > longest {
		return fmt.Errorf("%w: %d certificates", errAttestation, len(chain))
	}
	for _, c := range chain {
		if err := certificate(c); err != nil {
			return err
		}
	}
	return nil
}

func certificate(c any) error {
	der, _ := c.([]byte)
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("%w: %w", errAttestation, err)
	}
	if k, ok := parsed.PublicKey.(*rsa.PublicKey); ok {
		return sized(k.N)
	}
	return nil
}
