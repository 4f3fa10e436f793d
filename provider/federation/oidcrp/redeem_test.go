package oidcrp_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sallyport/provider/federation/federationtest"
	"sallyport/provider/federation/oidcrp"
	"sallyport/provider/outbound"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	w := setup(t)
	token := w.mustSignIn(t)
	if token.Issuer != w.Issuer() || token.Subject != "alice" || string(token.Claims["email"]) != `"alice@example.com"` || strings.Count(token.Raw, ".") != 2 {
		t.Fatalf("got %+v", token)
	}
}

// Everything that anybody may say in a token that was not made for this sign-in.
func TestTokensThatAreNotOursAreRefusedG05(t *testing.T) {
	t.Parallel()
	w := setup(t)
	now := w.clock.now()
	for name, c := range map[string]struct {
		reason string
		says   map[string]any
	}{
		"other issuer":            {"issuer", map[string]any{"iss": "https://evil.example"}},
		"issuer with a slash":     {"issuer", map[string]any{"iss": w.Issuer() + "/"}},
		"no issuer":               {"issuer", map[string]any{"iss": nil}},
		"issuer is a list":        {"issuer", map[string]any{"iss": []string{w.Issuer()}}},
		"other audience":          {"audience", map[string]any{"aud": "other"}},
		"other audiences":         {"audience", map[string]any{"aud": []string{"other", "third"}}},
		"no audience":             {"audience", map[string]any{"aud": nil}},
		"empty audience":          {"audience", map[string]any{"aud": []string{}}},
		"audience is an object":   {"audience", map[string]any{"aud": map[string]any{w.ClientID: true}}},
		"audience with a null":    {"audience", map[string]any{"aud": []any{w.ClientID, nil}}},
		"audience is a prefix":    {"audience", map[string]any{"aud": w.ClientID + "2"}},
		"two audiences, no azp":   {"azp", map[string]any{"aud": []string{w.ClientID, "other"}}},
		"two audiences, other":    {"azp", map[string]any{"aud": []string{w.ClientID, "other"}, "azp": "other"}},
		"other azp":               {"azp", map[string]any{"azp": "other"}},
		"azp is a list":           {"azp", map[string]any{"azp": []string{w.ClientID}}},
		"expired":                 {"expired", map[string]any{"exp": now.Add(-time.Minute).Unix()}},
		"no end":                  {"expired", map[string]any{"exp": nil}},
		"end is a string":         {"expired", map[string]any{"exp": "99999999999"}},
		"end is beyond time":      {"expired", map[string]any{"exp": 1e300}},
		"made in the future":      {"iat", map[string]any{"iat": now.Add(2 * time.Minute).Unix()}},
		"never made":              {"iat", map[string]any{"iat": nil}},
		"made at true":            {"iat", map[string]any{"iat": true}},
		"not valid yet":           {"not_before", map[string]any{"nbf": now.Add(2 * time.Minute).Unix()}},
		"valid from a string":     {"not_before", map[string]any{"nbf": "0"}},
		"no nonce":                {"nonce", map[string]any{"nonce": nil}},
		"other nonce":             {"nonce", map[string]any{"nonce": "nonce-2"}},
		"nonce is a list":         {"nonce", map[string]any{"nonce": []string{"nonce-1"}}},
		"other access token":      {"at_hash", map[string]any{"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
		"at_hash is a number":     {"at_hash", map[string]any{"at_hash": 1}},
		"no subject":              {"subject", map[string]any{"sub": nil}},
		"empty subject":           {"subject", map[string]any{"sub": ""}},
		"subject is a number":     {"subject", map[string]any{"sub": 1}},
		"subject is long":         {"subject", map[string]any{"sub": strings.Repeat("x", 256)}},
		"subject cannot be typed": {"subject", map[string]any{"sub": "alice\x00"}},
		"deep":                    {"claims", map[string]any{"x": json.RawMessage(strings.Repeat("[", 40) + strings.Repeat("]", 40))}},
	} {
		w.claims(c.says)
		if token, err := w.signIn(t); !errors.Is(err, oidcrp.ErrToken) || oidcrp.Reason(err) != c.reason || token.Subject != "" || token.Claims != nil {
			t.Errorf("%s: want %s, got %v, %v", name, c.reason, token, err)
		}
	}
	if n := w.Hits(federationtest.Userinfo); n != 0 {
		t.Errorf("UserInfo was asked %d times", n)
	}
}

func TestTokensThatAreOurs(t *testing.T) {
	t.Parallel()
	w := setup(t)
	now := w.clock.now()
	for name, says := range map[string]map[string]any{
		"list of one":        {"aud": []string{w.ClientID}},
		"two audiences":      {"aud": []string{"other", w.ClientID}, "azp": w.ClientID},
		"clock a bit ahead":  {"iat": now.Add(50 * time.Second).Unix(), "nbf": now.Add(50 * time.Second).Unix()},
		"clock a bit behind": {"exp": now.Add(-50 * time.Second).Unix()},
		"fractions":          {"iat": float64(now.Unix()) + 0.25, "exp": float64(now.Unix()) + 60.75},
		"null is nothing":    {"azp": json.RawMessage("null"), "at_hash": json.RawMessage("null")},
		"longest subject":    {"sub": strings.Repeat("x", 255)},
	} {
		w.claims(says)
		if _, err := w.signIn(t); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestATHashOfTheAccessTokenIsAccepted(t *testing.T) {
	t.Parallel()
	w := setup(t)
	// The examples of OpenID Connect Core 1.0, A.3.
	w.claims(map[string]any{"at_hash": "77QmUPtjPfzWtF2AnpK9RQ"})
	w.Script(func(s *federationtest.Script) {
		s.TokenResponse = func(a map[string]any) { a["access_token"] = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y" }
	})
	w.mustSignIn(t)
	w.Script(func(s *federationtest.Script) { s.TokenResponse = func(a map[string]any) { delete(a, "access_token") } })
	w.refuses(t, "at_hash")
}

func TestAlgorithmsG05(t *testing.T) {
	t.Parallel()
	w := setup(t)
	current := w.CurrentKey()
	public := []byte(w.published(t))
	for name, c := range map[string]struct {
		reason string
		s      federationtest.Signing
	}{
		"none":                    {"algorithm", federationtest.Signing{Alg: "none"}},
		"None":                    {"algorithm", federationtest.Signing{Alg: "None"}},
		"no algorithm":            {"algorithm", federationtest.Signing{Key: current.Key}},
		"our secret":              {"algorithm", federationtest.Signing{Alg: "HS256", Key: []byte(strings.Repeat(w.Secret, 3))}},
		"public key as secret":    {"algorithm", federationtest.Signing{Alg: "HS256", Key: public}},
		"not announced":           {"algorithm", federationtest.Signing{Alg: "PS512", Key: federationtest.NewRSA(t)}},
		"another's key":           {"signature", federationtest.Signing{Alg: "ES256", Key: federationtest.NewKey(t)}},
		"another's key, unnamed":  {"signature", federationtest.Signing{Alg: "ES256", Key: federationtest.NewKey(t), KID: "-"}},
		"unknown key":             {"key", federationtest.Signing{KID: "key-99"}},
		"key for other algorithm": {"key", federationtest.Signing{Alg: "RS256", Key: federationtest.NewRSA(t)}},
		"for something else":      {"type", federationtest.Signing{Type: "at+jwt"}},
		"logout token":            {"type", federationtest.Signing{Type: "logout+jwt"}},
		"type is a list":          {"type", federationtest.Signing{Extra: map[string]any{"typ": []string{"JWT"}}}},
		"critical extension":      {"signature", federationtest.Signing{Extra: map[string]any{"crit": []string{"exp"}}}},
	} {
		w.Script(func(s *federationtest.Script) { s.Signing = c.s })
		if _, err := w.signIn(t); oidcrp.Reason(err) != c.reason {
			t.Errorf("%s: want %s, got %v", name, c.reason, err)
		}
	}
}

// A key in the header of a token is the word of whoever made the token.
func TestKeyInTheHeaderIsIgnoredG05(t *testing.T) {
	t.Parallel()
	w := setup(t)
	own := federationtest.Signing{Alg: "ES256", KID: "key-1", Key: federationtest.NewKey(t)}
	own.Extra = map[string]any{"jwk": federationtest.JWK(own), "jku": w.URL + "/evil", "x5u": w.URL + "/evil"}
	w.Script(func(s *federationtest.Script) { s.Signing = own })
	w.refuses(t, "signature")
}

func (w world) published(t *testing.T) string {
	t.Helper()
	raw, err := json.Marshal(federationtest.JWK(w.CurrentKey()))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestOtherKindsOfKeys(t *testing.T) {
	t.Parallel()
	w := setup(t)
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsa := federationtest.NewRSA(t)
	w.Rotate(t, "EdDSA", edwards, false)
	w.mustSignIn(t)
	for _, alg := range []string{"RS256", "PS256"} {
		w.clock.turn(2 * time.Minute)
		w.Rotate(t, alg, rsa, false)
		w.mustSignIn(t)
	}
}

func TestTamperedTokensAreRefused(t *testing.T) {
	t.Parallel()
	w := setup(t)
	payload := base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"admin"}`))
	for name, c := range map[string]struct {
		reason string
		tamper func(string) string
	}{
		"other payload": {"signature", func(s string) string {
			parts := strings.Split(s, ".")
			return parts[0] + "." + payload + "." + parts[2]
		}},
		"no signature": {"signature", func(s string) string { return s[:strings.LastIndex(s, ".")+1] }},
		"two parts":    {"claims", func(s string) string { return s[:strings.LastIndex(s, ".")] }},
		"million dots": {"claims", func(s string) string { return strings.Repeat(".", 1<<16-1) }},
		"long":         {"claims", func(s string) string { return s + strings.Repeat("A", 64<<10) }},
		"JSON":         {"claims", func(s string) string { return `{"payload":"","signatures":[]}` }},
		"encrypted":    {"claims", func(s string) string { return "a.b.c.d.e" }},
		"said twice": {"claims", func(string) string {
			return federationtest.Compact([]byte(`{"sub":"alice","sub":"admin"}`), w.CurrentKey())
		}},
		"no object":      {"claims", func(string) string { return federationtest.Compact([]byte(`["alice"]`), w.CurrentKey()) }},
		"null":           {"claims", func(string) string { return federationtest.Compact([]byte(`null`), w.CurrentKey()) }},
		"no JSON":        {"claims", func(string) string { return federationtest.Compact([]byte(`alice`), w.CurrentKey()) }},
		"nothing":        {"exchange", func(string) string { return "" }},
		"something else": {"algorithm", func(string) string { return "a.b.c" }},
	} {
		w.Script(func(s *federationtest.Script) { s.Tamper = c.tamper })
		if _, err := w.signIn(t); oidcrp.Reason(err) != c.reason {
			t.Errorf("%s: want %s, got %v", name, c.reason, err)
		}
	}
}

func TestOtherSignInsTokenIsRefusedG05(t *testing.T) {
	t.Parallel()
	w := setup(t)
	first := ask()
	code := w.travel(t, first)
	second := first
	second.Nonce = "nonce-2"
	_, err := w.client.Redeem(t.Context(), w.relying, answer(second, code))
	if oidcrp.Reason(err) != "nonce" {
		t.Fatal(err)
	}
	second = first
	second.Nonce = ""
	w.claims(map[string]any{"nonce": ""})
	if _, err = w.client.Redeem(t.Context(), w.relying, answer(second, w.travel(t, first))); oidcrp.Reason(err) != "nonce" {
		t.Fatalf("nothing remembered, anything believed: %v", err)
	}
}

func TestCodeIsBoundToTheSignInG09(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for name, change := range map[string]func(*oidcrp.Answer){
		"other verifier": func(a *oidcrp.Answer) { a.Verifier += "x" },
		"other address":  func(a *oidcrp.Answer) { a.RedirectURI += "x" },
		"other code":     func(a *oidcrp.Answer) { a.Code += "x" },
	} {
		a := answer(ask(), w.travel(t, ask()))
		change(&a)
		if _, err := w.client.Redeem(t.Context(), w.relying, a); oidcrp.Reason(err) != "exchange" {
			t.Errorf("%s: %v", name, err)
		}
	}
	a := answer(ask(), w.travel(t, ask()))
	if _, err := w.client.Redeem(t.Context(), w.relying, a); err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.Redeem(t.Context(), w.relying, a); oidcrp.Reason(err) != "exchange" {
		t.Fatalf("used twice: %v", err)
	}
}

func TestMixUpIsNoticedBeforeTheCodeIsSentG09(t *testing.T) {
	t.Parallel()
	w := setup(t)
	silent := func(q url.Values) { q.Del("iss") }
	for name, script := range map[string]federationtest.Script{
		"other issuer":             {Iss: true, IssValue: "https://honest.example"},
		"longer issuer":            {Iss: true, IssValue: w.Issuer() + "/"},
		"none, though announced":   {Iss: true, Back: silent},
		"other, though not needed": {Back: func(q url.Values) { q.Set("iss", "https://honest.example") }},
	} {
		w.clock.turn(48 * time.Hour)
		w.Script(func(s *federationtest.Script) { *s = script })
		if _, err := w.signIn(t); oidcrp.Reason(err) != "mixup" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := w.Hits(federationtest.Token); n != 0 {
		t.Fatalf("%d codes were sent", n)
	}
	w.clock.turn(48 * time.Hour)
	w.Script(func(s *federationtest.Script) { *s = federationtest.Script{Iss: true} })
	w.mustSignIn(t)
}

func TestTokenEndpointFailures(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for name, c := range map[string]struct {
		reason string
		answer http.HandlerFunc
	}{
		"refusal":            {"exchange", federationtest.Status(400, `{"error":"invalid_grant","error_description":"AADSTS70008"}`)},
		"wrong secret":       {"exchange", federationtest.Status(401, `{"error":"invalid_client"}`)},
		"no ID token":        {"exchange", federationtest.Status(200, `{"access_token":"x"}`)},
		"ID token is a list": {"exchange", federationtest.Status(200, `{"id_token":["x"]}`)},
		"broken":             {"", federationtest.Status(500, `{"error":"server_error"}`)},
		"proxy":              {"", federationtest.Status(403, `<html>`)},
		"no JSON":            {"", federationtest.Status(200, `id_token=x`)},
		"deep":               {"", federationtest.Status(200, strings.Repeat("[", 100000))},
		"empty":              {"", federationtest.Status(204, "")},
		"elsewhere":          {"", federationtest.Redirect(w.URL + "/elsewhere")},
		"endless":            {"", federationtest.Endless},
		"huge":               {"", federationtest.Huge(1 << 20)},
	} {
		w.Script(func(s *federationtest.Script) {
			s.Answer = map[federationtest.Endpoint]http.HandlerFunc{federationtest.Token: c.answer}
		})
		_, err := w.signIn(t)
		want := oidcrp.ErrToken
		if c.reason == "" {
			want = oidcrp.ErrProvider
		}
		if !errors.Is(err, want) || oidcrp.Reason(err) != c.reason {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.Script(func(s *federationtest.Script) { s.Answer = nil; s.TokenError = "invalid_grant" })
	w.refuses(t, "exchange")
}

func TestUnreachableProviderSaysNothingMore(t *testing.T) {
	t.Parallel()
	w := setup(t)
	out := outbound.New(outbound.Config{})
	_, err := oidcrp.New(out, w.clock.now).Metadata(t.Context(), w.relying)
	if !errors.Is(err, oidcrp.ErrProvider) || !errors.Is(err, outbound.ErrRefused) || strings.Contains(err.Error(), "dial") || oidcrp.Reason(err) != "" {
		t.Fatal(err)
	}
	if n := w.Hits(federationtest.Discovery); n != 0 {
		t.Fatalf("%d hits", n)
	}
}
