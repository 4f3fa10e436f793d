package federation_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/storage/id"
)

func TestAdviceNamesTheSettingThatIsMissing(t *testing.T) {
	t.Parallel()
	iat := start.Unix()
	fresh, old := iat-60, start.Add(-13*time.Hour).Unix()
	const address = `"email": "a@acme.test", "email_verified": true, "xms_edov": true, "hd": "acme.test"`
	for _, row := range []struct {
		kind   federation.Kind
		claims string
		want   []string
	}{
		{federation.Entra, fmt.Sprintf(`"amr": ["mfa"], "auth_time": %d`, fresh), []string{"good"}},
		{federation.Entra, ``, []string{"amr_missing", "auth_time_entra"}},
		{federation.Entra, fmt.Sprintf(`"amr": ["pwd"], "auth_time": %d`, fresh), []string{"amr_no_mfa"}},
		{federation.Entra, fmt.Sprintf(`"amr": ["mfa"], "auth_time": %d`, old), []string{"auth_time_stale"}},
		{federation.Entra, fmt.Sprintf(`"amr": ["pwd"], "acrs": ["c1"], "auth_time": %d`, fresh), []string{"amr_no_mfa", "acrs_alone"}},
		{federation.Google, `"amr": ["mfa"]`, []string{"auth_time_google"}},
		{federation.Google, fmt.Sprintf(`"auth_time": %d`, fresh), []string{"google_strength"}},
		{federation.Google, fmt.Sprintf(`"amr": ["pwd"], "auth_time": %d`, fresh), []string{"google_two_step"}},
		{federation.Okta, fmt.Sprintf(`"amr": ["fed", "mfa"], "acr": "phr", "auth_time": %d`, fresh), []string{"okta_fed"}},
		{federation.Okta, fmt.Sprintf(`"amr": ["otp"], "auth_time": %d`, fresh), []string{"one_factor", "acr_not_sent"}},
		{federation.OIDC, fmt.Sprintf(`"acr": "1", "auth_time": %d`, fresh), []string{"keycloak_amr", "acr_not_sent", "keycloak_broker"}},
		{federation.OIDC, `"amr": ["mfa"]`, []string{"acr_not_sent", "auth_time_missing"}},
	} {
		c := draft(id.NewTenant(), row.kind)
		document := fmt.Sprintf(`{"iat": %d, %s, "tid": %q, "oid": %q, "ver": "2.0"`, iat, address, home, object)
		if row.claims != "" {
			document += ", " + row.claims
		}
		issuer := c.Settings.Issuer
		token := told(t, issuer, "s", document+"}")
		p, err := c.Read(token)
		if err != nil {
			t.Fatal(err)
		}
		if got := keys(c.Advice(p, token.Claims, evidence(c))); !slices.Equal(got, row.want) {
			t.Errorf("%s %s: %v, want %v", row.kind, row.claims, got, row.want)
		}
	}
}

func keys(all []federation.Advice) (out []string) {
	for _, a := range all {
		out = append(out, a.Key[len("advice."):])
	}
	return out
}

func TestAdviceTellsOfAddressesGroupsAndModes(t *testing.T) {
	t.Parallel()
	c := draft(id.NewTenant(), federation.Entra)
	c.Settings.Roles = []federation.RoleOf{{Group: "it", Role: "admin"}}
	for claims, want := range map[string][]string{
		``:                         {"skip", "email_missing"},
		`, "email": "a@acme.test"`: {"skip", "edov_missing"},
		`, "email": "a@acme.test", "xms_edov": 1`:  {"skip", "email_unverified"},
		`, "hasgroups": true`:                      {"skip", "email_missing", "groups_overage"},
		`, "email": "a@b.test", "xms_edov": true`:  {"skip"},
		`, "email": "a b@b.test", "xms_edov":true`: {"skip", "email_missing"},
	} {
		token := told(t, microsoft(home), "s", ofEntra(home, object, claims))
		p, err := c.Read(token)
		if err != nil {
			t.Fatal(err)
		}
		if got := keys(c.Advice(p, token.Claims, policy.Exemption{Mode: policy.Skip})); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", claims, got, want)
		}
	}
	p := federation.Person{Email: "a@b.test", EmailTrusted: true, GroupsKnown: true}
	if got := keys(c.Advice(p, nil, policy.Exemption{Mode: policy.Local})); !slices.Equal(got, []string{"local"}) {
		t.Errorf("%v", got)
	}
}
