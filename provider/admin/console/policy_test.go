package console_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"sallyport/mfa/policy"
	"sallyport/provider/tenant"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// same compares what two versions say.
func same(a, b policy.Policy) bool { return string(a.Encode()) == string(b.Encode()) }

func TestPageShowsThePolicyInForceAndItsHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari := w.signIn(acme, "kari@acme.example", "owner")
	w.do(kari, http.MethodPost, "/admin/policy", form("mode", "required", "enrol_with_password", "-", "session_hours", "8"))
	got := w.do(kari, http.MethodGet, "/admin/policy", "")
	wantStatus(t, got, http.StatusOK)
	wantText(t, got, `name="version" value="2"`, `value="required" required checked`, `name="method_totp" value="on" checked`,
		`name="enrol_with_password" value="on">`, `name="session_hours" type="number" inputmode="numeric" min="1" required value="8"`,
		"those who have set up a second step are still asked for it", "Version 2", "Version 1", "kari@acme.example",
		"enrol_with_password: true → false; second_factor: optional → required; session_seconds: 86400 → 28800", "methods: webauthn, totp")
}

func TestSavingMakesAVersionWithItsAuthorAndEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari := w.signIn(acme, "kari@acme.example", "owner")
	got := w.do(kari, http.MethodPost, "/admin/policy", form("mode", "required", "enrol_with_password", "-", "session_hours", "8", "idle_minutes", "30", "step_up_minutes", "5"))
	wantStatus(t, got, http.StatusSeeOther)
	if at := got.Header().Get("Location"); at != "/admin/policy?notice=policy-saved" {
		t.Errorf("sent to %q", at)
	}
	want := policy.Default()
	want.SecondFactor, want.EnrolWithPassword, want.Session, want.Idle, want.StepUp = policy.Required, false, 8*3600, 1800, 300
	if p := w.current(acme); p.Version != 2 || !same(p, want) {
		t.Errorf("stored %+v", p)
	}
	events, err := w.store.Tenant(acme).ListEvents(context.Background(), db.ListEventsParams{TenantID: acme, Limit: 100})
	w.must(err)
	if !slices.ContainsFunc(events, func(e db.AuditEvent) bool {
		return e.Kind == string(audit.PolicyChanged) && e.ActorKind == "user" && e.Address != "" && e.RequestID != ""
	}) {
		t.Error("no event")
	}
	wantText(t, w.do(kari, http.MethodGet, got.Header().Get("Location"), ""), "The policy has been saved.")
}

func TestSavingWithoutAChangeMakesNoVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	wantStatus(t, w.do(w.signIn(acme, "kari@acme.example", "owner"), http.MethodPost, "/admin/policy", form()), http.StatusSeeOther)
	if p := w.current(acme); p.Version != 1 {
		t.Errorf("version %d", p.Version)
	}
}

func TestOnlyOwnersSeeAndChangeThePolicyR18(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	for _, role := range []string{"user", "admin"} {
		cookie := w.signIn(acme, role+"@acme.example", role)
		for _, got := range []*httptest.ResponseRecorder{w.do(cookie, http.MethodGet, "/admin/policy", ""), w.do(cookie, http.MethodPost, "/admin/policy", form("mode", "off"))} {
			wantStatus(t, got, http.StatusForbidden)
			wantText(t, got, "You do not have access to this page.")
			if strings.Contains(got.Body.String(), "session_hours") {
				t.Errorf("%s sees the policy", role)
			}
		}
	}
	if w.current(acme).Version != 1 {
		t.Error("somebody else changed the policy")
	}
}

func TestOwnersChangeTheirOwnTenantOnlyH02(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, globex := w.tenant("acme"), w.tenant("globex")
	kari := w.signIn(acme, "kari@acme.example", "owner")
	body := form("mode", "required", "tenant", globex.String(), "tenant_id", globex.String())
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/policy?tenant="+globex.String(), body, "X-Tenant", globex.String()), http.StatusSeeOther)
	if w.current(acme).Version != 2 || w.current(globex).Version != 1 {
		t.Error("the wrong tenant was changed")
	}
}

func (w *world) changeMeanwhile(t id.Tenant) {
	w.t.Helper()
	p := policy.Default()
	p.Version, p.StepUp = 1, 900
	w.must(tenant.SetPolicy(context.Background(), w.store, t, p, audit.Operator, nil, audit.Origin{}, w.now))
}

func TestTwoAdministratorsDoNotOverwriteEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari := w.signIn(acme, "kari@acme.example", "owner")
	w.changeMeanwhile(acme)
	mine := []string{"mode", "required", "session_hours", "7", "enrol_with_password", "-"}
	got := w.do(kari, http.MethodPost, "/admin/policy", form(mine...))
	wantStatus(t, got, http.StatusConflict)
	wantText(t, got, `role="alert"`, "Somebody else saved the policy in the meantime.", "step_up_seconds: 600 → 900", `value="required" required checked`,
		`required value="7"`, `name="enrol_with_password" value="on">`, `name="version" value="2"`)
	if p := w.current(acme); p.Version != 2 || p.StepUp != 900 {
		t.Errorf("stored %+v", p)
	}
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/policy", form(append(mine, "version", "2")...)), http.StatusSeeOther)
	if p := w.current(acme); p.Version != 3 || p.SecondFactor != policy.Required || p.Session != 7*3600 {
		t.Errorf("stored %+v", p)
	}
}

func TestOfManyAtOnceOneSaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari := w.signIn(acme, "kari@acme.example", "owner")
	codes := make([]int, 6)
	var all sync.WaitGroup
	for i := range codes {
		all.Go(func() {
			codes[i] = w.do(kari, http.MethodPost, "/admin/policy", form("session_hours", strconv.Itoa(i+1))).Code
		})
	}
	all.Wait()
	slices.Sort(codes)
	if codes[0] != http.StatusSeeOther || codes[1] != http.StatusConflict || codes[5] != http.StatusConflict || w.current(acme).Version != 2 {
		t.Errorf("answers %v, version %d", codes, w.current(acme).Version)
	}
}
