package federation_test

import (
	"errors"
	"strings"
	"testing"

	"sallyport/provider/federation"
	"sallyport/storage/id"
)

func TestSettingsNameWhatIsWrong(t *testing.T) {
	t.Parallel()
	type settings = federation.Settings
	for _, row := range []struct {
		kind   federation.Kind
		change func(*settings)
		field  string // "" is fine
	}{
		{federation.Entra, func(*settings) {}, ""},
		{federation.Google, func(*settings) {}, ""},
		{federation.Okta, func(*settings) {}, ""},
		{federation.OIDC, func(*settings) {}, ""},
		{"saml", func(*settings) {}, "kind"},
		{federation.OIDC, func(s *settings) { s.Issuer = "" }, "issuer"},
		{federation.OIDC, func(s *settings) { s.Issuer = "idp.acme.test" }, "issuer"},
		{federation.OIDC, func(s *settings) { s.Issuer = "http://idp.acme.test" }, "issuer"},
		{federation.OIDC, func(s *settings) { s.Issuer = "http://127.0.0.1:8080/realms/a" }, ""},
		{federation.OIDC, func(s *settings) { s.Issuer = "http://localhost:8080" }, ""},
		{federation.OIDC, func(s *settings) { s.Issuer = "https://a:b@idp.acme.test" }, "issuer"},
		{federation.OIDC, func(s *settings) { s.Issuer = idp + "?a=b" }, "issuer"},
		{federation.OIDC, func(s *settings) { s.Issuer = idp + "#a" }, "issuer"},
		{federation.OIDC, func(s *settings) { s.Issuer = "file:///etc/passwd" }, "issuer"},
		{federation.OIDC, func(s *settings) { s.Issuer = "https://" + strings.Repeat("a", 400) }, "issuer"},
		{federation.Entra, func(s *settings) { s.Issuer = "https://login.microsoftonline.com/acme.onmicrosoft.com/v2.0" }, "issuer"},
		{federation.Entra, func(s *settings) { s.Issuer = microsoft(home) + "/" }, "issuer"},
		{federation.Entra, func(s *settings) { s.Issuer = "https://sts.windows.net/" + home + "/" }, "issuer"},
		{federation.Entra, func(s *settings) { s.Issuer = microsoft(strings.ToUpper("abcdef" + home[6:])) }, "issuer"},
		{federation.Entra, func(s *settings) { s.Issuer = microsoft("common") }, "directories"},
		{federation.Entra, func(s *settings) { s.Issuer = microsoft("organizations") }, "directories"},
		{federation.Entra, func(s *settings) { s.Issuer, s.Directories = microsoft("organizations"), []string{home} }, ""},
		{federation.Entra, func(s *settings) { s.Issuer, s.Directories = microsoft("organizations"), []string{"acme.test"} }, "directories"},
		{federation.Entra, func(s *settings) { s.Directories = []string{foreign} }, "directories"},
		{federation.Google, func(s *settings) { s.Directories = nil }, "directories"},
		{federation.Google, func(s *settings) { s.Directories, s.Personal = nil, true }, ""},
		{federation.Google, func(s *settings) { s.Directories = []string{"ACME.test"} }, "directories"},
		{federation.Google, func(s *settings) { s.Directories = []string{""} }, "directories"},
		{federation.OIDC, func(s *settings) { s.Directories = []string{"acme.test"} }, "directories"},
		{federation.Okta, func(s *settings) { s.Personal = true }, "directories"},
		{federation.OIDC, func(s *settings) { s.ClientID = "" }, "client_id"},
		{federation.OIDC, func(s *settings) { s.Auth = "none" }, "auth"},
		{federation.OIDC, func(s *settings) { s.Scopes = []string{"a b"} }, "scopes"},
		{federation.OIDC, func(s *settings) { s.Addresses = "sometimes" }, "addresses"},
		{federation.OIDC, func(s *settings) { s.LinkByAddress = true }, "link_by_address"},
		{federation.OIDC, func(s *settings) { s.LinkByAddress, s.Addresses = true, federation.Trusted }, ""},
		{federation.OIDC, func(s *settings) { s.Role = "owner" }, "role"},
		{federation.OIDC, func(s *settings) { s.Roles = []federation.RoleOf{{Group: "it", Role: "owner"}} }, "roles"},
		{federation.OIDC, func(s *settings) { s.Roles = []federation.RoleOf{{Role: "admin"}} }, "roles"},
		{federation.OIDC, func(s *settings) { s.Claims.Groups = "a\x00" }, "claims.groups"},
	} {
		s := draft(id.NewTenant(), row.kind).Settings
		if row.kind == "saml" {
			s = draft(id.NewTenant(), federation.OIDC).Settings
		}
		row.change(&s)
		err := s.Validate(row.kind)
		var invalid *federation.Invalid
		switch {
		case row.field == "" && err != nil:
			t.Errorf("%s %+v: %v", row.kind, s, err)
		case row.field != "" && (!errors.Is(err, federation.ErrInvalid) || !errors.As(err, &invalid) || invalid.Field != row.field || invalid.Reason == ""):
			t.Errorf("%s %+v: %v, want %s", row.kind, s, err, row.field)
		}
	}
}

func TestDefaultsGiveNobodyAnything(t *testing.T) {
	t.Parallel()
	for _, k := range federation.Kinds() {
		if s := k.Defaults(); s.Create || s.LinkByAddress || s.Personal || s.Addresses == federation.Trusted || s.Role != "user" || !k.Known() {
			t.Errorf("%s: %+v", k, s)
		}
	}
}
