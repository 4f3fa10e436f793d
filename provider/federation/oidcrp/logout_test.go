package oidcrp_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"sallyport/provider/federation/federationtest"
	"sallyport/provider/federation/oidcrp"
)

func TestLogoutToken(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, typ := range []string{"logout+jwt", "application/logout+jwt", "JWT"} {
		out, err := w.client.Logout(t.Context(), w.relying, w.LogoutToken(map[string]any{"sid": "s1"}, federationtest.Signing{Type: typ}))
		if err != nil || out.Issuer != w.Issuer() || out.Subject != "alice" || out.SID != "s1" || out.ID == "" || !out.Expires.After(w.clock.now()) {
			t.Fatalf("got %+v, %v", out, err)
		}
	}
	w.clock.turn(time.Minute)
	for name, says := range map[string]map[string]any{"session alone": {"sub": nil, "sid": "s1"}, "person alone": {}} {
		if _, err := w.client.Logout(t.Context(), w.relying, w.LogoutToken(says, federationtest.Signing{})); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLogoutTokensThatAreNone(t *testing.T) {
	t.Parallel()
	w := setup(t)
	now := w.clock.now()
	event := "http://schemas.openid.net/event/backchannel-logout"
	for name, c := range map[string]struct {
		reason string
		says   map[string]any
		s      federationtest.Signing
	}{
		"no events":       {"events", map[string]any{"events": nil}, federationtest.Signing{}},
		"other event":     {"events", map[string]any{"events": map[string]any{"x": map[string]any{}}}, federationtest.Signing{}},
		"event is null":   {"events", map[string]any{"events": map[string]any{event: json.RawMessage("null")}}, federationtest.Signing{}},
		"event is true":   {"events", map[string]any{"events": map[string]any{event: true}}, federationtest.Signing{}},
		"events is list":  {"events", map[string]any{"events": []string{event}}, federationtest.Signing{}},
		"nonce":           {"nonce", map[string]any{"nonce": "x"}, federationtest.Signing{}},
		"nobody":          {"subject", map[string]any{"sub": nil}, federationtest.Signing{}},
		"no jti":          {"claims", map[string]any{"jti": nil}, federationtest.Signing{}},
		"endless":         {"lifetime", map[string]any{"exp": now.Add(25 * time.Hour).Unix()}, federationtest.Signing{}},
		"no end":          {"expired", map[string]any{"exp": nil}, federationtest.Signing{}},
		"expired":         {"expired", map[string]any{"exp": now.Add(-time.Hour).Unix()}, federationtest.Signing{}},
		"future":          {"iat", map[string]any{"iat": now.Add(time.Hour).Unix()}, federationtest.Signing{}},
		"other issuer":    {"issuer", map[string]any{"iss": "https://evil.example"}, federationtest.Signing{}},
		"other audience":  {"audience", map[string]any{"aud": "other"}, federationtest.Signing{}},
		"access token":    {"type", nil, federationtest.Signing{Type: "at+jwt"}},
		"unsigned":        {"algorithm", nil, federationtest.Signing{Alg: "none"}},
		"somebody else's": {"signature", nil, federationtest.Signing{Alg: "ES256", Key: federationtest.NewKey(t)}},
		"unknown key":     {"key", nil, federationtest.Signing{KID: "made-up"}},
	} {
		out, err := w.client.Logout(t.Context(), w.relying, w.LogoutToken(c.says, c.s))
		if !errors.Is(err, oidcrp.ErrToken) || oidcrp.Reason(err) != c.reason || out != (oidcrp.Logout{}) {
			t.Errorf("%s: want %s, got %v, %v", name, c.reason, out, err)
		}
	}
}

func TestIDTokenSignsNobodyOut(t *testing.T) {
	t.Parallel()
	w := setup(t)
	_, err := w.client.Logout(t.Context(), w.relying, w.mustSignIn(t).Raw)
	if oidcrp.Reason(err) != "events" {
		t.Fatal(err)
	}
}

// Anybody can post a logout token: made-up keys must not turn us against the provider.
func TestFloodOfLogoutTokensReachesNobodyL05(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.mustSignIn(t)
	for _, token := range []string{"", ".", "..", strings.Repeat(".", 1<<20), strings.Repeat("A", 5<<20), "a.b.c", "e30.e30.", "eyJhbGciOiJub25lIn0.e30."} {
		if _, err := w.client.Logout(t.Context(), w.relying, token); !errors.Is(err, oidcrp.ErrToken) {
			t.Errorf("%.20q: %v", token, err)
		}
	}
	made := w.LogoutToken(nil, federationtest.Signing{KID: "made-up"})
	for range 50 {
		if _, err := w.client.Logout(t.Context(), w.relying, made); oidcrp.Reason(err) != "key" {
			t.Fatal(err)
		}
	}
	w.fetched(t, 1, 1)
}
