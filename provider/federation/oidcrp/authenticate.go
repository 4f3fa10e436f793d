package oidcrp

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"sallyport/provider/outbound"
)

// assertionFor is how long a provider may take to read who we are.
const assertionFor = time.Minute

// send posts form to endpoint as r, in the way that r's settings say.
func (c *Client) send(ctx context.Context, r Relying, m Metadata, endpoint string, form url.Values) (*outbound.Response, error) {
	form = maps.Clone(form)
	if err := c.sign(r, m, form); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, unusable("read the address %.200q: %w", endpoint, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	if r.Auth == basic {
		// Encoded first, or a colon in the client id would move the border (RFC 6749, 2.3.1).
		req.SetBasicAuth(url.QueryEscape(r.ClientID), url.QueryEscape(r.Secret))
	}
	res, err := c.out.Do(req)
	if err != nil {
		return nil, unusable("post to %s: %w", endpoint, err)
	}
	return res, nil
}

// sign puts into form what proves who we are, where a header does not.
func (c *Client) sign(r Relying, m Metadata, form url.Values) error {
	form.Set("client_id", r.ClientID)
	switch r.Auth {
	case post:
		form.Set("client_secret", r.Secret)
	case privateKeyJWT:
		assertion, err := c.assertion(r, m.TokenEndpoint)
		if err != nil {
			return err
		}
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", assertion)
	}
	return nil
}

// assertion says who we are to the one who reads it at audience, once and for a minute (RFC 7523, 3).
func (c *Client) assertion(r Relying, audience string) (string, error) {
	k, err := readKey(r.Secret)
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: k.alg, Key: k.private}, k.options())
	if err != nil {
		return "", fmt.Errorf("sign with the private key: %w", err)
	}
	now := c.now().Unix()
	payload, err := json.Marshal(map[string]any{"iss": r.ClientID, "sub": r.ClientID, "aud": audience, "jti": rand.Text(),
		"iat": now, "nbf": now, "exp": now + int64(assertionFor/time.Second)})
	if err != nil {
		return "", fmt.Errorf("write the assertion: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign the assertion: %w", err)
	}
	return signed.CompactSerialize()
}

// private is our key at a provider, with the certificate that was registered there, if any.
type private struct {
	private     crypto.Signer
	alg         jose.SignatureAlgorithm
	certificate []byte
}

// options names the key: by its certificate, which Entra asks for, and by its thumbprint (RFC 7638).
func (p private) options() *jose.SignerOptions {
	o := (&jose.SignerOptions{}).WithType("JWT")
	if p.certificate != nil {
		sum := sha256.Sum256(p.certificate)
		o.WithHeader("x5t#S256", base64.RawURLEncoding.EncodeToString(sum[:]))
	}
	if sum, err := (&jose.JSONWebKey{Key: p.private.Public()}).Thumbprint(crypto.SHA256); err == nil {
		o.WithHeader(jose.HeaderKey("kid"), base64.RawURLEncoding.EncodeToString(sum))
	}
	return o
}

// readKey reads PEM with one private key (PKCS #8, PKCS #1 or SEC 1) and, if somebody put it there, a certificate.
func readKey(text string) (p private, err error) {
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		switch {
		case block.Type == "CERTIFICATE" && p.certificate == nil:
			p.certificate = block.Bytes
		case p.private == nil:
			p.private = parse(block.Bytes)
		}
	}
	if p.alg = algorithm(p.private); p.alg == "" {
		return private{}, fmt.Errorf("the private key is none of RSA, EC or Ed25519 in PEM: %w", ErrSettings)
	}
	return p, nil
}

func parse(der []byte) crypto.Signer {
	if k, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		s, _ := k.(crypto.Signer)
		return s
	}
	if k, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return k
	}
	if k, err := x509.ParseECPrivateKey(der); err == nil {
		return k
	}
	return nil
}

func algorithm(k crypto.Signer) jose.SignatureAlgorithm {
	switch k := k.(type) {
	case *rsa.PrivateKey:
		if k.N.BitLen() >= minModulus {
			return jose.RS256
		}
	case *ecdsa.PrivateKey:
		return map[int]jose.SignatureAlgorithm{256: jose.ES256, 384: jose.ES384, 521: jose.ES512}[k.Curve.Params().BitSize]
	case ed25519.PrivateKey:
		return jose.EdDSA
	}
	return ""
}
