package federationtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// Signing is how a token is signed. Fields that are empty are as they should be.
type Signing struct {
	// Alg is the algorithm of the header; "none" leaves the signature empty.
	Alg string
	// KID names the key; "-" leaves the name out.
	KID string
	// Key signs: a private key, or bytes for HMAC.
	Key any
	// Type is the typ of the header, Extra are further members of it.
	Type  string
	Extra map[string]any
}

// ring are the provider's keys; those of people in directories and of personal accounts differ, as at Entra.
type ring struct {
	serial   int
	current  Signing
	personal Signing
	old      []Signing
}

func newRing(t testing.TB) ring {
	return ring{current: Signing{Alg: "ES256", KID: "key-1", Key: NewKey(t)}, personal: Signing{Alg: "ES256", KID: "personal-1", Key: NewKey(t)}, serial: 1}
}

// NewKey makes a key for ES256.
func NewKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// NewRSA makes a key for RS256 and PS256; it takes its time.
func NewRSA(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// PEM writes a private key as PKCS #8.
func PEM(t testing.TB, key crypto.Signer) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// CurrentKey is how honest tokens are signed, PersonalKey how those of personal Microsoft accounts are.
func (p *Provider) CurrentKey() Signing {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ring.current
}

// PersonalKey is how tokens of personal Microsoft accounts are signed.
func (p *Provider) PersonalKey() Signing {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ring.personal
}

// Rotate signs with a new key from now on; the one before stays published where keep is set. A nil key makes one for ES256.
func (p *Provider) Rotate(t testing.TB, alg string, key crypto.Signer, keep bool) Signing {
	t.Helper()
	if key == nil {
		alg, key = "ES256", NewKey(t)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ring.old = nil; keep {
		p.ring.old = []Signing{p.ring.current}
	}
	p.ring.serial++
	p.ring.current = Signing{Alg: alg, KID: fmt.Sprintf("key-%d", p.ring.serial), Key: key}
	return p.ring.current
}

// published are the public keys; with an issuer each, where Entra is played.
func (r ring) published(url string, entra bool) (all []map[string]any) {
	for _, s := range append([]Signing{r.current}, r.old...) {
		k := JWK(s)
		if entra {
			k["issuer"] = url + "/{tenantid}/v2.0"
		}
		all = append(all, k)
	}
	if entra {
		k := JWK(r.personal)
		k["issuer"] = url + "/" + PersonalDirectory + "/v2.0"
		all = append(all, k)
	}
	return all
}

// JWK is the public half of a key, for Script.Keys.
func JWK(s Signing) map[string]any {
	signer, ok := s.Key.(crypto.Signer)
	if !ok {
		panic("federationtest: only keys with a public half are published")
	}
	raw, err := json.Marshal(jose.JSONWebKey{Key: signer.Public(), KeyID: s.KID, Algorithm: s.Alg, Use: "sig"})
	var out map[string]any
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		panic("federationtest: " + err.Error())
	}
	return out
}

// Sign makes a token of claims as s says; what s leaves out is as p signs honestly.
func (p *Provider) Sign(claims map[string]any, s Signing) string {
	s = s.or(p.CurrentKey())
	payload, err := json.Marshal(claims)
	if err != nil {
		panic("federationtest: " + err.Error())
	}
	return Compact(payload, s)
}

func (s Signing) or(honest Signing) Signing {
	if s.Alg == "" && s.Key == nil {
		s.Alg = honest.Alg
	}
	if s.Key == nil {
		s.Key = honest.Key
	}
	if s.KID == "" {
		s.KID = honest.KID
	}
	return s
}

// Compact signs any payload; with the algorithm "none", or one that the key cannot do, there is only a header.
func Compact(payload []byte, s Signing) string {
	options := &jose.SignerOptions{ExtraHeaders: map[jose.HeaderKey]any{}}
	header := map[string]any{"alg": s.Alg}
	if s.KID != "-" && s.KID != "" {
		options.WithHeader("kid", s.KID)
		header["kid"] = s.KID
	}
	if s.Type != "" {
		options.WithType(jose.ContentType(s.Type))
	}
	for name, value := range s.Extra {
		options.WithHeader(jose.HeaderKey(name), value)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(s.Alg), Key: s.Key}, options)
	if err != nil {
		return unsigned(header, payload)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		panic("federationtest: " + err.Error())
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		panic("federationtest: " + err.Error())
	}
	return token
}

func unsigned(header map[string]any, payload []byte) string {
	raw, err := json.Marshal(header)
	if err != nil {
		panic("federationtest: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(raw) + "." + base64.RawURLEncoding.EncodeToString(payload) + "."
}
