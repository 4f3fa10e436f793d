package federation_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/storage/id"
)

func microsoft(directory string) string {
	return "https://login.microsoftonline.com/" + directory + "/v2.0"
}

func ofEntra(directory, object, more string) string {
	return fmt.Sprintf(`{"tid": %q, "oid": %q, "ver": "2.0"%s}`, directory, object, more)
}

func TestG01SomebodyAtEntraIsAnObjectInADirectoryAndNothingElse(t *testing.T) {
	t.Parallel()
	c := draft(id.NewTenant(), federation.Entra)
	p, err := c.Read(told(t, microsoft(home), "pairwise", ofEntra(home, object,
		`, "email": "alice@acme.test", "preferred_username": "alice@acme.test", "upn": "alice@acme.test", "email_verified": true`)))
	if err != nil || p.Issuer != microsoft(home) || p.Subject != object {
		t.Fatalf("%+v, %v", p, err)
	}
	if p.Email != "alice@acme.test" || p.EmailTrusted {
		t.Errorf("an address that Entra did not verify counts: %+v", p)
	}
	p, err = c.Read(told(t, microsoft(home), "pairwise", ofEntra(home, object, `, "email": "alice@acme.test", "xms_edov": true`)))
	if err != nil || !p.EmailTrusted {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestG02OnlyTheDirectoriesOfTheConnectionAreAdmitted(t *testing.T) {
	t.Parallel()
	const personal = "9188040d-6c67-4c5b-b112-36a304b66dad"
	many := func(authority string, p bool, directories ...string) func(*federation.Settings) {
		return func(s *federation.Settings) {
			s.Issuer, s.Directories, s.Personal = microsoft(authority), directories, p
		}
	}
	for name, row := range map[string]struct {
		change    func(*federation.Settings)
		issuer    string
		directory string
		want      string // reason, "" admitted
	}{
		"its one directory":                {nil, microsoft(home), home, ""},
		"another directory":                {nil, microsoft(foreign), foreign, "directory"},
		"issuer of ours, tid of others":    {nil, microsoft(home), foreign, "directory"},
		"issuer of others, tid of ours":    {nil, microsoft(foreign), home, "directory"},
		"version 1 issuer":                 {nil, "https://sts.windows.net/" + home + "/", home, "directory"},
		"another cloud":                    {nil, "https://login.microsoftonline.us/" + home + "/v2.0", home, "directory"},
		"listed":                           {many("organizations", false, home), microsoft(home), home, ""},
		"not listed":                       {many("organizations", false, home), microsoft(foreign), foreign, "directory"},
		"nobody listed":                    {many("organizations", false), microsoft(home), home, "directory"},
		"personal where none are":          {many("common", false, home), microsoft(personal), personal, "personal"},
		"personal though listed":           {many("common", false, home, personal), microsoft(personal), personal, "personal"},
		"personal admitted":                {many("common", true, home), microsoft(personal), personal, ""},
		"personal at organizations":        {many("organizations", true, home), microsoft(personal), personal, "directory"},
		"personal at a connection of one":  {func(s *federation.Settings) { s.Personal = true }, microsoft(personal), personal, "directory"},
		"common with others than personal": {many("common", true, home), microsoft(foreign), foreign, "directory"},
	} {
		c := draft(id.NewTenant(), federation.Entra)
		if row.change != nil {
			row.change(&c.Settings)
		}
		_, err := c.Read(told(t, row.issuer, "s", ofEntra(row.directory, object, "")))
		var forbidden *federation.Forbidden
		switch {
		case row.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case row.want != "" && (!errors.Is(err, federation.ErrForbidden) || !errors.As(err, &forbidden) || forbidden.Reason != row.want):
			t.Errorf("%s: %v, want %s", name, err, row.want)
		}
	}
}

func TestG02OnlyTheWorkspacesOfTheConnectionAreAdmitted(t *testing.T) {
	t.Parallel()
	for claims, want := range map[string][2]string{ // without and with personal accounts
		`{"hd": "acme.test"}`:   {"", ""},
		`{"hd": "ACME.test"}`:   {"", ""},
		`{"hd": "evil.test"}`:   {"directory", "directory"},
		`{"hd": ["acme.test"]}`: {"directory", "directory"},
		`{"hd": ""}`:            {"directory", "directory"},
		`{"hd": null}`:          {"personal", ""},
		`{}`:                    {"personal", ""},
		`{"email": "a@acme.test", "email_verified": true}`: {"personal", ""},
	} {
		for i, personal := range []bool{false, true} {
			c := draft(id.NewTenant(), federation.Google)
			c.Settings.Personal = personal
			_, err := c.Read(told(t, "https://accounts.google.com", "1", claims))
			var forbidden *federation.Forbidden
			if got := ""; err != nil {
				if errors.As(err, &forbidden) {
					got = forbidden.Reason
				}
				if got != want[i] || got == "" {
					t.Errorf("%s, personal %v: %v, want %q", claims, personal, err, want[i])
				}
			} else if want[i] != "" {
				t.Errorf("%s, personal %v: admitted", claims, personal)
			}
		}
	}
	c := draft(id.NewTenant(), federation.Google)
	p, err := c.Read(told(t, "accounts.google.com", "1", `{"hd": "acme.test"}`))
	if err != nil || p.Issuer != "https://accounts.google.com" {
		t.Errorf("one person has two names: %+v, %v", p, err)
	}
}

func TestG03OnlyTheJSONTrueVerifiesAnAddress(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{`true`: true, `false`: false, `"true"`: false, `1`: false, `"1"`: false, `[true]`: false, `{}`: false, `null`: false, `"yes"`: false} {
		for kind, claim := range map[federation.Kind]string{federation.Okta: "email_verified", federation.OIDC: "email_verified", federation.Entra: "xms_edov"} {
			c := draft(id.NewTenant(), kind)
			c.Settings.Addresses = federation.Verified
			issuer, more := idp, ""
			if kind == federation.Entra {
				issuer, more = microsoft(home), fmt.Sprintf(`, "tid": %q, "oid": %q, "ver": "2.0"`, home, object)
			}
			p, err := c.Read(told(t, issuer, "s", fmt.Sprintf(`{"email": "a@acme.test", %q: %s%s}`, claim, value, more)))
			if err != nil || p.EmailTrusted != want {
				t.Errorf("%s %s %s: trusted is %v, %v", kind, claim, value, p.EmailTrusted, err)
			}
		}
	}
}

func TestG03AddressCountsByTheWordOfTheAdministratorAndTheProvider(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		kind      federation.Kind
		addresses string
		claim     string
		claims    string
		want      bool
	}{
		"untrusted":                             {federation.OIDC, federation.Untrusted, "", `{"email": "a@b.test", "email_verified": true}`, false},
		"verified by another's claim":           {federation.OIDC, federation.Verified, "", `{"email": "a@b.test", "xms_edov": true}`, false},
		"all":                                   {federation.OIDC, federation.Trusted, "", `{"email": "a@b.test"}`, true},
		"G08 another claim in its place":        {federation.OIDC, federation.Verified, "mail", `{"mail": "a@b.test", "email": "c@b.test", "email_verified": true}`, false},
		"another claim, all":                    {federation.OIDC, federation.Trusted, "mail", `{"mail": "a@b.test"}`, true},
		"workspace":                             {federation.Google, federation.Verified, "", `{"hd": "acme.test", "email": "a@acme.test", "email_verified": true}`, true},
		"gmail":                                 {federation.Google, federation.Verified, "", `{"email": "a@gmail.com", "email_verified": true}`, true},
		"other mailbox of a personal account":   {federation.Google, federation.Verified, "", `{"email": "a@acme.test", "email_verified": true}`, false},
		"not what we would spell the same":      {federation.OIDC, federation.Verified, "", `{"email": "ａ@b.test", "email_verified": true}`, false},
		"not an address":                        {federation.OIDC, federation.Trusted, "", `{"email": "a@b@c.test", "email_verified": true}`, false},
		"a list of addresses":                   {federation.OIDC, federation.Trusted, "", `{"email": ["a@b.test"], "email_verified": true}`, false},
		"an address with a line break":          {federation.OIDC, federation.Trusted, "", `{"email": "a@b.test\r\nBcc: c@d.test", "email_verified": true}`, false},
		"verified by Entra's other application": {federation.Okta, federation.Verified, "", `{"email": "a@b.test", "email_verified": "true"}`, false},
	} {
		c := draft(id.NewTenant(), row.kind)
		c.Settings.Addresses, c.Settings.Claims.Email, c.Settings.Personal = row.addresses, row.claim, row.kind == federation.Google
		p, err := c.Read(told(t, idp, "s", row.claims))
		if err != nil || p.EmailTrusted != row.want {
			t.Errorf("%s: trusted is %v (%q), %v", name, p.EmailTrusted, p.Email, err)
		}
	}
}

func TestG04ClaimsOfAnotherTypeAreNoEvidence(t *testing.T) {
	t.Parallel()
	at := start
	good := at.Add(-time.Minute).Unix()
	for claims, want := range map[string]mfa.Grade{
		fmt.Sprintf(`{"amr": ["pwd", "mfa"], "auth_time": %d}`, good):                         mfa.GradeGood,
		`{"amr": ["pwd", "mfa"]}`:                                                             mfa.GradeMedium,
		fmt.Sprintf(`{"amr": ["pwd", "mfa"], "auth_time": "%d"}`, good):                       mfa.GradeMedium,
		fmt.Sprintf(`{"amr": ["pwd", "mfa"], "auth_time": %d.5}`, good):                       mfa.GradeMedium,
		fmt.Sprintf(`{"amr": ["pwd", "mfa"], "auth_time": %d}`, at.Add(-24*time.Hour).Unix()): mfa.GradeMedium,
		fmt.Sprintf(`{"amr": ["pwd", "mfa"], "auth_time": %d}`, at.Add(24*time.Hour).Unix()):  mfa.GradeNone,
		`{"amr": "mfa"}`:         mfa.GradeNone,
		`{"amr": "pwd mfa"}`:     mfa.GradeNone,
		`{"amr": ["pwd mfa"]}`:   mfa.GradeNone,
		`{"amr": ["nomfa"]}`:     mfa.GradeNone,
		`{"amr": ["MFA"]}`:       mfa.GradeNone,
		`{"amr": [["mfa"]]}`:     mfa.GradeNone,
		`{"amr": {"mfa": true}}`: mfa.GradeNone,
		`{"amr": ["mfa", 1]}`:    mfa.GradeNone,
		`{"amr": ["mfa", null]}`: mfa.GradeNone,
		`{"amr": []}`:            mfa.GradeNone,
		`{"amr": null}`:          mfa.GradeNone,
		`{"userinfo": {"amr": ["mfa"]}, "Amr": ["mfa"]}`:                                         mfa.GradeNone,
		`{"amr": ["` + strings.Repeat(`x", "`, 100) + `mfa"]}`:                                   mfa.GradeNone,
		fmt.Sprintf(`{"acr": "https://refeds.org/profile/mfa", "auth_time": %d}`, good):          mfa.GradeGood,
		`{"acr": ["https://refeds.org/profile/mfa"]}`:                                            mfa.GradeNone,
		`{"acr": "x https://refeds.org/profile/mfa"}`:                                            mfa.GradeNone,
		fmt.Sprintf(`{"acrs": ["c1"], "amr": ["pwd"], "auth_time": %d}`, good):                   mfa.GradeNone,
		fmt.Sprintf(`{"amr": ["pwd", "mfa"], "auth_time": %d, "acr": "0"}`, good-int64(12*3600)): mfa.GradeMedium,
	} {
		c := draft(id.NewTenant(), federation.OIDC)
		p, err := c.Read(told(t, idp, "s", claims))
		if err != nil {
			t.Fatal(err)
		}
		e := policy.Exemption{Connection: c.ID, Mode: policy.ByEvidence, Accept: mfa.GradeGood, Evidence: c.Kind.Evidence()}
		got := e.Weigh(p.Upstream, at)
		if got.Grade != want || (got.Level > mfa.OneFactor) != (want == mfa.GradeGood) {
			t.Errorf("%.80s: grade %s, level %d, want %s", claims, got.Grade, got.Level, want)
		}
	}
}

func TestWhoCannotBeNamedIsNobody(t *testing.T) {
	t.Parallel()
	entra, generic := draft(id.NewTenant(), federation.Entra), draft(id.NewTenant(), federation.OIDC)
	for _, row := range []struct {
		c       federation.Connection
		subject string
		claims  string
	}{
		{generic, "", `{}`}, {generic, "a\x00b", `{}`}, {generic, "a\nb", `{}`}, {generic, strings.Repeat("x", 256), `{}`}, {generic, "\xff", `{}`},
		{entra, "s", `{}`},
		{entra, "s", `{"tid": "` + home + `", "ver": "2.0"}`},
		{entra, "s", `{"oid": "` + object + `", "ver": "2.0"}`},
		{entra, "s", `{"oid": "` + object + `", "tid": "` + home + `"}`},
		{entra, "s", `{"oid": "` + object + `", "tid": "` + home + `", "ver": "1.0"}`},
		{entra, "s", `{"oid": "` + object + `", "tid": "` + home + `", "ver": 2.0}`},
		{entra, "s", `{"oid": "` + strings.ToUpper(object) + `", "tid": "` + home + `", "ver": "2.0"}`},
		{entra, "s", `{"oid": "x", "tid": "` + home + `", "ver": "2.0"}`},
		{entra, "s", `{"oid": ["` + object + `"], "tid": "` + home + `", "ver": "2.0"}`},
		{entra, "s", `{"oid": "` + object + `", "tid": "{tenantid}", "ver": "2.0"}`},
	} {
		if p, err := row.c.Read(told(t, microsoft(home), row.subject, row.claims)); !errors.Is(err, federation.ErrClaims) {
			t.Errorf("%q %s: %+v, %v, want ErrClaims", row.subject, row.claims, p, err)
		}
	}
}

func TestWhatPeopleSeeIsPrintableAndFits(t *testing.T) {
	t.Parallel()
	c := draft(id.NewTenant(), federation.OIDC)
	p, err := c.Read(told(t, idp, "s", `{"name": "Ka\u0000ri\u202e\n`+strings.Repeat("æ", 300)+`", "preferred_username": "kari"}`))
	if err != nil || len([]rune(p.Name)) != 200 || !strings.HasPrefix(p.Name, "Kariæ") || p.Label != "kari" || p.LoginHint != "kari" {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestGroupsAreKnownUnlessTheProviderCouldNotTellThem(t *testing.T) {
	t.Parallel()
	for claims, want := range map[string]struct {
		known bool
		n     int
	}{
		`{"groups": ["a", "b"]}`: {true, 2}, `{"groups": []}`: {true, 0}, `{}`: {true, 0},
		`{"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://graph.test"}}}`: {false, 0},
		`{"_claim_names": {"groups": "src1"}, "groups": ["a"]}`:                                                {false, 0},
		`{"_claim_names": {"address": "src1"}, "groups": ["a"]}`:                                               {true, 1},
		`{"_claim_names": "groups", "groups": ["a"]}`:                                                          {false, 0},
		`{"hasgroups": true}`: {false, 0}, `{"groups": "a"}`: {false, 0}, `{"groups": [1]}`: {false, 0}, `{"groups": ["a", null]}`: {false, 0},
	} {
		p, err := draft(id.NewTenant(), federation.OIDC).Read(told(t, idp, "s", claims))
		if err != nil || p.GroupsKnown != want.known || len(p.Groups) != want.n {
			t.Errorf("%s: %v %v, %v", claims, p.GroupsKnown, p.Groups, err)
		}
	}
}
