package federation_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"sallyport/provider/federation"
	"sallyport/provider/federation/oidcrp"
	"sallyport/storage/id"
)

// Whatever a token says, the person has a key that can be stored, and an address counts only when the claim is the JSON true.
func FuzzRead(f *testing.F) {
	f.Add("s", `{"email": "a@acme.test", "email_verified": true, "amr": ["pwd", "mfa"], "auth_time": 1}`)
	f.Add("s", ofEntra(home, object, `, "acrs": ["c1"], "xms_edov": true, "email": "a@acme.test"`))
	f.Add("", `{"hd": "acme.test", "groups": ["a"], "_claim_names": {}}`)
	f.Fuzz(func(t *testing.T, subject, document string) {
		token := oidcrp.Token{Subject: subject}
		if json.Unmarshal([]byte(document), &token.Claims) != nil {
			return
		}
		for _, k := range federation.Kinds() {
			c := draft(id.Lobby, k)
			c.Settings.Addresses = federation.Verified
			token.Issuer = c.Settings.Issuer
			p, err := c.Read(token)
			if err != nil {
				if !errors.Is(err, federation.ErrClaims) && !errors.Is(err, federation.ErrForbidden) {
					t.Fatalf("%s: %v", k, err)
				}
				continue
			}
			sound(t, k, token, p)
		}
	})
}

func sound(t *testing.T, k federation.Kind, token oidcrp.Token, p federation.Person) {
	t.Helper()
	for _, s := range []string{p.Subject, p.Issuer, p.Label, p.Name, p.Email, p.LoginHint, p.Upstream.AMR, p.Upstream.SID} {
		if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\r\n") {
			t.Fatalf("%s: %q cannot be stored or shown", k, s)
		}
	}
	if p.Subject == "" || len([]rune(p.Subject)) > 255 || len([]rune(p.Label)) > 254 || len([]rune(p.Name)) > 200 || len(p.Email) > 254 {
		t.Fatalf("%s: %+v does not fit", k, p)
	}
	claim := "email_verified"
	if k == federation.Entra {
		claim = "xms_edov"
	}
	if p.EmailTrusted && string(token.Claims[claim]) != "true" {
		t.Fatalf("%s: %s counts by %s", k, p.Email, token.Claims[claim])
	}
	var amr []string
	if json.Unmarshal(token.Claims["amr"], &amr) != nil && p.Upstream.AMR != "" || slices.Contains(strings.Fields(p.Upstream.AMR), "mfa") && !slices.Contains(amr, "mfa") {
		t.Fatalf("%s: amr %s was read as %q", k, token.Claims["amr"], p.Upstream.AMR)
	}
}

// A handle is read only in the spelling that it is written in: each connection has one address.
func FuzzHandle(f *testing.F) {
	for _, s := range []string{"", ".", "a.b", draft(id.Lobby, federation.OIDC).Handle(), strings.ToUpper(draft(id.Lobby, federation.OIDC).Handle()), draft(id.Lobby, federation.OIDC).Handle() + ".x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		tenant, c, ok := federation.ParseHandle(s)
		if back := (federation.Connection{Tenant: tenant, ID: c}).Handle(); ok && back != s {
			t.Fatalf("%q was read as %s", s, back)
		}
	})
}
