package webauthntest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"
	"time"
)

func generate(algorithm int) (crypto.Signer, error) {
	switch algorithm {
	case ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case ES384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case EdDSA:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	case RS256:
		return rsa.GenerateKey(rand.Reader, 2048)
	}
	return nil, fmt.Errorf("no algorithm %d", algorithm)
}

// cose is the public key as COSE_Key (RFC 9052 7, RFC 9053 7, RFC 8230 4).
func (c *credential) cose() map[int]any {
	switch k := c.key.Public().(type) {
	case *ecdsa.PublicKey:
		curve := map[int]int{ES256: 1, ES384: 2}[c.algorithm]
		point, err := k.Bytes()
		if err != nil {
			panic(err) // a key that was just generated is on its curve
		}
		half := len(point) / 2
		return map[int]any{1: 2, 3: c.algorithm, -1: curve, -2: point[1 : 1+half], -3: point[1+half:]}
	case ed25519.PublicKey:
		return map[int]any{1: 1, 3: c.algorithm, -1: 6, -2: []byte(k)}
	case *rsa.PublicKey:
		return map[int]any{1: 3, 3: c.algorithm, -1: k.N.Bytes(), -2: big.NewInt(int64(k.E)).Bytes()}
	}
	return nil
}

// sign signs authenticator data and the hash of the client data (WebAuthn 6.3.3).
func (c *credential) sign(data, client []byte) ([]byte, error) {
	hash := sha256.Sum256(client)
	message := slices.Concat(data, hash[:])
	switch c.algorithm {
	case EdDSA:
		return c.key.Sign(rand.Reader, message, crypto.Hash(0))
	case ES384:
		digest := sha512.Sum384(message)
		return c.key.Sign(rand.Reader, digest[:], crypto.SHA384)
	}
	digest := sha256.Sum256(message)
	return c.key.Sign(rand.Reader, digest[:], crypto.SHA256)
}

type maker struct {
	credential
	certificate []byte
}

// idAAGUID is id-fido-gen-ce-aaguid (WebAuthn 8.2.1).
var idAAGUID = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 4}

// maker is a batch key with the certificate of WebAuthn 8.2.1.
func (a *Authenticator) maker() (*maker, error) {
	key, err := generate(ES256)
	if err != nil {
		return nil, err
	}
	value, err := asn1.Marshal(a.AAGUID[:])
	if err != nil {
		return nil, fmt.Errorf("write AAGUID: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{Country: []string{"DK"}, Organization: []string{"Test Keys"}, OrganizationalUnit: []string{"Authenticator Attestation"}, CommonName: "Batch 1"},
		NotBefore:             time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC),
		BasicConstraintsValid: true,
		ExtraExtensions:       []pkix.Extension{{Id: idAAGUID, Value: value}},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	return &maker{credential: credential{key: key, algorithm: ES256}, certificate: der}, nil
}
