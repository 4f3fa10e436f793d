package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"sallyport/mfa/policy"
)

func TestPastSignInsAreListedAndExplained(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari := w.signIn(acme, "kari@acme.example", "admin")
	w.signIn(acme, "ola@acme.example", "user")
	wantText(t, w.do(kari, http.MethodGet, "/admin/signins", ""), "kari@acme.example", "ola@acme.example", "Signed in")
	one := w.do(kari, http.MethodGet, "/admin/signins?person=OLA%40acme.example", "")
	links := regexp.MustCompile(`href="(/admin/signins/[0-9a-f-]+)"`).FindAllStringSubmatch(one.Body.String(), -1)
	if len(links) != 1 {
		t.Fatalf("%d sign-ins of one person: %s", len(links), one.Body)
	}
	wantText(t, w.do(kari, http.MethodGet, links[0][1], ""), "ola@acme.example", "Version 1", "Signed in")
	got := w.do(kari, http.MethodGet, "/admin/signins?person=nobody%40acme.example", "")
	wantStatus(t, got, http.StatusUnprocessableEntity)
	wantText(t, got, "Nobody here has that address.", `value="nobody@acme.example"`)
	wantStatus(t, w.do(kari, http.MethodGet, "/admin/signins/none", ""), http.StatusNotFound)
}

func supposed(change ...string) string {
	f := url.Values{"person": {"ola@acme.example"}, "client": {""}, "connection": {""}, "amr": {""}, "acr": {""}, "acrs": {""}, "auth_minutes": {""}, "address": {"192.0.2.7"},
		"at": {"2026-03-01T12:00"}, "level": {""}}
	for i := 0; i+1 < len(change); i += 2 {
		f.Set(change[i], change[i+1])
	}
	return f.Encode()
}

func TestWhatIfAnswersInSentencesAndKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari, f := w.signIn(acme, "kari@acme.example", "admin"), w.connection(acme, "Acme Login")
	w.newcomer(acme, "ola@acme.example", "user")
	wantText(t, w.do(kari, http.MethodGet, "/admin/what-if?person=ola%40acme.example", ""), `value="ola@acme.example"`, "Acme Login", `value="2026-03-01T12:00"`)
	for _, q := range []string{supposed(), supposed("connection", f.ID.String(), "amr", "pwd mfa", "auth_minutes", "5", "level", "aal2")} {
		got := w.do(kari, http.MethodPost, "/admin/what-if", q)
		wantStatus(t, got, http.StatusOK)
		wantText(t, got, "What would happen", `value="192.0.2.7"`)
		if strings.Count(got.Body.String(), "<li>") < 3 {
			t.Errorf("hardly a sentence: %s", got.Body)
		}
	}
	for _, bad := range [][]string{{"person", "nobody@acme.example"}, {"person", ""}, {"address", "here"}, {"at", "noon"}, {"level", "1fa"}, {"client", "unheard-of"}, {"connection", "x"},
		{"connection", f.ID.String(), "auth_minutes", "-5"}} {
		got := w.do(kari, http.MethodPost, "/admin/what-if", supposed(append([]string{"acr", "urn:mine"}, bad...)...))
		wantStatus(t, got, http.StatusUnprocessableEntity)
		wantText(t, got, `role="alert"`, `value="urn:mine"`)
	}
}

func TestAPolicyIsWatchedEndedAndEnforced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari := w.signIn(acme, "kari@acme.example", "owner")
	wantText(t, w.do(kari, http.MethodGet, "/admin/report", ""), "Watch a policy", "second_factor")
	for _, bad := range []string{"", "{", `{"second_factor": "sometimes"}`} {
		got := w.do(kari, http.MethodPost, "/admin/report", url.Values{"document": {bad}}.Encode())
		wantStatus(t, got, http.StatusUnprocessableEntity)
		wantText(t, got, "The policy was not saved.")
	}
	strict := policy.Default()
	strict.SecondFactor = policy.Required
	document := url.Values{"document": {string(strict.Encode())}}.Encode()
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/report", document), http.StatusSeeOther)
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/report", document), http.StatusConflict)
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/policy", form("mode", "off", "try", "on")), http.StatusConflict)
	w.signIn(acme, "ola@acme.example", "user")
	page := w.do(kari, http.MethodGet, "/admin/report", "")
	wantText(t, page, "What would have changed", "let in", "made to set up a second step")
	report := regexp.MustCompile(`name="report" value="([^"]+)"`).FindStringSubmatch(page.Body.String())[1]
	if w.current(acme).Version != 1 {
		t.Fatal("watching changed the policy")
	}
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/report/end", "report="+report), http.StatusSeeOther)
	got := w.do(kari, http.MethodPost, "/admin/report/enforce", "version=1&report="+report)
	wantStatus(t, got, http.StatusConflict)
	wantText(t, got, "No policy is being watched any more.")
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/policy", form("mode", "required", "try", "on")), http.StatusSeeOther)
	ask := w.do(kari, http.MethodGet, "/admin/report/enforce", "")
	report = regexp.MustCompile(`name="report" value="([^"]+)"`).FindStringSubmatch(ask.Body.String())[1]
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/report/enforce", "version=4&report="+report), http.StatusConflict)
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/report/enforce", "version=1&report="+report), http.StatusSeeOther)
	if p := w.current(acme); p.Version != 2 || p.SecondFactor != policy.Required {
		t.Errorf("in force: %+v", p)
	}
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/report/end", "report=x"), http.StatusBadRequest)
}
