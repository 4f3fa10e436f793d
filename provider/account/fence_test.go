package account_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"sallyport/provider/web"
	"sallyport/storage/id"
)

// outside is what must not be reachable: everything a person has.
type outside struct {
	p       *person
	browser *browser
	client  string
}

func (o outside) paths() []string {
	return []string{removal(o.p.factor), ending(o.browser.id), "/account/consents/" + o.client + "/revoke"}
}

func (w *world) outsider(t id.Tenant, email, client string) outside {
	w.t.Helper()
	w.client(t, client)
	p := w.person(t, email, "user")
	p.enrol("Phone")
	return outside{p: p, browser: p.signIn(firefox, client), client: client}
}

var varying = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)

// answer is everything of an answer that somebody could learn from.
func answer(got *httptest.ResponseRecorder) string {
	h := got.Header().Clone()
	h.Del("X-Request-Id")
	var b strings.Builder
	_ = h.Write(&b)
	return http.StatusText(got.Code) + b.String() + varying.ReplaceAllString(got.Body.String(), "")
}

func TestWhatBelongsToOthersAnswersLikeWhatDoesNotExistH01(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme", nil)
	kari := w.person(acme, "kari@acme.example", "user")
	kari.enrol("Phone")
	b := kari.signIn(firefox, "")
	random := []string{removal(id.NewFactor()), ending(id.NewSession()), "/account/consents/nobody/revoke"}
	others := []outside{w.outsider(acme, "per@acme.example", "ledger"), w.outsider(w.tenant("globex", nil), "kari@acme.example", "sheet")}
	for i, path := range random {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			want := w.do(b, method, path, "")
			wantStatus(t, want, http.StatusNotFound)
			for _, o := range others {
				if got := w.do(b, method, o.paths()[i], ""); answer(got) != answer(want) {
					t.Errorf("%s %s: %s, a random one: %s", method, o.paths()[i], answer(got), answer(want))
				}
			}
		}
	}
	for _, o := range others {
		if o.p.factors() != 1 || !o.browser.alive() || !o.browser.granted() {
			t.Errorf("%s lost something", o.p.email)
		}
	}
}

func TestMalformedIdentifiersAreNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kari := w.person(w.tenant("acme", nil), "kari@acme.example", "user")
	own := kari.enrol("Phone").String()
	b := kari.signIn(firefox, "")
	for _, bad := range []string{"1", "x", strings.ToUpper(own), "%7B" + own + "%7D", own + "0", "urn:uuid:" + own, "%27%20or%201=1", strings.Repeat("a", 5000)} {
		for _, path := range []string{"/account/factors/" + bad + "/remove", "/account/sessions/" + bad + "/end", "/account/consents/" + bad + "/revoke"} {
			wantStatus(t, b.get(path), http.StatusNotFound)
			wantStatus(t, b.post(path), http.StatusNotFound)
		}
	}
	if kari.factors() != 1 {
		t.Error("another spelling of the identifier worked")
	}
}

func TestChangesRefuseWhatIsNotAFormI05(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme", nil)
	w.client(acme, "app")
	kari := w.person(acme, "kari@acme.example", "user")
	phone := kari.enrol("Phone")
	here, there := kari.signIn(firefox, "app"), kari.signIn(firefox, "app")
	paths := []string{removal(phone), ending(there.id), "/account/consents/app/revoke", "/account/sessions/end-others", "/account/factors/add", "/account/signout"}
	for _, path := range paths {
		for _, media := range []string{"text/plain", "application/json", "multipart/form-data; boundary=x", ""} {
			wantStatus(t, w.do(here, http.MethodPost, path, "{}", "Content-Type", media), http.StatusUnsupportedMediaType)
		}
		wantStatus(t, w.do(here, http.MethodPost, path, "a=%00"), http.StatusBadRequest)
		wantStatus(t, w.do(here, http.MethodPost, path, "", "Sec-Fetch-Site", "cross-site"), http.StatusForbidden)
		wantSeeOther(t, w.do(nil, http.MethodPost, path, ""), "/signin/guarded")
	}
	if kari.factors() != 1 || !there.alive() || !there.granted() || !here.alive() {
		t.Error("a refused request changed something")
	}
}

func TestHandlersPanicWithoutTheirGuard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, rt := range w.pages.Routes() {
		if rt.Access == web.Public {
			continue
		}
		r := httptest.NewRequest(rt.Methods[0], "/", nil)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if !panics(func() { _ = rt.Handler(httptest.NewRecorder(), r) }) {
			t.Errorf("%v %s answered without a session", rt.Methods, rt.Path)
		}
	}
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}
