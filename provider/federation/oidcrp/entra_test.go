package oidcrp_test

import (
	"errors"
	"strings"
	"testing"

	"sallyport/provider/federation/federationtest"
	"sallyport/provider/federation/oidcrp"
)

const foreign = "22222222-2222-4222-8222-222222222222"

func TestEntraDirectoryG02(t *testing.T) {
	t.Parallel()
	w := entra(t, federationtest.HomeDirectory)
	if token := w.mustSignIn(t); token.Issuer != w.Directory(federationtest.HomeDirectory) {
		t.Fatalf("got %s", token.Issuer)
	}
	for name, says := range map[string]map[string]any{
		"foreign directory": {"iss": w.Directory(foreign), "tid": foreign},
		"foreign tid":       {"tid": foreign},
		"foreign issuer":    {"iss": w.Directory(foreign)},
		"no tid":            {"tid": nil},
	} {
		w.claims(says)
		if _, err := w.signIn(t); oidcrp.Reason(err) != "issuer" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEntraLogoutTokenNamesItsDirectoryByTheIssuerAloneG02(t *testing.T) {
	t.Parallel()
	w := entra(t, federationtest.HomeDirectory)
	ends := func(says map[string]any) error {
		_, err := w.client.Logout(t.Context(), w.relying, w.LogoutToken(says, federationtest.Signing{}))
		return err
	}
	home := w.Directory(federationtest.HomeDirectory)
	if err := ends(map[string]any{"iss": home, "sid": "s1"}); err != nil {
		t.Fatal(err)
	}
	for name, says := range map[string]map[string]any{
		"foreign directory": {"iss": w.Directory(foreign)}, "no directory": {"iss": w.Issuer()}, "no issuer": {"iss": nil},
		"tid of another": {"iss": home, "tid": foreign}, "empty tid": {"iss": home, "tid": ""}, "template": {"iss": w.Directory("{tenantid}")},
	} {
		if err := ends(says); oidcrp.Reason(err) != "issuer" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEntraSharedAuthoritiesG02(t *testing.T) {
	t.Parallel()
	for _, authority := range []string{"organizations", "common"} {
		w := entra(t, authority)
		m, err := w.client.Metadata(t.Context(), w.relying)
		if err != nil || !strings.Contains(m.Issuer, "{tenantid}") {
			t.Fatalf("got %v, %v", m.Issuer, err)
		}
		for _, tid := range []string{federationtest.HomeDirectory, foreign, federationtest.PersonalDirectory} {
			w.Script(func(s *federationtest.Script) { s.Directory = tid })
			// Which directories are let in is the connection's to say; here the token must only be what it says it is.
			if token := w.mustSignIn(t); token.Issuer != w.Directory(tid) || string(token.Claims["tid"]) != `"`+tid+`"` {
				t.Fatalf("%s: got %s", tid, token.Issuer)
			}
		}
		w.Honest()
		for name, says := range map[string]map[string]any{
			"issuer of another":     {"iss": w.Directory(foreign)},
			"tid of another":        {"tid": foreign},
			"no tid":                {"tid": nil},
			"tid is a list":         {"tid": []string{federationtest.HomeDirectory}},
			"tid is a path":         {"tid": "x/../" + federationtest.HomeDirectory, "iss": w.Directory("x/../" + federationtest.HomeDirectory)},
			"tid is a name":         {"tid": "contoso.example", "iss": w.Directory("contoso.example")},
			"tid is the template":   {"tid": "{tenantid}", "iss": w.Directory("{tenantid}")},
			"tid is the authority":  {"tid": authority, "iss": w.Directory(authority)},
			"tid in capitals":       {"tid": strings.ToUpper("aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"), "iss": w.Directory("AAAAAAAA-AAAA-4AAA-8AAA-AAAAAAAAAAAA")},
			"tid with a line break": {"tid": foreign + "\n", "iss": w.Directory(foreign + "\n")},
			"other host":            {"iss": "https://sts.example/" + federationtest.HomeDirectory + "/v2.0"},
			"version 1":             {"iss": "https://sts.windows.net/" + federationtest.HomeDirectory + "/", "ver": "1.0"},
			"the template itself":   {"iss": w.Directory("{tenantid}")},
		} {
			w.claims(says)
			if _, err := w.signIn(t); oidcrp.Reason(err) != "issuer" {
				t.Errorf("%s at %s: %v", name, authority, err)
			}
		}
	}
}

func TestEntraKeysBelongToIssuersG02(t *testing.T) {
	t.Parallel()
	w := entra(t, "common")
	// Who can sign for personal accounts says to be of a directory.
	w.Script(func(s *federationtest.Script) { s.Signing = w.PersonalKey() })
	w.refuses(t, "key_issuer")
	w.Script(func(s *federationtest.Script) { s.Directory = federationtest.PersonalDirectory })
	w.mustSignIn(t)

	for name, issuer := range map[string]any{"of another": w.Directory(foreign), "of nobody": nil, "of another cloud": "https://login.example/{tenantid}/v2.0"} {
		w := entra(t, "common")
		w.Script(func(s *federationtest.Script) { s.Keys = issued(issuer) })
		if _, err := w.signIn(t); oidcrp.Reason(err) != "key_issuer" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// issued gives all keys this issuer, or takes it away.
func issued(issuer any) func([]map[string]any) []map[string]any {
	return func(all []map[string]any) []map[string]any {
		for _, k := range all {
			if k["issuer"] = issuer; issuer == nil {
				delete(k, "issuer")
			}
		}
		return all
	}
}

func TestEntraKeyListedForTwoIssuersSignsForBoth(t *testing.T) {
	t.Parallel()
	w := entra(t, "organizations")
	w.Script(func(s *federationtest.Script) {
		s.Keys = func(all []map[string]any) []map[string]any {
			twin := map[string]any{}
			for k, v := range all[0] {
				twin[k] = v
			}
			twin["issuer"] = w.Directory(foreign)
			return append([]map[string]any{twin}, all...)
		}
	})
	w.mustSignIn(t)
}

func TestEntraKeysOfOneDirectoryNeedNoIssuer(t *testing.T) {
	t.Parallel()
	w := entra(t, federationtest.HomeDirectory)
	w.Script(func(s *federationtest.Script) { s.Keys = issued(nil) })
	w.mustSignIn(t)
}

func TestEntraDocumentsOfOthersAreRefusedG02(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ authority, issuer string }{
		"template for one directory": {federationtest.HomeDirectory, "{tenantid}"},
		"other directory":            {federationtest.HomeDirectory, foreign},
		"directory for a shared one": {"organizations", federationtest.HomeDirectory},
		"authority for a shared one": {"organizations", "organizations"},
		"another template":           {"common", "{tenant}"},
	} {
		w := entra(t, c.authority)
		w.Script(func(s *federationtest.Script) {
			s.Discovery = func(d map[string]any) { d["issuer"] = w.Directory(c.issuer) }
		})
		if _, err := w.client.Metadata(t.Context(), w.relying); !errors.Is(err, oidcrp.ErrProvider) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTemplatesAreForEntraAlone(t *testing.T) {
	t.Parallel()
	w := entra(t, "organizations")
	w.mustSignIn(t)
	// The document that one connection accepted must not serve another that compares letter by letter.
	w.relying.Entra = false
	if _, err := w.client.Metadata(t.Context(), w.relying); !errors.Is(err, oidcrp.ErrProvider) {
		t.Fatal(err)
	}
}

func TestEntraIssParameterG09(t *testing.T) {
	t.Parallel()
	w := entra(t, "organizations")
	for name, iss := range map[string]string{"other host": "https://login.example/" + foreign + "/v2.0", "other directory": w.Directory(foreign),
		"template": w.Directory("{tenantid}"), "no directory": w.Directory("x")} {
		w.Script(func(s *federationtest.Script) { s.Iss, s.IssValue = true, iss })
		if _, err := w.signIn(t); oidcrp.Reason(err) != "mixup" {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.Script(func(s *federationtest.Script) { s.IssValue = "" })
	w.mustSignIn(t)
}
