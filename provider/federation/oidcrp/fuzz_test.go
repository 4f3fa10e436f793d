package oidcrp

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

// What is read says what a plain reader of JSON finds there, and never more.
func FuzzClaims(f *testing.F) {
	for _, seed := range []string{`{"sub":"alice","aud":["a","b"],"exp":1.5e9,"amr":["pwd"]}`, `{"aud":[null]}`, `{"sub":null,"exp":"1"}`, `{"sub":"a","sub":"b"}`,
		`{"exp":1e400}`, `{"exp":-0.0}`, `[]`, `null`, `{}{}`, `{"sub":"\ud800"}`, `{"a":` + strings.Repeat("[", 30) + strings.Repeat("]", 30) + `}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := readClaims(data)
		if err != nil {
			if c != nil {
				t.Fatal("a failed reading returns claims")
			}
			return
		}
		var plain map[string]any
		_ = json.Unmarshal(data, &plain)
		for name, want := range plain {
			s, isText := want.(string)
			n, isNumber := want.(float64)
			at, isMoment := c.moment(name)
			if c.text(name) != "" && !isText || isText && c.text(name) != s || isMoment && (!isNumber || at.Unix() != int64(n)) {
				t.Fatalf("%q: %v is read as %q, %v", name, want, c.text(name), at)
			}
			if id := c.name(name); id != "" && (id != s || len(id) > maxName || strings.ContainsAny(id, "\x00\n\r")) {
				t.Fatalf("%q is a name", id)
			}
			if _, isList := want.([]any); c.texts(name) != nil && !isList && !isText {
				t.Fatalf("%v is a list", want)
			}
		}
	})
}

// A document that is accepted has endpoints that a browser and a secret may go to, and an algorithm that only the provider can use.
func FuzzMetadata(f *testing.F) {
	f.Add([]byte(`{"issuer":"https://op.example","authorization_endpoint":"https://op.example/a","token_endpoint":"https://op.example/t","jwks_uri":"https://op.example/k"}`))
	f.Add([]byte(`{"issuer":"https://op.example","authorization_endpoint":"javascript:x","token_endpoint":"https://u@op.example/t","jwks_uri":"http://op.example/k"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := readMetadata(data, Relying{Issuer: "https://op.example"})
		if err != nil {
			if m.Issuer != "" {
				t.Fatal("a failed reading returns a document")
			}
			return
		}
		for _, a := range []string{m.AuthorizationEndpoint, m.TokenEndpoint, m.JWKSURI} {
			if u, err := url.Parse(a); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
				t.Fatalf("%q is an endpoint", a)
			}
		}
		if m.Issuer != "https://op.example" || len(m.SigningAlgs) == 0 || strings.Contains(strings.Join(m.SigningAlgs, " "), "HS") {
			t.Fatalf("got %+v", m)
		}
	})
}

func FuzzKeys(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"a"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"RSA","n":"AQ","e":"AQAB"},{"kty":"oct","k":"AAAA"},null,1]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := readKeys(data)
		if (err == nil) != (len(all) > 0) || len(all) > maxKeys {
			t.Fatalf("%d keys and %v", len(all), err)
		}
		for _, k := range all {
			if _, secret := k.public.([]byte); secret || k.public == nil || len(k.id) > maxKeyID {
				t.Fatalf("%+v is a public key", k)
			}
		}
	})
}
