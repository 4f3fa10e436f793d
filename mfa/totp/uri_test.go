package totp_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/pquerna/otp"

	"sallyport/mfa/totp"
)

// Names of tenants are free text: whatever stands in one, the app must read the same issuer and seed.
func TestKeyURIReadsBackForAnyName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ issuer, account, wantIssuer, wantAccount string }{
		{"Acme", "alice@acme.test", "Acme", "alice@acme.test"},
		{"Acme Inc", "alice+test@acme.test", "Acme Inc", "alice+test@acme.test"},
		{"Acme: Inc", "a:b@acme.test", "Acme  Inc", "a b@acme.test"},
		{"Q&A = 100%", "alice@acme.test", "Q&A = 100%", "alice@acme.test"},
		{"A+B", "alice@acme.test", "A+B", "alice@acme.test"},
		{"Blåbær Æ/S", "ålice@acme.test", "Blåbær Æ/S", "ålice@acme.test"},
		{"会社?#", "alice@acme.test", "会社?#", "alice@acme.test"},
		{`"><script>&secret=AAAA`, "alice@acme.test", `"><script>&secret=AAAA`, "alice@acme.test"},
	} {
		uri := totp.URI(rfcSeed, c.issuer, c.account)
		key, err := otp.NewKeyFromURL(uri)
		if err != nil {
			t.Errorf("%s: %v", uri, err)
			continue
		}
		if key.Type() != "totp" || key.Issuer() != c.wantIssuer || key.AccountName() != c.wantAccount || key.Secret() != "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" ||
			key.Period() != 30 || key.Digits() != otp.DigitsSix || key.Algorithm() != otp.AlgorithmSHA1 {
			t.Errorf("%s: %q %q %q", uri, key.Issuer(), key.AccountName(), key.Secret())
		}
		if strings.Contains(uri, "+") && !strings.Contains(c.issuer+c.account, "+") {
			t.Errorf("%s: apps show the plus", uri)
		}
	}
}

// Old apps read the issuer from the label alone, which is escaped once.
func TestLabelNamesIssuerAndAccount(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(totp.URI(rfcSeed, "A & B: C", "alice@acme.test"))
	if err != nil || u.Path != "/A & B  C:alice@acme.test" || u.Query().Get("issuer") != "A & B  C" {
		t.Errorf("%q, %q, %v", u.Path, u.Query().Get("issuer"), err)
	}
}
