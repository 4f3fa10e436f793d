package webauthn

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
)

// algorithms lists what new credentials may sign with, best first; RS256 is for TPMs.
var algorithms = []protocol.CredentialParameter{
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES384},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
}

var errKey = errors.New("unusable public key")

// sound refuses a COSE key that cannot verify what it says it signs: wrong curve, kind or size. The library looks at
// a key only when it verifies with it, which for a new credential without attestation is never.
func sound(cose []byte) error {
	key, err := webauthncose.ParsePublicKey(cose)
	if err != nil {
		return fmt.Errorf("%w: %w", errKey, err)
	}
	switch k := key.(type) {
	case webauthncose.EC2PublicKeyData:
		return among(k.Algorithm, webauthncose.AlgES256, webauthncose.AlgES384)
	case webauthncose.OKPPublicKeyData:
		return among(k.Algorithm, webauthncose.AlgEdDSA)
	case webauthncose.RSAPublicKeyData:
		if err := sized(new(big.Int).SetBytes(k.Modulus)); err != nil {
			return err
		}
		return among(k.Algorithm, webauthncose.AlgRS256)
	}
	return fmt.Errorf("%w: kind %T", errKey, key)
}

func among(algorithm int64, allowed ...webauthncose.COSEAlgorithmIdentifier) error {
	for _, a := range allowed {
		if algorithm == int64(a) {
			return nil
		}
	}
	return fmt.Errorf("%w: algorithm %d", errKey, algorithm)
}

// sized keeps an RSA modulus to what is safe and to what is verified in no time (gauntlet L05).
func sized(modulus *big.Int) error {
	if n := modulus.BitLen(); n < 2048 || n > 4096 {
		return fmt.Errorf("%w: RSA with %d bits", errKey, n)
	}
	return nil
}
