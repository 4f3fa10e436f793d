package console_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"sallyport/mfa/policy"
	"sallyport/provider/tenant"
	"sallyport/storage/audit"
)

// form is what the page sends for the default policy, changed: name, value, name, value; "-" leaves a field out.
func form(change ...string) string {
	f := url.Values{"version": {"1"}, "mode": {"optional"}, "method_totp": {"on"}, "enrol_with_password": {"on"},
		"session_hours": {"24"}, "idle_minutes": {"60"}, "step_up_minutes": {"10"}}
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
	for _, bad := range [][]string{{"mode", "sometimes"}, {"mode", "-"}, {"mode", "required", "method_totp", "-"}, {"session_hours", "0"},
		{"session_hours", "2161"}, {"idle_minutes", "-5"}, {"step_up_minutes", "2147483647"}, {"session_hours", "2147483647"}} {
		got := w.do(kari, http.MethodPost, "/admin/policy", form(append([]string{"idle_minutes", "44"}, bad...)...))
		wantStatus(t, got, http.StatusUnprocessableEntity)
		wantText(t, got, `role="alert"`, "The policy was not saved.", `name="version" value="1"`)
		if bad[0] != "idle_minutes" {
			wantText(t, got, `required value="44"`)
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
	bad := []string{"", form("session_hours", "-"), form("session_hours", "eight"), form("idle_minutes", "1.5"), form("version", "1e0"), form("version", "99999999999"),
		form("mode", "\x00"), form("mode", "\xff"), form() + "&mode=off", form() + "&version=2", form() + "&method_totp=on", "%zz"}
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
