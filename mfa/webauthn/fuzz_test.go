package webauthn_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/uuid"

	"sallyport/mfa"
	"sallyport/mfa/webauthn"
	"sallyport/mfa/webauthn/webauthntest"
	"sallyport/storage/id"
)

// fixed is a stranger who is the same in every process, so that what one worker finds means something to the others.
func fixed(t testing.TB) *person {
	p := stranger(t)
	p.claim.Tenant, p.claim.User, p.claim.Attempt = id.Tenant{UUID: uuid.UUID{1}}, id.User{UUID: uuid.UUID{2}}, id.Attempt{UUID: uuid.UUID{3}}
	p.claim.Challenge = p.challenge(webauthn.Registration, 1)
	return p
}

func FuzzVerify(f *testing.F) {
	for _, algorithm := range []int{webauthntest.ES256, webauthntest.ES384, webauthntest.EdDSA, webauthntest.RS256} {
		p := fixed(f)
		p.Algorithm = algorithm
		p.enrol(f)
		f.Add(p.answer(f), p.claim.Secrets[0].Secret)
	}
	p := fixed(f)
	p.claim.Challenge = p.challenge(webauthn.Second, 2)
	f.Fuzz(func(t *testing.T, typed string, secret []byte) {
		clean, ok := p.f.Clean(typed)
		if !ok {
			return
		}
		if again, ok := p.f.Clean(clean); !ok || again != clean {
			t.Fatalf("%q became %q, %v", clean, again, ok)
		}
		c := p.claim
		c.Secrets = []mfa.Secret{{Factor: id.NewFactor(), Secret: secret}}
		m, ok, err := p.f.Verify(clean, c)
		if ok != (!m.Factor.IsZero()) || ok && err != nil {
			t.Fatalf("%+v, %v, %v", m, ok, err)
		}
		c.Challenge = p.challenge(webauthn.Second, 3)
		if _, ok, _ := p.f.Verify(clean, c); ok {
			t.Fatal("an answer to another challenge is right")
		}
	})
}

func FuzzRegister(f *testing.F) {
	p := fixed(f)
	for _, attestation := range []webauthntest.Attestation{webauthntest.None, webauthntest.Self, webauthntest.Certificate} {
		for _, format := range []string{"", "tpm", "apple", "android-key", "fido-u2f"} {
			q := fixed(f)
			q.Attestation = attestation
			if format != "" {
				q.Object = func(o map[string]any) { o["fmt"] = format }
			}
			name, object := parts(f, q.respond(f, webauthn.Rules{}))
			f.Add(name, object)
		}
	}
	// As the test authenticator writes it, so that the signatures of its statements hold.
	client := base64.RawURLEncoding.EncodeToString([]byte(`{"challenge":"` + base64.RawURLEncoding.EncodeToString(p.claim.Challenge) +
		`","crossOrigin":false,"origin":"` + origin + `","type":"webauthn.create"}`))
	f.Fuzz(func(t *testing.T, name, object []byte) {
		text := base64.RawURLEncoding.EncodeToString
		response, err := json.Marshal(map[string]any{"id": text(name), "rawId": text(name), "type": "public-key",
			"response": map[string]any{"clientDataJSON": client, "attestationObject": text(object)}})
		if err != nil {
			t.Fatal(err)
		}
		c, err := p.f.Register(string(response), p.claim.Challenge, p.self(), webauthn.Rules{})
		if err != nil {
			if !errors.Is(err, webauthn.ErrResponse) || c.Secret != nil {
				t.Fatalf("%+v, %v", c, err)
			}
			return
		}
		if _, err := p.f.Request(p.claim.Challenge, []mfa.Secret{{Secret: c.Secret}}, true); err != nil {
			t.Fatalf("what was enrolled cannot be asked for: %v", err)
		}
	})
}

// parts are the credential id and the attestation object of a response.
func parts(t testing.TB, response string) (name, object []byte) {
	var o struct {
		ID       string
		Response struct{ AttestationObject string }
	}
	err := json.Unmarshal([]byte(response), &o)
	name, e := base64.RawURLEncoding.DecodeString(o.ID)
	object, other := base64.RawURLEncoding.DecodeString(o.Response.AttestationObject)
	if err := errors.Join(err, e, other); err != nil {
		t.Fatal(err)
	}
	return name, object
}
