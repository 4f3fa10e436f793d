package console_test

import (
	"context"
	"net/http"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/tenant"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

// everything is a change of every field there is.
var everything = []string{"mode", "required", "method_email", "on", "method_sms", "on", "enrol_with_password", "-", "forget_enrolled", "on",
	"enrol_until", "2026-04-01", "enrol_skips", "3", "trusted_days", "30", "code_seconds", "90",
	"access_admins", "-", "access_length", "16", "access_minutes", "30", "access_uses", "2",
	"sms_countries", "no, se", "key_verify", "on", "key_attest", "on", "key_models", "EE882879-721c-4913-9775-3dfcce97072a\r\n",
	"rule_0_name", " Administrators ", "rule_0_level", "phr", "rule_0_roles", "admin Owner",
	"rule_1_name", "Away", "rule_1_level", "aal2", "rule_1_domains", "ACME.example", "rule_1_clients", "wiki,shop", "rule_1_networks", "2001:db8::/32",
	"rule_1_outside", "10.0.0.0/8 192.0.2.7", "rule_3_name", "Last", "rule_3_level", "none", "break_glass", "Kari@acme.example\r\n", "reset_outside", "on", "no_passwords", "on", "confirmed", "on"}

func expected(kari id.User) policy.Policy {
	p := policy.Default()
	p.Version, p.SecondFactor, p.Methods = 2, policy.Required, mfa.Kinds()
	p.EnrolWithPassword, p.ForgetEnrolled, p.EnrolUntil, p.EnrolSkips = false, true, time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), 3
	p.TrustedDevice, p.CodeLife, p.SMSCountries, p.BreakGlass = 30*24*3600, 90, []string{"NO", "SE"}, []id.User{kari}
	p.AccessCode = policy.AccessCodes{Enabled: true, Length: 16, Life: 1800, Uses: 2, Issuers: []string{"owner"}}
	p.WebAuthn = policy.WebAuthn{UserVerification: true, Attestation: true, AAGUIDs: []string{"ee882879-721c-4913-9775-3dfcce97072a"}}
	p.NoPasswords, p.ResetOutside = true, true
	p.Rules = []policy.Rule{{Name: "Administrators", Level: "phr", Roles: []string{"admin", "owner"}},
		{Name: "Away", Level: "aal2", Domains: []string{"acme.example"}, Clients: []string{"wiki", "shop"},
			Networks: []netip.Prefix{netip.MustParsePrefix("2001:db8::/32")},
			Outside:  []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.7/32")}},
		{Name: "Last", Level: "none"}}
	return p
}

func (w *world) person(t id.Tenant, email string) id.User {
	w.t.Helper()
	people, err := w.store.Tenant(t).ListUsers(context.Background(), t)
	w.must(err)
	for _, p := range people {
		if p.Email == email {
			return p.ID
		}
	}
	w.t.Fatalf("nobody has %s", email)
	return id.User{}
}

func TestEveryFieldIsSavedAndShownAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari := w.signIn(acme, "kari@acme.example", "owner")
	w.connection(acme, "Acme Login")
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/policy", form(everything...)), http.StatusSeeOther)
	if got, want := w.current(acme), expected(w.person(acme, "kari@acme.example")); !reflect.DeepEqual(got, want) {
		t.Fatalf("stored %+v\nwant   %+v", got, want)
	}
	got := w.do(kari, http.MethodGet, "/admin/policy", "")
	wantText(t, got, `name="forget_enrolled" value="on" checked`, `name="enrol_until" type="date" value="2026-04-01"`, `name="method_sms" value="on" checked`,
		`value="NO SE"`, "ee882879-721c-4913-9775-3dfcce97072a", `name="rule_1_outside" type="text" autocomplete="off" autocapitalize="none" spellcheck="false" value="10.0.0.0/8 192.0.2.7/32"`,
		`name="rule_3_name"`, "kari@acme.example</textarea>", `name="access_admins" value="on">`)
}

func TestHistorySaysWhatChangedInEveryField(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari := w.signIn(acme, "kari@acme.example", "owner")
	rule := []string{"rule_0_name", "Away", "rule_0_level", "2sv", "rule_0_outside", "10.0.0.0/8 192.0.2.7/32"}
	steps := [][]string{rule, {"rule_0_level", "aal2", "rule_0_roles", "admin", "confirmed", "on"}, {"break_glass", "kari@acme.example", "enrol_skips", "3"},
		{"key_verify", "on", "trusted_days", "30", "access_admins", "-", "confirmed", "on"}, {"break_glass", "", "rule_0_name", "", "enrol_skips", "", "confirmed", "on"}}
	sofar := []string{}
	for i, step := range steps {
		sofar = append(sofar, step...)
		body := form(append(sofar, "version", strconv.Itoa(i+1))...)
		wantStatus(t, w.do(kari, http.MethodPost, "/admin/policy", body), http.StatusSeeOther)
	}
	wantText(t, w.do(kari, http.MethodGet, "/admin/policy", ""),
		"rules.Away.level: – → 2sv; rules.Away.outside: – → 10.0.0.0/8, 192.0.2.7/32</bdi>",
		"rules.Away.level: 2sv → aal2; rules.Away.roles: – → admin</bdi>",
		"break_glass: – → 1; enrol_skips: – → 3</bdi>",
		"access_codes.issuers: admin, owner → owner; trusted_device_seconds: – → 2592000; webauthn.user_verification: false → true</bdi>",
		"break_glass: 1 → –; enrol_skips: 3 → –; rules.Away.level: aal2 → –; rules.Away.outside: 10.0.0.0/8, 192.0.2.7/32 → –; rules.Away.roles: admin → –</bdi>")
}

// Posting what the page shows changes nothing, whatever the policy holds.
func TestWhatIsShownPostsBackAsItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari := w.signIn(acme, "kari@acme.example", "owner")
	p := expected(w.person(acme, "kari@acme.example"))
	p.Version, p.TrustedDevice, p.EnrolUntil = 1, 90000, time.Date(2026, 4, 1, 17, 30, 0, 0, time.UTC)
	p.AccessCode.Life, p.AccessCode.Issuers, p.ForgetEnrolled = 330, []string{"owner", "admin"}, false
	w.must(tenant.SetPolicy(context.Background(), w.store, acme, p, audit.Operator, nil, audit.Origin{}, w.now))
	w.connection(acme, "Acme Login")
	untouched := append([]string{}, everything...)
	untouched = append(untouched, "version", "2", "forget_enrolled", "-", "trusted_days", "2", "access_admins", "on", "access_minutes", "6",
		"rule_1_outside", "10.0.0.0/8 192.0.2.7/32", "rule_2_name", "Last", "rule_2_level", "none", "rule_3_name", "", "rule_0_roles", "admin owner")
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/policy", form(untouched...)), http.StatusSeeOther)
	if got := w.current(acme); got.Version != 2 {
		t.Errorf("stored %+v", got)
	}
}

func TestRuleWhoseNameIsEmptiedIsRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari := w.signIn(acme, "kari@acme.example", "owner")
	w.connection(acme, "Acme Login")
	w.do(kari, http.MethodPost, "/admin/policy", form(everything...))
	fewer := append(append([]string{}, everything...), "version", "2", "rule_1_name", " ", "confirmed", "on")
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/policy", form(fewer...)), http.StatusSeeOther)
	if got := w.current(acme); len(got.Rules) != 2 || got.Rules[1].Name != "Last" {
		t.Errorf("left %+v", got.Rules)
	}
	got := w.do(kari, http.MethodGet, "/admin/policy", "")
	wantText(t, got, "rules.Away.level: aal2 → –")
}

func TestPeopleForEmergenciesAreOfThisTenantH02(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, globex := w.tenant("acme"), w.tenant("globex")
	kari := w.signIn(acme, "kari@acme.example", "owner")
	w.signIn(globex, "per@globex.example", "owner")
	for _, foreign := range []string{"per@globex.example", w.person(globex, "per@globex.example").String()} {
		wantStatus(t, w.do(kari, http.MethodPost, "/admin/policy", form("break_glass", foreign)), http.StatusUnprocessableEntity)
	}
	if w.current(acme).Version != 1 {
		t.Error("saved all the same")
	}
}

// A version from before rules and trust shows as changed only what was changed.
func TestFirstVersionIsReadWithItsDefaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari := w.signIn(acme, "kari@acme.example", "owner")
	w.old(acme, 2, `{"second_factor":"optional","methods":["webauthn","totp"],"enrol_with_password":true,"session_seconds":86400,"idle_seconds":3600,"step_up_seconds":600}`)
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/policy", form("version", "2", "session_hours", "8")), http.StatusSeeOther)
	got := w.do(kari, http.MethodGet, "/admin/policy", "").Body.String()
	if !strings.Contains(got, "<bdi>session_seconds: 86400 → 28800</bdi>") {
		t.Error(got)
	}
}
