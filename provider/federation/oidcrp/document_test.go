package oidcrp

import (
	"errors"
	"fmt"
	"testing"
)

// The provider of the other tests has no certificate, so what a provider with one may say is asked here.
func TestProvidersWithTLSMayNotPointToPlainAddressesG13(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		token string
		ok    bool
	}{{"https://elsewhere.example/token", true}, {"http://op.example/token", false}, {"http://127.0.0.1/token", false}, {"HTTP://op.example/", false}} {
		body := fmt.Sprintf(`{"issuer":"https://op.example","authorization_endpoint":"https://op.example/a","token_endpoint":%q,"jwks_uri":"https://op.example/k"}`, c.token)
		m, err := readMetadata([]byte(body), Relying{Issuer: "https://op.example"})
		if c.ok != (err == nil && m.TokenEndpoint == c.token) || !c.ok && !errors.Is(err, ErrProvider) {
			t.Errorf("%s: %+v, %v", c.token, m, err)
		}
	}
}
