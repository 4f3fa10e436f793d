package console_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"sallyport/provider/domain"
	"sallyport/provider/user"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

func (w *world) newcomer(t id.Tenant, email, role string) id.User {
	w.t.Helper()
	u, err := user.Create(context.Background(), w.store, t, user.New{Email: email, Role: role}, audit.Operator, w.now)
	w.must(err)
	return u
}

// owns proves a domain to be the tenant's, as the DNS would.
func (w *world) owns(t id.Tenant, name string) {
	w.t.Helper()
	d, err := domain.Add(context.Background(), w.store, t, name, audit.Operator, audit.Origin{}, w.now)
	w.must(err)
	host, record := domain.Record(d.Name, d.Challenge)
	w.records.Store(host+".", record)
	_, err = domain.Checker{Store: w.store, Resolver: w.resolver(), Now: w.clock}.Check(context.Background(), t, name, audit.Operator, audit.Origin{})
	w.must(err)
}

func (w *world) factor(t id.Tenant, u id.User) {
	w.t.Helper()
	w.must(w.store.Tenant(t).CreateFactor(context.Background(), db.CreateFactorParams{TenantID: t, ID: id.NewFactor(), UserID: u, Kind: "totp", Name: "Work phone", Secret: []byte("sealed"), CreatedAt: w.now}))
}

func TestPeopleAreSearchedByAddressAPageAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari := w.signIn(acme, "kari@acme.example", "admin")
	for n := range 101 {
		w.newcomer(acme, fmt.Sprintf("p%03d@acme.example", n), "user")
	}
	first := w.do(kari, http.MethodGet, "/admin/people?q=ACME.example", "")
	wantStatus(t, first, http.StatusOK)
	next := regexp.MustCompile(`href="(/admin/people\?[^"]+)"`).FindStringSubmatch(first.Body.String())
	if next == nil || strings.Count(first.Body.String(), "<tr>") != 101 {
		t.Fatal("not a hundred people and a link")
	}
	last := w.do(kari, http.MethodGet, strings.ReplaceAll(next[1], "&amp;", "&"), "")
	wantText(t, last, "p099@acme.example", "p100@acme.example")
	if strings.Contains(last.Body.String(), "p098@") || strings.Contains(last.Body.String(), "Next page") {
		t.Error("the second page is no continuation")
	}
	wantText(t, w.do(kari, http.MethodGet, "/admin/people?q=nobody%25", ""), "Nobody was found.")
}

func TestAPersonIsResetAndGivenACodeThatIsShownOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	w.owns(acme, "acme.example")
	kari, ola := w.signIn(acme, "kari@acme.example", "admin"), w.newcomer(acme, "ola@acme.example", "user")
	w.factor(acme, ola)
	at := "/admin/people/" + ola.String()
	wantText(t, w.do(kari, http.MethodGet, "/admin/people", ""), "ola@acme.example", "1 method")
	wantText(t, w.do(kari, http.MethodGet, at, ""), "Work phone", "Can sign in", "/admin/signins?person=ola%40acme.example")
	got := w.do(kari, http.MethodPost, at+"/access-code", "")
	wantStatus(t, got, http.StatusOK)
	code := regexp.MustCompile(`<li><code>([0-9A-Z-]+)</code></li>`).FindStringSubmatch(got.Body.String())
	if code == nil {
		t.Fatalf("no code on %s", got.Body)
	}
	if strings.Contains(w.do(kari, http.MethodGet, at, "").Body.String(), code[1]) {
		t.Error("the code is shown again")
	}
	wantText(t, w.do(kari, http.MethodGet, at+"/reset", ""), "of ola@acme.example are removed")
	wantStatus(t, w.do(kari, http.MethodPost, at+"/reset", ""), http.StatusSeeOther)
	wantText(t, w.do(kari, http.MethodGet, at+"?notice=reset", ""), "Two-step sign-in has been reset", "No second step is set up.")
}

func TestR17HelpThatIsRefusedSaysWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	w.owns(acme, "acme.example")
	kari := w.signIn(acme, "kari@acme.example", "admin")
	people := map[id.User]string{
		w.person(acme, "kari@acme.example"):             "Nobody helps themselves",
		w.newcomer(acme, "boss@acme.example", "owner"):  "whose role is below yours",
		w.newcomer(acme, "guest@else.example", "user"):  "no domain that your organisation has proven",
		w.newcomer(acme, "equal@acme.example", "admin"): "whose role is below yours",
		w.newcomer(acme, "sub@x.acme.example", "user"):  "no domain that your organisation has proven",
	}
	for u, why := range people {
		w.factor(acme, u)
		for _, what := range []string{"/reset", "/access-code"} {
			got := w.do(kari, http.MethodPost, "/admin/people/"+u.String()+what, "")
			wantStatus(t, got, http.StatusForbidden)
			wantText(t, got, why, "Work phone")
		}
	}
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/policy", form("mode", "off")), http.StatusForbidden)
}

// everywhere are the pages and forms of the console with whom they are for.
var everywhere = map[string]string{
	"GET /admin": "admin", "GET /admin/connections": "admin", "GET /admin/connections/new?kind=oidc": "admin", "POST /admin/connections/new": "admin",
	"GET /admin/connections/{connection}": "admin", "POST /admin/connections/{connection}": "admin", "POST /admin/connections/{connection}/test": "admin",
	"GET /admin/connections/{connection}/disable": "admin", "POST /admin/connections/{connection}/disable": "admin", "GET /admin/connections/{connection}/enable": "admin",
	"POST /admin/connections/{connection}/enable": "admin", "POST /admin/connections/{connection}/second-factor": "owner",
	"GET /admin/domains": "admin", "POST /admin/domains": "admin", "POST /admin/domains/check": "admin", "POST /admin/domains/connect": "admin",
	"GET /admin/domains/remove": "admin", "POST /admin/domains/remove": "admin",
	"GET /admin/people": "admin", "GET /admin/people/{person}": "admin", "GET /admin/people/{person}/reset": "admin", "POST /admin/people/{person}/reset": "admin",
	"POST /admin/people/{person}/access-code": "admin", "GET /admin/signins": "admin", "GET /admin/signins/{event}": "admin", "GET /admin/what-if": "admin", "POST /admin/what-if": "admin",
	"GET /admin/policy": "owner", "POST /admin/policy": "owner", "GET /admin/report": "owner", "POST /admin/report": "owner", "POST /admin/report/end": "owner",
	"GET /admin/report/enforce": "owner", "POST /admin/report/enforce": "owner",
}

func TestR18H05EveryPageAsksForTheRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	ola, admin, f := w.signIn(acme, "ola@acme.example", "user"), w.signIn(acme, "admin@acme.example", "admin"), w.connection(acme, "Acme Login")
	if len(w.edge.Routes()) != len(everywhere) {
		t.Errorf("%d routes, %d are known", len(w.edge.Routes()), len(everywhere))
	}
	for route, least := range everywhere {
		method, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer("{connection}", f.ID.String(), "{person}", w.person(acme, "ola@acme.example").String(), "{event}", id.NewEvent().String()).Replace(path)
		wantStatus(t, w.do(ola, method, path, ""), http.StatusForbidden)
		if least == "owner" {
			wantStatus(t, w.do(admin, method, path, ""), http.StatusForbidden)
		}
	}
	for _, hidden := range []string{"second-factor", "/admin/report", "/admin/policy"} {
		for _, page := range []*httptest.ResponseRecorder{w.do(admin, http.MethodGet, "/admin", ""), w.do(admin, http.MethodGet, "/admin/connections/"+f.ID.String(), "")} {
			if wantStatus(t, page, http.StatusOK); strings.Contains(page.Body.String(), hidden) {
				t.Errorf("an administrator is offered %s", hidden)
			}
		}
	}
}

func TestH02NothingOfAnotherTenantIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, globex := w.tenant("acme"), w.tenant("globex")
	kari, theirs, eve := w.signIn(acme, "kari@acme.example", "owner"), w.connection(globex, "Theirs"), w.newcomer(globex, "eve@globex.example", "user")
	for route := range everywhere {
		method, path, _ := strings.Cut(route, " ")
		if !strings.Contains(path, "{") {
			continue
		}
		path = strings.NewReplacer("{connection}", theirs.ID.String(), "{person}", eve.String(), "{event}", id.NewEvent().String()).Replace(path)
		wantStatus(t, w.do(kari, method, path, second()), http.StatusNotFound)
	}
	wantText(t, w.do(kari, http.MethodGet, "/admin/people?q=eve", ""), "Nobody was found.")
	if w.stored(globex, theirs.ID).Disabled {
		t.Error("changed all the same")
	}
}
