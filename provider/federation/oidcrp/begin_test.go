package oidcrp_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sallyport/provider/federation/federationtest"
	"sallyport/provider/federation/oidcrp"
)

func TestEverythingThatIsAskedArrives(t *testing.T) {
	t.Parallel()
	w := setup(t)
	zero := 0
	a := ask()
	a.LoginHint, a.DomainHint, a.Prompt, a.MaxAge = "alice@example.com", "example.com", "login", &zero
	a.Scopes, a.ACRValues, a.Claims = []string{"profile", "email"}, []string{"one", "two"}, json.RawMessage(`{"id_token":{"acrs":{"essential":true}}}`)
	a.Extra = url.Values{"hd": {"example.com"}, "state": {"evil"}, "redirect_uri": {"https://evil.example"}, "response_mode": {"fragment"},
		"code_challenge": {"x"}, "request_uri": {"https://evil.example"}, "scope": {"everything"}, "nonce": {"x", "y"}}
	for _, pushed := range []bool{false, true} {
		w.clock.turn(100 * 3600e9)
		w.Script(func(s *federationtest.Script) { s.PAR = pushed })
		if _, err := w.client.Redeem(t.Context(), w.relying, answer(a, w.travel(t, a))); err != nil {
			t.Fatal(err)
		}
		asked := w.Asked()[len(w.Asked())-1]
		for name, want := range map[string]string{"login_hint": "alice@example.com", "domain_hint": "example.com", "prompt": "login", "max_age": "0",
			"scope": "openid profile email", "acr_values": "one two", "claims": string(a.Claims), "hd": "example.com", "state": a.State, "nonce": a.Nonce,
			"redirect_uri": callback, "response_type": "code", "code_challenge_method": "S256", "response_mode": "", "request_uri": ""} {
			if asked.Get(name) != want || len(asked[name]) > 1 {
				t.Errorf("%s is %q", name, asked[name])
			}
		}
		if strings.Contains(asked.Encode(), a.Verifier) {
			t.Error("the verifier was told")
		}
	}
	if n := w.Hits(federationtest.PAR); n != 1 {
		t.Fatalf("%d pushed requests", n)
	}
}

func TestFormPost(t *testing.T) {
	t.Parallel()
	w := setup(t)
	a := ask()
	a.FormPost = true
	if _, err := w.client.Redeem(t.Context(), w.relying, answer(a, w.travel(t, a))); err != nil {
		t.Fatal(err)
	}
	if w.Asked()[0].Get("response_mode") != "form_post" {
		t.Fatal("form_post was not asked for")
	}
}

func TestPushedRequestIsNotInTheAddress(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Script(func(s *federationtest.Script) {
		s.PARRequired = true
		s.Discovery = func(d map[string]any) { d["authorization_endpoint"] = w.At(federationtest.Authorization) + "?kept=1" }
	})
	address, err := w.client.Begin(t.Context(), w.relying, ask())
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil || len(u.Query()) != 3 || u.Query().Get("client_id") != w.ClientID || u.Query().Get("kept") != "1" || u.Query().Get("request_uri") == "" {
		t.Fatalf("got %s, %v", address, err)
	}
}

func TestRequestThatCannotBePushed(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for name, h := range map[string]http.HandlerFunc{"refused": federationtest.Status(400, `{"error":"invalid_request"}`), "empty": federationtest.Status(201, `{}`),
		"broken": federationtest.Status(500, ""), "page": federationtest.Status(201, "<html>"), "endless": federationtest.Endless,
		"long": federationtest.Status(201, `{"request_uri":"`+strings.Repeat("x", 3000)+`"}`)} {
		for _, required := range []bool{false, true} {
			w.clock.turn(100 * 3600e9)
			w.Script(func(s *federationtest.Script) {
				s.PAR, s.PARRequired = true, required
				s.Answer = map[federationtest.Endpoint]http.HandlerFunc{federationtest.PAR: h}
			})
			address, err := w.client.Begin(t.Context(), w.relying, ask())
			if required != errors.Is(err, oidcrp.ErrProvider) || !required && !strings.Contains(address, "code_challenge=") {
				t.Errorf("%s, required %v: %s, %v", name, required, address, err)
			}
		}
	}
}

func TestWaysToAuthenticate(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, way := range []string{"client_secret_basic", "client_secret_post", "private_key_jwt"} {
		if w.relying.Auth, w.relying.Secret = way, w.Secret; way == "private_key_jwt" {
			w.relying.Secret = w.ClientKey
		}
		w.clock.turn(100 * 3600e9)
		w.Script(func(s *federationtest.Script) { s.PAR = true })
		w.mustSignIn(t)
		x := w.Exchanges()
		for _, e := range x[len(x)-2:] {
			if e.Method != way || e.Form.Get("client_secret") != "" && way != "client_secret_post" {
				t.Errorf("%s at %s: %v", e.Method, e.Endpoint, e.Form)
			}
		}
	}
	x := w.Exchanges()
	one, two := x[len(x)-2].Assertion, x[len(x)-1].Assertion
	if one["jti"] == two["jti"] || one["aud"] != w.At(federationtest.Token) || one["exp"].(float64)-one["iat"].(float64) != 60 {
		t.Fatalf("got %v and %v", one, two)
	}
}

func TestWrongSecretIsTold(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, way := range []string{"client_secret_basic", "client_secret_post", "private_key_jwt"} {
		w.relying.Auth, w.relying.Secret = way, w.Secret+"x"
		if way == "private_key_jwt" {
			w.relying.Secret = federationtest.PEM(t, federationtest.NewKey(t))
		}
		_, err := w.signIn(t)
		if oidcrp.Reason(err) != "exchange" || !strings.Contains(err.Error(), "invalid_client") || strings.Contains(err.Error(), w.Secret) {
			t.Errorf("%s: %v", way, err)
		}
	}
}
