package console_test

import (
	"context"
	"net/http"
	"testing"

	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/provider/tenant"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

// sets changes the policy as the command line would.
func (w *world) sets(t id.Tenant, change func(*policy.Policy)) {
	w.t.Helper()
	p := w.current(t)
	change(&p)
	w.must(tenant.SetPolicy(context.Background(), w.store, t, p, audit.Operator, nil, audit.Origin{}, w.now))
}

// Whoever looks after connections must not become more than they are by one (H05).
func TestH05AnAdministratorGainsNothingByAConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	admin, owner, f := w.signIn(acme, "anders@acme.example", "admin"), w.signIn(acme, "kari@acme.example", "owner"), w.connection(acme, "Acme Login")
	at := "/admin/connections/" + f.ID.String()
	powers := [][]string{{"role", "admin"}, {"role_0_group", "staff", "role_0_role", "admin"}, {"addresses", "all"}, {"addresses", "verified", "link_by_address", "on"}}
	for _, power := range powers {
		wantText(t, w.do(admin, http.MethodPost, at, settings(append(power, "version", "1", "secret", "")...)), "owners only")
		wantStatus(t, w.do(admin, http.MethodPost, "/admin/connections/new", settings(append(power, "name", "Other")...)), http.StatusForbidden)
	}
	if all, err := federation.List(context.Background(), w.store, acme); err != nil || len(all) != 1 || all[0].Version != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	wantStatus(t, w.do(owner, http.MethodPost, at, settings("version", "1", "secret", "", "role_0_group", "staff", "role_0_role", "admin")), http.StatusSeeOther)
	// What an owner gave is kept, and cannot be turned towards another provider, its people or its words.
	same := []string{"role_0_group", "staff", "role_0_role", "admin"}
	for _, turn := range [][]string{{"issuer", "https://idp.evil.example"}, {"client_id", "mine"}, {"claim_groups", "roles"}, {"create", "on"}, {"role_0_group", "me"}} {
		wantStatus(t, w.do(admin, http.MethodPost, at, settings(append(append(same, "version", "2"), turn...)...)), http.StatusForbidden)
	}
	wantStatus(t, w.do(admin, http.MethodPost, at, settings(append(same, "version", "2", "name", "Renamed", "sign_out", "on")...)), http.StatusSeeOther)
}

// A second step is spared after a sign-in at one provider, and not at whichever an administrator puts in its place.
func TestWhatIsSparedStaysWithTheProviderThatItWasSparedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	admin, f := w.signIn(acme, "anders@acme.example", "admin"), w.connection(acme, "Acme Login")
	at := "/admin/connections/" + f.ID.String()
	wantStatus(t, w.do(admin, http.MethodPost, at, settings("version", "1", "issuer", "https://new.acme.example")), http.StatusSeeOther)
	w.sets(acme, func(p *policy.Policy) { p.Exemptions = []policy.Exemption{{Connection: f.ID, Mode: policy.Skip}} })
	wantStatus(t, w.do(admin, http.MethodPost, at, settings("version", "2", "issuer", "https://idp.evil.example")), http.StatusForbidden)
}

func TestTheOnlyWayInIsNotTurnedOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	admin, f := w.signIn(acme, "anders@acme.example", "admin"), w.connection(acme, "Acme Login")
	at := "/admin/connections/" + f.ID.String() + "/disable"
	w.sets(acme, func(p *policy.Policy) { p.NoPasswords = true })
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		got := w.do(admin, method, at, "")
		wantStatus(t, got, http.StatusConflict)
		wantText(t, got, "Everybody would be locked out.")
	}
	if w.stored(acme, f.ID).Disabled {
		t.Fatal("it is turned off")
	}
	other := w.connection(acme, "Other")
	wantText(t, w.do(admin, http.MethodGet, at, ""), "Whoever has no other way in is locked out.")
	w.must(federation.SetDisabled(context.Background(), w.store, acme, other.ID, true, audit.Operator, audit.Origin{}, w.now))
	w.sets(acme, func(p *policy.Policy) { p.BreakGlass = []id.User{id.NewUser()} })
	wantText(t, w.do(admin, http.MethodGet, at, ""), "except the one person named for emergencies")
	wantStatus(t, w.do(admin, http.MethodPost, at, ""), http.StatusSeeOther)
}

func TestAnythingCanBeSearchedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kari := w.signIn(w.tenant("acme"), "kari@acme.example", "admin")
	for _, query := range []string{"q=%00", "q=%ff", "after=%00%ff", "q=%25_"} {
		wantStatus(t, w.do(kari, http.MethodGet, "/admin/people?"+query, ""), http.StatusOK)
	}
}
