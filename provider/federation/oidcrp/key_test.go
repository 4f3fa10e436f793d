package oidcrp_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"sallyport/provider/federation/federationtest"
	"sallyport/provider/federation/oidcrp"
)

// Entra finds the key by the certificate that was registered; everybody else by its thumbprint.
func TestAssertionNamesItsKeyAndAlgorithm(t *testing.T) {
	t.Parallel()
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	longer, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsa := federationtest.NewRSA(t)
	pkcs1 := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsa)}))
	for alg, secret := range map[string]string{"RS256": federationtest.PEM(t, rsa) + certificate(t, rsa), "RS256 ": certificate(t, rsa) + pkcs1,
		"ES256": federationtest.PEM(t, federationtest.NewKey(t)), "ES384": federationtest.PEM(t, longer), "EdDSA": federationtest.PEM(t, edwards)} {
		w := setup(t)
		w.relying.Auth, w.relying.Secret = "private_key_jwt", secret
		header := w.assertionHeader(t)
		_, certified := header.ExtraHeaders["x5t#S256"]
		if header.Algorithm != strings.TrimSpace(alg) || header.KeyID == "" || certified != strings.Contains(secret, "CERTIFICATE") {
			t.Errorf("%s: %+v", alg, header)
		}
	}
}

// assertionHeader is that of the assertion that the provider refuses, for it knows another key.
func (w world) assertionHeader(t *testing.T) jose.Header {
	t.Helper()
	var seen string
	w.Script(func(s *federationtest.Script) {
		s.Answer = map[federationtest.Endpoint]http.HandlerFunc{federationtest.Token: func(rw http.ResponseWriter, r *http.Request) {
			seen = r.PostFormValue("client_assertion")
			rw.WriteHeader(http.StatusTeapot)
		}}
	})
	_, _ = w.signIn(t)
	signed, err := jose.ParseSignedCompact(seen, []jose.SignatureAlgorithm{jose.RS256, jose.ES256, jose.ES384, jose.EdDSA})
	if err != nil {
		t.Fatal(err)
	}
	return signed.Signatures[0].Header
}

func certificate(t *testing.T, k crypto.Signer) string {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestKeysThatCannotSign(t *testing.T) {
	t.Parallel()
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	odd, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, secret := range map[string]string{"short RSA": federationtest.PEM(t, small), "unusual curve": federationtest.PEM(t, odd), "none": "x",
		"certificate alone": certificate(t, federationtest.NewKey(t)), "nonsense": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		r := oidcrp.Relying{Issuer: "https://login.example", ClientID: "x", Auth: "private_key_jwt", Secret: secret}
		if err := r.Check(); !errors.Is(err, oidcrp.ErrSettings) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
