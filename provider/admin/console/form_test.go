package console_test

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sallyport/mfa/policy"
	"sallyport/provider/tenant"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

// form is what the page sends for the default policy, changed: name, value, name, value; "-" leaves a field out.
func form(change ...string) string {
	f := url.Values{"version": {"1"}, "mode": {"optional"}, "method_webauthn": {"on"}, "method_totp": {"on"}, "enrol_with_password": {"on"},
		"session_hours": {"24"}, "idle_minutes": {"60"}, "step_up_minutes": {"10"}, "trusted_days": {"0"}, "code_seconds": {"300"},
		"enrol_until": {""}, "enrol_skips": {"0"}, "access_enabled": {"on"}, "access_admins": {"on"}, "access_length": {"12"}, "access_minutes": {"60"},
		"access_uses": {"1"}, "sms_countries": {""}, "key_models": {""}, "break_glass": {""},
		"rule_0_name": {""}, "rule_0_level": {"2sv"}, "rule_0_roles": {""}, "rule_0_domains": {""}, "rule_0_clients": {""}, "rule_0_networks": {""}, "rule_0_outside": {""}}
	for i := 0; i+1 < len(change); i += 2 {
		f.Set(change[i], change[i+1])
		if change[i+1] == "-" {
			f.Del(change[i])
		}
	}
	return f.Encode()
}

func TestVersionsLeaveNoGaps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari := w.signIn(acme, "kari@acme.example", "owner")
	for _, version := range []string{"0", "-1", "2", "40", "2147483647"} {
		wantStatus(t, w.do(kari, http.MethodPost, "/admin/policy", form("mode", "off", "version", version)), http.StatusConflict)
	}
	if w.current(acme).Version != 1 {
		t.Error("a version that nobody has seen was replaced")
	}
}

func TestWhatAPolicyCannotSayIsShownAgainAsTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari := w.signIn(acme, "kari@acme.example", "owner")
	for _, bad := range [][]string{{"mode", "sometimes"}, {"mode", "-"}, {"mode", "required", "method_totp", "-", "method_webauthn", "-"}, {"session_hours", "0"},
		{"session_hours", "2161"}, {"idle_minutes", "-5"}, {"step_up_minutes", "2147483647"}, {"session_hours", "2147483647"},
		{"trusted_days", "91"}, {"trusted_days", "-1"}, {"code_seconds", "29"}, {"enrol_skips", "101"}, {"enrol_until", "12.03.2026"}, {"enrol_until", "2200-01-01"},
		{"access_length", "7"}, {"access_minutes", ""}, {"access_uses", "11"}, {"method_sms", "on"}, {"sms_countries", "Norway"}, {"key_models", "ee882879"},
		{"break_glass", "nobody@acme.example"}, {"break_glass", "kari"}, {"break_glass", id.NewUser().String()},
		{"rule_0_name", "a", "rule_0_level", "1fa"}, {"rule_0_name", "a", "rule_0_networks", "10.0.0.1/8"}, {"rule_0_name", "a", "rule_0_outside", "office"},
		{"rule_0_name", "a", "rule_0_roles", "root"}, {"rule_0_name", "a", "rule_0_domains", "acme"}, {"rule_0_name", "a", "rule_1_name", "a", "rule_1_level", "2sv"},
		{"rule_0_name", "a", "rule_0_level", "phr", "method_webauthn", "-"}} {
		got := w.do(kari, http.MethodPost, "/admin/policy", form(append([]string{"idle_minutes", "44"}, bad...)...))
		wantStatus(t, got, http.StatusUnprocessableEntity)
		wantText(t, got, `role="alert"`, "The policy was not saved.", `name="version" value="1"`)
		if bad[0] != "idle_minutes" {
			wantText(t, got, `required value="44"`)
		}
		if last := bad[len(bad)-1]; last != "-" && last != "on" && last != "" && last != "sometimes" && last != "1fa" { // no choice of the page
			again, page := html.EscapeString(last), got.Body.String()
			if !strings.Contains(page, `value="`+again+`"`) && !strings.Contains(page, ">"+again+"</textarea>") {
				t.Errorf("%q was forgotten", last)
			}
		}
	}
	if w.current(acme).Version != 1 {
		t.Error("saved all the same")
	}
}

func TestMalformedFormsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari := w.signIn(acme, "kari@acme.example", "owner")
	bad := []string{"", form("session_hours", "-"), form("session_hours", "eight"), form("idle_minutes", "1.5"), form("trusted_days", "-"), form("code_seconds", ""), form("enrol_skips", "many"), form("version", "1e0"), form("version", "99999999999"),
		form("mode", "\x00"), form("mode", "\xff"), form() + "&mode=off", form() + "&version=2", form() + "&method_totp=on", form() + "&rule_0_name=b", form() + "&rule_7_name=b&rule_7_name=c", "%zz"}
	for _, body := range bad {
		wantStatus(t, w.do(kari, http.MethodPost, "/admin/policy", body), http.StatusBadRequest)
	}
	for _, media := range []string{"application/json", "text/plain", "multipart/form-data; boundary=x", ""} {
		wantStatus(t, w.do(kari, http.MethodPost, "/admin/policy", form("mode", "off"), "Content-Type", media), http.StatusUnsupportedMediaType)
	}
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/policy", form("mode", "off"), "Sec-Fetch-Site", "cross-site"), http.StatusForbidden)
	if w.current(acme).Version != 1 {
		t.Error("saved all the same")
	}
}

// The command line may set what the fields can only round.
func TestAnAgeThatWasNotTouchedKeepsItsSeconds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari := w.signIn(acme, "kari@acme.example", "owner")
	p := policy.Default()
	p.Version, p.Session, p.Idle = 1, 5400, 90
	w.must(tenant.SetPolicy(context.Background(), w.store, acme, p, audit.Operator, nil, audit.Origin{}, w.now))
	wantText(t, w.do(kari, http.MethodGet, "/admin/policy", ""), `min="1" required value="2"`)
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/policy", form("version", "2", "session_hours", "2", "idle_minutes", "2", "step_up_minutes", "15")), http.StatusSeeOther)
	if got := w.current(acme); got.Session != 5400 || got.Idle != 90 || got.StepUp != 900 {
		t.Errorf("stored %+v", got)
	}
}
