package webauthn_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"sallyport/mfa/webauthn"
)

func read(t *testing.T, options string) (o map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(options), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestRequestOptions(t *testing.T) {
	t.Parallel()
	p := enrolled(t)
	text := base64.RawURLEncoding.EncodeToString(p.claim.Challenge)
	discoverable, err := p.f.Request(p.claim.Challenge, nil, true)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"challenge": text, "timeout": 300000.0, "rpId": domain, "userVerification": "required"}
	if got := read(t, discoverable); !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
	named, err := p.f.Request(p.claim.Challenge, p.claim.Secrets, false)
	if err != nil {
		t.Fatal(err)
	}
	o := read(t, named)
	allowed := o["allowCredentials"].([]any)[0].(map[string]any)
	if len(o["allowCredentials"].([]any)) != 1 || o["userVerification"] != "preferred" || allowed["type"] != "public-key" ||
		!reflect.DeepEqual(allowed["transports"], []any{"hybrid", "internal"}) || read(t, p.answer(t))["id"] != allowed["id"] {
		t.Errorf("%v", o)
	}
}

func TestCreationOptions(t *testing.T) {
	t.Parallel()
	p := stranger(t)
	text := base64.RawURLEncoding.EncodeToString
	for _, rules := range []webauthn.Rules{{}, {UserVerification: true, Attestation: true}} {
		options, err := p.f.Creation(p.claim.Challenge, p.self(), nil, rules)
		if err != nil {
			t.Fatal(err)
		}
		uv, attestation := "preferred", "none"
		if rules.Attestation {
			uv, attestation = "required", "direct"
		}
		algorithms := []any{}
		for _, a := range []float64{-7, -8, -35, -257} {
			algorithms = append(algorithms, map[string]any{"type": "public-key", "alg": a})
		}
		want := map[string]any{"challenge": text(p.claim.Challenge), "timeout": 300000.0, "attestation": attestation,
			"rp":                     map[string]any{"id": domain, "name": "Acme"},
			"user":                   map[string]any{"id": text(p.self().Handle), "name": "alice@acme.test", "displayName": "Alice"},
			"pubKeyCredParams":       algorithms,
			"authenticatorSelection": map[string]any{"residentKey": "preferred", "userVerification": uv}}
		if got := read(t, options); !reflect.DeepEqual(got, want) {
			t.Errorf("%v", got)
		}
	}
}

func TestRelyingPartyIsOneThatBrowsersUse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		id, origin string
		ok         bool
	}{
		{"id.acme.test", "https://id.acme.test", true}, {"acme.test", "https://id.acme.test:8443", true},
		{"localhost", "http://localhost:8080", true}, {"acme.localhost", "http://acme.localhost:8080", true}, {"localhost", "http://acme.localhost", true},
		{"", "https://id.acme.test", false}, {"acme.test", "https://evilacme.test", false}, {"id.acme.test", "https://acme.test", false},
		{"id.acme.test", "http://id.acme.test", false}, {"id.acme.test", "https://id.acme.test/", false}, {"id.acme.test", "https://id.acme.test:443", false}, {"localhost", "http://localhost:80", false},
		{"ID.acme.test", "https://ID.acme.test", false}, {"id.acme.test", "https://x@id.acme.test", false}, {"id.acme.test", "id.acme.test", false},
		{"id.acme.test", "https://id.acme.test?x", false}, {"id.acme.test", "", false}, {"id.acme.test", "https://%zz", false}, {"evillocalhost", "http://evillocalhost", false},
	} {
		_, err := webauthn.New(webauthn.RelyingParty{ID: c.id, Name: "Acme", Origin: c.origin})
		if (err == nil) != c.ok || err != nil && !errors.Is(err, webauthn.ErrRelyingParty) {
			t.Errorf("%q at %q: %v", c.id, c.origin, err)
		}
	}
	if _, err := webauthn.New(webauthn.RelyingParty{ID: "id.acme.test", Origin: "https://id.acme.test"}); !errors.Is(err, webauthn.ErrRelyingParty) {
		t.Errorf("without a name: %v", err)
	}
}
