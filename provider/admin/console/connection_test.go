package console_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/attempt"
	"sallyport/provider/federation"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

const hush = "a-secret-of-the-provider"

// settings is what the form sends for a connection, changed as in form.
func settings(change ...string) string {
	f := url.Values{"kind": {"oidc"}, "version": {"0"}, "name": {"Acme Login"}, "issuer": {"https://idp.acme.example"}, "client_id": {"sallyport"}, "auth": {"client_secret_basic"},
		"secret": {hush}, "scopes": {""}, "directories": {""}, "addresses": {"untrusted"}, "role": {"user"}, "claim_email": {""}, "claim_name": {""}, "claim_groups": {""},
		"role_0_group": {""}, "role_0_role": {"user"}}
	for i := 0; i+1 < len(change); i += 2 {
		f.Set(change[i], change[i+1])
	}
	return f.Encode()
}

// connection makes one as the command line would.
func (w *world) connection(t id.Tenant, name string) federation.Connection {
	w.t.Helper()
	c := federation.Connection{Tenant: t, Kind: federation.OIDC, Name: name, Settings: federation.OIDC.Defaults()}
	c.Settings.Issuer, c.Settings.ClientID = "https://idp.acme.example", "sallyport"
	made, err := federation.Create(context.Background(), w.store, w.directory.Seal, c, hush, audit.Operator, audit.Origin{}, w.now)
	w.must(err)
	return w.stored(t, made)
}

func (w *world) stored(t id.Tenant, c id.Connection) federation.Connection {
	w.t.Helper()
	all, err := federation.List(context.Background(), w.store, t)
	w.must(err)
	for _, f := range all {
		if f.ID == c {
			return f
		}
	}
	w.t.Fatal("no such connection")
	return federation.Connection{}
}

func TestAConnectionIsMadeShownAndChangedAndItsSecretNeverShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari := w.signIn(acme, "kari@acme.example", "owner")
	wantText(t, w.do(kari, http.MethodGet, "/admin/connections", ""), "There are no connections yet.", "/admin/connections/new?kind=entra")
	wantText(t, w.do(kari, http.MethodGet, "/admin/connections/new?kind=entra", ""), "https://login.microsoftonline.com/organizations/v2.0")
	wantStatus(t, w.do(kari, http.MethodGet, "/admin/connections/new?kind=saml", ""), http.StatusNotFound)
	got := w.do(kari, http.MethodPost, "/admin/connections/new", settings("role_0_group", "staff", "role_0_role", "admin", "create", "on", "scopes", "groups, offline"))
	wantStatus(t, got, http.StatusSeeOther)
	at, _, _ := strings.Cut(got.Header().Get("Location"), "?")
	page := w.do(kari, http.MethodGet, got.Header().Get("Location"), "")
	var made id.Connection
	w.must(made.Parse(strings.TrimPrefix(at, "/admin/connections/")))
	f := w.stored(acme, made)
	wantText(t, page, "The connection has been saved.", f.RedirectURI(w.public), "https://id.example.com/federation/"+f.Handle()+"/backchannel-logout", "https://id.example.com/end_session/done",
		`name="role_0_group" type="text" autocomplete="off" autocapitalize="none" spellcheck="false" value="staff"`, `value="groups offline"`, `name="version" value="1"`)
	if f.Settings.Roles[0] != (federation.RoleOf{Group: "staff", Role: "admin"}) || !f.Settings.Create || len(f.Settings.Scopes) != 2 {
		t.Errorf("stored %+v", f.Settings)
	}
	wantStatus(t, w.do(kari, http.MethodPost, at, settings("version", "1", "secret", "", "name", "Renamed")), http.StatusSeeOther)
	wantText(t, w.do(kari, http.MethodGet, "/admin/connections", ""), "Renamed", "Always ask here", "In use")
	for _, got := range []*httptest.ResponseRecorder{page, w.do(kari, http.MethodGet, at, ""), w.do(kari, http.MethodPost, at, settings("version", "2", "issuer", "no"))} {
		if strings.Contains(got.Body.String(), hush) {
			t.Error("the secret is on the page")
		}
	}
	relying, err := w.directory.Relying(context.Background(), w.stored(acme, made))
	if w.must(err); relying.Secret != hush {
		t.Error("an empty field did not keep the secret")
	}
}

func TestWhatAConnectionCannotBeIsShownAgainAsTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari, f := w.signIn(acme, "kari@acme.example", "owner"), w.connection(acme, "Acme Login")
	at := "/admin/connections/" + f.ID.String()
	for _, bad := range [][]string{{"issuer", "ftp://idp"}, {"client_id", ""}, {"auth", "none"}, {"role", "owner"}, {"addresses", "maybe"}, {"directories", "acme"}, {"name", strings.Repeat("n", 51)}} {
		got := w.do(kari, http.MethodPost, at, settings(append([]string{"version", "1", "claim_name", "nickname"}, bad...)...))
		wantStatus(t, got, http.StatusUnprocessableEntity)
		wantText(t, got, "The connection cannot be saved like this.", `value="nickname"`, `name="version" value="1"`, bad[0])
		wantStatus(t, w.do(kari, http.MethodPost, "/admin/connections/new", settings(bad...)), http.StatusUnprocessableEntity)
	}
	got := w.do(kari, http.MethodPost, "/admin/connections/new", settings())
	wantStatus(t, got, http.StatusConflict)
	wantText(t, got, "Another connection has that name.", `action="/admin/connections/new"`)
	wantStatus(t, w.do(kari, http.MethodPost, at, settings("version", "1", "claim_name", "first")), http.StatusSeeOther)
	got = w.do(kari, http.MethodPost, at, settings("version", "1", "claim_name", "second"))
	wantStatus(t, got, http.StatusConflict)
	wantText(t, got, "Somebody else saved this connection", `value="second"`, `name="version" value="2"`)
	if got := w.stored(acme, f.ID); got.Settings.Claims.Name != "first" {
		t.Errorf("stored %+v", got.Settings)
	}
}

func TestAConnectionIsTurnedOffAndOnAfterAsking(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari, f := w.signIn(acme, "kari@acme.example", "admin"), w.connection(acme, "Acme Login")
	at := "/admin/connections/" + f.ID.String()
	wantText(t, w.do(kari, http.MethodGet, at+"/disable", ""), "Turn Acme Login off?", "locked out")
	if w.stored(acme, f.ID).Disabled {
		t.Fatal("asking turned it off")
	}
	wantStatus(t, w.do(kari, http.MethodPost, at+"/disable", ""), http.StatusSeeOther)
	wantText(t, w.do(kari, http.MethodGet, at+"?notice=disabled", ""), "The connection has been turned off.", "/enable")
	if !w.stored(acme, f.ID).Disabled {
		t.Error("still in use")
	}
	wantStatus(t, w.do(kari, http.MethodPost, at+"/test", ""), http.StatusConflict)
	wantStatus(t, w.do(kari, http.MethodPost, at+"/enable", ""), http.StatusSeeOther)
	if w.stored(acme, f.ID).Disabled {
		t.Error("not in use again")
	}
}

func TestTestingAConnectionBeginsAnAttemptOfTheAdministrator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari, f := w.signIn(acme, "kari@acme.example", "admin"), w.connection(acme, "Acme Login")
	at := "/admin/connections/" + f.ID.String()
	got := w.do(kari, http.MethodPost, at+"/test", "")
	wantStatus(t, got, http.StatusSeeOther)
	owner, a, ok := attempt.ParseHandle(strings.TrimPrefix(got.Header().Get("Location"), "/signin/"))
	if !ok || owner != acme {
		t.Fatalf("sent to %q", got.Header().Get("Location"))
	}
	back := httptest.NewRequest(http.MethodGet, "/", nil)
	back.Host = "id.example.com"
	for _, c := range got.Result().Cookies() {
		back.AddCookie(c)
	}
	loaded, err := attempt.Load(context.Background(), w.store.Tenant(acme), acme, a, attempt.Presented{Binding: w.edge.Cookies.Get(back, attempt.Cookie(a))})
	w.must(err)
	if loaded.Purpose != attempt.Test || loaded.Request.Connection != f.ID || loaded.Request.ReturnTo != at || loaded.User == nil ||
		loaded.Request.Subject != *loaded.User || *loaded.User != w.person(acme, "kari@acme.example") || loaded.Session == nil {
		t.Errorf("%+v", loaded)
	}
}

// second is what the form of the second factor sends.
func second(change ...string) string {
	f := url.Values{"version": {"1"}, "mode": {"local"}, "accept": {"good"}, "max_minutes": {"720"}, "contexts": {""}, "acr_values": {""}}
	for i := 0; i+1 < len(change); i += 2 {
		f.Set(change[i], change[i+1])
	}
	return f.Encode()
}

func TestWhatASignInSparesIsAVersionOfThePolicyAndLooseningIsAskedAbout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari, f := w.signIn(acme, "kari@acme.example", "owner"), w.connection(acme, "Acme Login")
	at := "/admin/connections/" + f.ID.String() + "/second-factor"
	wantStatus(t, w.do(kari, http.MethodPost, at, second()), http.StatusSeeOther)
	if w.current(acme).Version != 1 {
		t.Error("a version without a change")
	}
	mine := []string{"mode", "evidence", "accept", "medium", "max_minutes", "30", "acr_values", "urn:two urn:three"}
	got := w.do(kari, http.MethodPost, at, second(mine...))
	wantStatus(t, got, http.StatusOK)
	wantText(t, got, "A second step that Acme Login proves counts here.", `name="acr_values" value="urn:two urn:three"`)
	if w.current(acme).Version != 1 {
		t.Fatal("saved without asking")
	}
	wantStatus(t, w.do(kari, http.MethodPost, at, second(append(mine, "confirmed", "on")...)), http.StatusSeeOther)
	e := w.current(acme).Exemption(f.ID)
	weighed := e.Weigh(mfa.Upstream{Connection: f.ID, ACR: "urn:two"}, w.now)
	if w.current(acme).Version != 2 || e.Mode != policy.ByEvidence || e.Accept != mfa.GradeMedium || e.Evidence[0].MaxAge != 1800 || weighed.Level != mfa.AAL2 {
		t.Errorf("stored %+v, weighed %+v", e, weighed)
	}
	wantText(t, w.do(kari, http.MethodGet, "/admin/connections/"+f.ID.String(), ""), `value="urn:three urn:two"`, `value="evidence" required checked`, `name="max_minutes" type="number" inputmode="numeric" min="1" required value="30"`)
	// The form of the policy keeps what it does not show.
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/policy", form("version", "2", "mode", "required")), http.StatusSeeOther)
	if e := w.current(acme).Exemption(f.ID); e.Mode != policy.ByEvidence {
		t.Errorf("kept %+v", e)
	}
	wantText(t, w.do(kari, http.MethodGet, "/admin/policy", ""), "exemptions.Acme Login.mode: – → evidence")
	for _, tighter := range [][]string{{"mode", "evidence", "accept", "strong", "max_minutes", "30", "version", "3", "contexts", "", "acr_values", "urn:two"}, {"mode", "local", "version", "3"}} {
		got := w.do(kari, http.MethodPost, at, second(tighter...))
		if got.Code == http.StatusOK {
			t.Errorf("%v was asked about", tighter)
		}
	}
}

func TestNonsenseAndStaleExemptionsAreShownAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari, f := w.signIn(acme, "kari@acme.example", "owner"), w.connection(acme, "Acme Login")
	at := "/admin/connections/" + f.ID.String() + "/second-factor"
	for _, bad := range [][]string{{"mode", "never"}, {"mode", "evidence", "accept", "excellent"}, {"mode", "evidence", "max_minutes", "0"}, {"mode", "evidence", "max_minutes", "2000000"}} {
		got := w.do(kari, http.MethodPost, at, second(append(bad, "acr_values", "urn:mine")...))
		wantStatus(t, got, http.StatusUnprocessableEntity)
		wantText(t, got, "This cannot be saved.", `value="urn:mine"`)
	}
	got := w.do(kari, http.MethodPost, at, second("version", "4", "mode", "skip"))
	wantStatus(t, got, http.StatusConflict)
	wantText(t, got, `name="version" value="1"`, `value="skip" required checked`)
	if w.current(acme).Version != 1 {
		t.Error("saved all the same")
	}
}

func TestPasswordsAreTurnedOffOnlyWithAnotherWayIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari := w.signIn(acme, "kari@acme.example", "owner")
	off := []string{"no_passwords", "on", "break_glass", "kari@acme.example"}
	if strings.Contains(w.do(kari, http.MethodGet, "/admin/policy", "").Body.String(), "no_passwords") {
		t.Error("offered without a connection")
	}
	refused := func(change ...string) {
		t.Helper()
		got := w.do(kari, http.MethodPost, "/admin/policy", form(change...))
		wantStatus(t, got, http.StatusUnprocessableEntity)
		wantText(t, got, "Passwords can be turned off only when")
	}
	refused(off...)
	f := w.connection(acme, "Acme Login")
	refused("no_passwords", "on")
	w.must(federation.SetDisabled(context.Background(), w.store, acme, f.ID, true, audit.Operator, audit.Origin{}, w.now))
	refused(off...)
	w.must(federation.SetDisabled(context.Background(), w.store, acme, f.ID, false, audit.Operator, audit.Origin{}, w.now))
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/policy", form(append(off, "confirmed", "on")...)), http.StatusSeeOther)
	if !w.current(acme).NoPasswords {
		t.Error("not saved")
	}
	wantText(t, w.do(kari, http.MethodPost, "/admin/policy", form("version", "2", "reset_outside", "on", "break_glass", "kari@acme.example")), "sign in with their passwords again", "none of your proven domains")
}
