package oidcrp_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"sallyport/provider/federation/federationtest"
	"sallyport/provider/federation/oidcrp"
)

func TestMetadata(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Script(func(s *federationtest.Script) { s.PAR, s.Iss = true, true })
	m, err := w.client.Metadata(t.Context(), w.relying)
	if err != nil {
		t.Fatal(err)
	}
	if m.Issuer != w.URL || m.TokenEndpoint != w.At(federationtest.Token) || m.EndSessionEndpoint != w.At(federationtest.EndSession) ||
		m.PAREndpoint != w.At(federationtest.PAR) || !m.IssParameter || m.PARRequired || !m.BackchannelLogout {
		t.Fatalf("got %+v", m)
	}
	if slices.Contains(m.SigningAlgs, "HS256") || len(m.SigningAlgs) != 4 {
		t.Fatalf("got %v", m.SigningAlgs)
	}
}

func TestHostileDocumentsAreRefusedG13(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]map[string]any{
		"other issuer":           {"issuer": "https://accounts.example"},
		"issuer with a slash":    {"issuer": "SLASH"},
		"no issuer":              {"issuer": nil},
		"issuer is a list":       {"issuer": []string{"x"}},
		"template":               {"issuer": "https://login.example/{tenantid}/v2.0"},
		"no token endpoint":      {"token_endpoint": nil},
		"no keys":                {"jwks_uri": ""},
		"script":                 {"authorization_endpoint": "javascript:alert(1)"},
		"data":                   {"authorization_endpoint": "data:text/html,x"},
		"file":                   {"jwks_uri": "file:///etc/passwd"},
		"user information":       {"token_endpoint": "https://a:b@login.example/"},
		"fragment":               {"authorization_endpoint": "https://login.example/#x"},
		"no host":                {"end_session_endpoint": "https:///x"},
		"relative":               {"pushed_authorization_request_endpoint": "/par"},
		"very long":              {"userinfo_endpoint": "https://login.example/" + strings.Repeat("x", 3000)},
		"control character":      {"token_endpoint": "https://login.example/\n"},
		"only HMAC":              {"id_token_signing_alg_values_supported": []string{"HS256", "HS512"}},
		"only none":              {"id_token_signing_alg_values_supported": []string{"none"}},
		"no algorithm":           {"id_token_signing_alg_values_supported": []string{}},
		"algorithms as a string": {"id_token_signing_alg_values_supported": "RS256"},
		"PAR required, none":     {"require_pushed_authorization_requests": true},
		"deep":                   {"x": 0},
	} {
		w := setup(t)
		w.Script(func(s *federationtest.Script) {
			s.Discovery = func(d map[string]any) {
				for k, v := range change {
					if d[k] = v; v == "SLASH" {
						d[k] = w.URL + "/"
					}
				}
			}
			if name == "deep" {
				s.Answer = map[federationtest.Endpoint]http.HandlerFunc{federationtest.Discovery: deep(w.URL)}
			}
		})
		m, err := w.client.Metadata(t.Context(), w.relying)
		if !errors.Is(err, oidcrp.ErrProvider) || m.Issuer != "" || len(err.Error()) > 600 {
			t.Errorf("%s: %v, %v", name, m, err)
		}
		if _, err := w.client.Begin(t.Context(), w.relying, ask()); !errors.Is(err, oidcrp.ErrProvider) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// deep is an honest document with something far down beside it.
func deep(url string) http.HandlerFunc {
	return federationtest.Status(200, fmt.Sprintf(`{"issuer":%[1]q,"authorization_endpoint":%[1]q,"token_endpoint":%[1]q,"jwks_uri":%[1]q,"x":%[2]s%[3]s}`,
		url, strings.Repeat("[", 5000), strings.Repeat("]", 5000)))
}

func TestBrokenDocumentsAreRefusedAndBoundedG13(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"endless": federationtest.Endless, "huge": federationtest.Huge(50 << 20), "redirect": federationtest.Redirect("/elsewhere"),
		"missing": federationtest.Status(404, "{}"), "broken": federationtest.Status(500, "{}"), "a list": federationtest.Status(200, "[]"),
		"page": federationtest.Status(200, "<html>"), "empty": federationtest.Status(200, ""), "two": federationtest.Status(200, "{}{}"),
	} {
		for _, e := range []federationtest.Endpoint{federationtest.Discovery, federationtest.Keys} {
			w := setup(t)
			w.Script(func(s *federationtest.Script) { s.Answer = map[federationtest.Endpoint]http.HandlerFunc{e: answer} })
			var err error
			if e == federationtest.Discovery {
				_, err = w.client.Metadata(t.Context(), w.relying)
			} else {
				_, err = w.signIn(t)
			}
			if !errors.Is(err, oidcrp.ErrProvider) || oidcrp.Reason(err) != "" {
				t.Errorf("%s at %s: %v", name, e, err)
			}
		}
	}
}

func TestHMACBesideOthersIsLeftOut(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Script(func(s *federationtest.Script) {
		s.Discovery = func(d map[string]any) {
			d["id_token_signing_alg_values_supported"] = []string{"none", "HS256", "ES256"}
		}
	})
	m, err := w.client.Metadata(t.Context(), w.relying)
	if err != nil || !slices.Equal(m.SigningAlgs, []string{"ES256"}) {
		t.Fatalf("got %v, %v", m.SigningAlgs, err)
	}
}

func TestKeySetsAreBoundedG13(t *testing.T) {
	t.Parallel()
	w := setup(t)
	many := func(n int) func([]map[string]any) []map[string]any {
		return func(keys []map[string]any) []map[string]any {
			for len(keys) < n {
				keys = append(keys, map[string]any{"kty": "oct", "k": "AAAA", "kid": "key-1"})
			}
			return keys
		}
	}
	w.Script(func(s *federationtest.Script) { s.Keys = many(10000) })
	if _, err := w.signIn(t); !errors.Is(err, oidcrp.ErrProvider) {
		t.Fatal(err)
	}
	w.Script(func(s *federationtest.Script) { s.Keys = many(101) })
	if _, err := w.signIn(t); !errors.Is(err, oidcrp.ErrProvider) {
		t.Fatal(err)
	}
	w.Script(func(s *federationtest.Script) { s.Keys = many(100) })
	w.mustSignIn(t)
}

func TestUnusableKeysAreSkipped(t *testing.T) {
	t.Parallel()
	w := setup(t)
	good := federationtest.JWK(w.CurrentKey())
	for name, change := range map[string]map[string]any{
		"for encryption":   {"use": "enc"},
		"off the curve":    {"x": good["y"]},
		"other kind":       {"kty": "LWE"},
		"other algorithm":  {"alg": "ES384"},
		"long name":        {"kid": strings.Repeat("k", 300)},
		"name is a number": {"kid": 1},
		"secret":           {"kty": "oct", "k": "AAAA"},
	} {
		w.Script(func(s *federationtest.Script) {
			s.Keys = func(all []map[string]any) []map[string]any {
				for k, v := range change {
					all[0][k] = v
				}
				return all
			}
		})
		if _, err := w.signIn(t); err == nil {
			t.Errorf("%s: somebody signed in", name)
		}
		w.clock.turn(72 * 3600e9)
	}
	w.Honest()
	w.mustSignIn(t)
}

func TestSettingsThatCannotWork(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for name, change := range map[string]func(*oidcrp.Relying){
		"no issuer":       func(r *oidcrp.Relying) { r.Issuer = "" },
		"relative issuer": func(r *oidcrp.Relying) { r.Issuer = "login.example" },
		"issuer query":    func(r *oidcrp.Relying) { r.Issuer += "?x" },
		"issuer fragment": func(r *oidcrp.Relying) { r.Issuer += "#x" },
		"issuer user":     func(r *oidcrp.Relying) { r.Issuer = "https://a@login.example" },
		"script":          func(r *oidcrp.Relying) { r.Issuer = "javascript:alert(1)" },
		"no client":       func(r *oidcrp.Relying) { r.ClientID = "" },
		"no secret":       func(r *oidcrp.Relying) { r.Secret = "" },
		"no way":          func(r *oidcrp.Relying) { r.Auth = "none" },
		"secret as key":   func(r *oidcrp.Relying) { r.Auth = "private_key_jwt" },
	} {
		r := w.relying
		change(&r)
		if err := r.Check(); !errors.Is(err, oidcrp.ErrSettings) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := w.client.Redeem(t.Context(), r, oidcrp.Answer{}); !errors.Is(err, oidcrp.ErrSettings) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := w.Hits(federationtest.Discovery); n != 0 {
		t.Fatalf("%d hits", n)
	}
}
