package console_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/user"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// enrol gives somebody an app.
func (w *world) enrol(t id.Tenant, u id.User) {
	w.t.Helper()
	w.must(w.store.InTenant(context.Background(), t, func(tx *storage.Tx) error {
		return tx.Later().CreateFactor(context.Background(), db.CreateFactorParams{TenantID: t, ID: id.NewFactor(), UserID: u, Kind: string(mfa.TOTP),
			Name: "phone", Secret: []byte("sealed"), CreatedAt: w.now})
	}))
}

func (w *world) people(t id.Tenant, emails ...string) {
	w.t.Helper()
	for _, email := range emails {
		u, err := user.Create(context.Background(), w.store, t, user.New{Email: email, Role: "user"}, audit.Operator, w.now)
		w.must(err)
		w.enrol(t, u)
	}
}

func wantPreview(t *testing.T, got *httptest.ResponseRecorder, texts ...string) {
	t.Helper()
	wantStatus(t, got, http.StatusOK)
	wantText(t, got, append(texts, "Save this policy?", `name="confirmed" value="on"`, `action="/admin/policy"`)...)
}

func TestR11AskingForLessIsAskedAboutFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari := w.signIn(acme, "kari@acme.example", "owner")
	w.people(acme, "per@acme.example", "ada@acme.example")
	forget := []string{"mode", "off", "forget_enrolled", "on"}
	got := w.do(kari, http.MethodPost, "/admin/policy", form(forget...))
	wantPreview(t, got, "2 people are no longer asked for a second step", `name="forget_enrolled" value="on"`, `name="mode" value="off"`, `name="version" value="1"`,
		`name="access_length" value="12"`)
	if w.current(acme).Version != 1 {
		t.Fatal("saved before it was confirmed")
	}
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/policy", form(append(forget, "confirmed", "on")...)), http.StatusSeeOther)
	if p := w.current(acme); p.Version != 2 || p.SecondFactor != policy.Off || !p.ForgetEnrolled {
		t.Errorf("stored %+v", p)
	}
}

func TestR5ModeThatIsLoweredForgetsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari := w.signIn(acme, "kari@acme.example", "owner")
	w.people(acme, "per@acme.example")
	got := w.do(kari, http.MethodPost, "/admin/policy", form("mode", "off"))
	wantPreview(t, got, "It changes nothing for anybody right now.")
	if strings.Contains(got.Body.String(), "no longer asked") {
		t.Error("those who enrolled are asked on")
	}
}

func TestLessForSomeIsAskedAboutToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari := w.signIn(acme, "kari@acme.example", "owner")
	strict := []string{"rule_0_name", "Owners", "rule_0_level", "2sv", "rule_0_roles", "owner"}
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/policy", form(strict...)), http.StatusSeeOther)
	one := "1 person is no longer asked for a second step"
	wantPreview(t, w.do(kari, http.MethodPost, "/admin/policy", form("version", "2")), one)
	wantPreview(t, w.do(kari, http.MethodPost, "/admin/policy", form(append(strict, "version", "2", "break_glass", "kari@acme.example")...)), one)
	if w.current(acme).Version != 2 {
		t.Error("saved before it was confirmed")
	}
}

func TestAskingForMoreIsSavedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari := w.signIn(acme, "kari@acme.example", "owner")
	w.people(acme, "per@acme.example")
	for version, change := range []string{"mode=required", "rule_0_name=Everybody", "session_hours=8"} {
		name, value, _ := strings.Cut(change, "=")
		body := form("mode", "required", "version", string(rune('1'+version)), name, value)
		wantStatus(t, w.do(kari, http.MethodPost, "/admin/policy", body), http.StatusSeeOther)
	}
}

// Somebody saved between the question and the answer: what was confirmed is no longer what would happen.
func TestConfirmationOfAnOlderVersionIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari := w.signIn(acme, "kari@acme.example", "owner")
	w.changeMeanwhile(acme)
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/policy", form("mode", "off", "confirmed", "on")), http.StatusConflict)
	if w.current(acme).SecondFactor != policy.Optional {
		t.Error("saved all the same")
	}
}
