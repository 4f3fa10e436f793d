package account_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"sallyport/provider/notify"
	"sallyport/provider/token"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

const fresh = "a whole new password"

func TestC09ResetSetsThePasswordAndSignsNobodyIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme", nil)
	w.client(acme, "app")
	kari := w.person(acme, "kari@acme.example", "user")
	kari.enrol("Phone")
	b := kari.signIn(firefox, "app")
	link := kari.forgot()
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodGet} {
		wantStatus(t, w.do(nil, method, link, ""), http.StatusOK) // a scanner's look uses nothing up
	}
	wantText(t, w.do(nil, http.MethodGet, link, ""), `action="`+link+`"`, "kari@acme.example", `autocomplete="new-password"`)
	got := w.send(link, "password", fresh)
	wantStatus(t, got, http.StatusOK)
	wantText(t, got, "Your new password is saved", `href="/account"`)
	if len(got.Result().Cookies()) != 0 || b.alive() || b.granted() || !kari.opens(fresh) || !kari.row().PasswordByMail || kari.factors() != 1 {
		t.Errorf("cookies %v, session alive %v", got.Result().Cookies(), b.alive())
	}
	wantStatus(t, w.send(link, "password", "another password"), http.StatusGone)
	if !kari.opens(fresh) || len(kari.events(audit.PasswordSet)) != 1 {
		t.Error("the link worked twice")
	}
}

func TestC10ResetLinkExpiresToTheSecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kari := w.person(w.tenant("acme", nil), "kari@acme.example", "user")
	link := kari.forgot()
	w.clock.advance(30 * time.Minute)
	wantStatus(t, w.do(nil, http.MethodGet, link, ""), http.StatusGone)
	wantStatus(t, w.send(link, "password", fresh), http.StatusGone)
	w.clock.advance(-time.Second)
	wantStatus(t, w.send(link, "password", fresh), http.StatusOK)
}

func TestResetSaysWhatIsWrongWithThePasswordAndKeepsTheLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kari := w.person(w.tenant("acme", nil), "kari@acme.example", "user")
	link := kari.forgot()
	for _, bad := range []string{"", "short", strings.Repeat("x", 1025)} {
		got := w.send(link, "password", bad)
		wantStatus(t, got, http.StatusUnprocessableEntity)
		wantText(t, got, `role="alert"`, `action="`+link+`"`)
	}
	wantStatus(t, w.send(link, "password", fresh), http.StatusOK)
}

// C05: whoever brings a link may say what they like beside it: it is about its own account.
func TestC05LinkIsForItsAccountAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme", nil)
	kari, per := w.person(acme, "kari@acme.example", "user"), w.person(acme, "per@acme.example", "user")
	link := per.forgot()
	b := kari.signIn(firefox, "")
	body := form("password", fresh, "email", kari.email, "user", kari.id.String(), "user_id", kari.id.String(), "tenant", acme.String())
	wantStatus(t, w.do(b, http.MethodPost, link+"?email=kari%40acme.example&user="+kari.id.String(), body), http.StatusOK)
	if kari.opens(fresh) || !per.opens(fresh) || !b.alive() {
		t.Error("the link was for somebody else")
	}
	wantStatus(t, w.send(kari.forgot(), "password", fresh, "password", "second value"), http.StatusBadRequest)
}

func TestB07LinkOfOneKindOpensNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kari := w.person(w.tenant("acme", nil), "kari@acme.example", "user")
	b := kari.signIn(firefox, "")
	links := map[string]string{"password": kari.forgot(), "email": kari.activation(), "objection": kari.objection()}
	for at := range links {
		dead := answer(w.do(nil, http.MethodGet, "/"+at+"/x", ""))
		for kind, link := range links {
			secret := strings.TrimPrefix(link, "/"+kind+"/")
			_, rest, _ := strings.Cut(secret, ".")
			prefix, _, _ := strings.Cut(strings.TrimPrefix(links[at], "/"+at+"/"), ".")
			for _, brought := range []string{secret, prefix + "." + rest} {
				if kind == at {
					continue
				}
				for _, got := range []string{answer(w.do(nil, http.MethodGet, "/"+at+"/"+brought, "")), answer(w.send("/"+at+"/"+brought, "password", fresh))} {
					if got != dead {
						t.Errorf("%s at %s: %s", kind, at, got)
					}
				}
			}
		}
	}
	if kari.row().PasswordHash != nil || kari.row().EmailConfirmedAt != nil || kari.row().FrozenAt != nil || !b.alive() {
		t.Error("something happened")
	}
}

// I06, L: whatever stands in the path, the page is that of a dead link; never a 5xx, never another page.
func TestMalformedLinksLookLikeDeadOnes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme", nil)
	for at, kind := range map[string]token.Kind{"password": token.Reset, "email": token.Confirm, "objection": token.Objection} {
		unknown, nowhere := token.New(kind, acme).Text, token.New(kind, id.NewTenant()).Text
		dead := w.do(nil, http.MethodGet, "/"+at+"/"+unknown, "")
		wantStatus(t, dead, http.StatusGone)
		for _, bad := range []string{"x", nowhere, token.New(kind, id.Lobby).Text, unknown + "A", unknown[:30], "%20", "%00x", "%ff", "..%2f..%2fx", "%27%20or%201=1", strings.Repeat("A", 9000), string(kind) + ".."} {
			for _, got := range []int{w.do(nil, http.MethodGet, "/"+at+"/"+bad, "").Code, w.send("/"+at+"/"+bad, "password", fresh).Code} {
				if got != http.StatusGone && got != http.StatusNotFound && got != http.StatusBadRequest {
					t.Errorf("%s/%.20s: %d", at, bad, got)
				}
			}
		}
		for _, alike := range []string{"x", nowhere, unknown + "A", "%27%20or%201=1"} {
			if got := w.do(nil, http.MethodGet, "/"+at+"/"+alike, ""); answer(got) != answer(dead) {
				t.Errorf("%s/%.20s: %s", at, alike, answer(got))
			}
		}
	}
}

func TestI05LinksAreUsedByTheFormsOfOurPagesAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kari := w.person(w.tenant("acme", nil), "kari@acme.example", "user")
	for _, link := range []string{kari.forgot(), kari.activation(), kari.objection()} {
		body := form("password", fresh)
		wantStatus(t, w.do(nil, http.MethodPost, link, body, "Sec-Fetch-Site", "cross-site"), http.StatusForbidden)
		wantStatus(t, w.do(nil, http.MethodPost, link, body, "Origin", "https://evil.example"), http.StatusForbidden)
		for _, media := range []string{"text/plain", "application/json", "multipart/form-data; boundary=x", ""} {
			wantStatus(t, w.do(nil, http.MethodPost, link, "{}", "Content-Type", media), http.StatusUnsupportedMediaType)
		}
		for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch} {
			wantStatus(t, w.do(nil, method, link, body), http.StatusMethodNotAllowed)
		}
		w.do(nil, http.MethodGet, link+"?password=x&_method=POST", "")
		wantStatus(t, w.do(nil, http.MethodGet, link, ""), http.StatusOK)
	}
	if row := kari.row(); row.PasswordHash != nil || row.EmailConfirmedAt != nil || row.FrozenAt != nil {
		t.Errorf("%+v", row)
	}
}

func TestR8AddressIsConfirmedByAButtonNotByALook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kari := w.person(w.tenant("acme", nil), "kari@acme.example", "user")
	link := kari.activation()
	got := w.do(nil, http.MethodGet, link, "")
	wantText(t, got, "Is kari@acme.example yours?", "Confirm address", `action="`+link+`"`)
	if kari.row().EmailConfirmedAt != nil {
		t.Fatal("looking confirmed it")
	}
	got = w.send(link)
	wantStatus(t, got, http.StatusOK)
	wantText(t, got, "Address confirmed")
	if kari.row().EmailConfirmedAt == nil || len(got.Result().Cookies()) != 0 {
		t.Error("not confirmed, or signed in")
	}
	wantStatus(t, w.send(link), http.StatusGone)
}

func TestObjectionFreezesAndFrozenChangesSaySo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kari := w.person(w.tenant("acme", nil), "kari@acme.example", "user")
	phone, before := kari.enrol("Phone"), kari.signIn(firefox, "")
	reset, objection := kari.forgot(), kari.objection()
	wantText(t, w.do(nil, http.MethodGet, objection, ""), "This was not me", `action="`+objection+`"`)
	if kari.row().FrozenAt != nil {
		t.Fatal("looking froze it")
	}
	wantStatus(t, w.send(objection), http.StatusOK)
	if kari.row().FrozenAt == nil || before.alive() || len(kari.events(audit.Objected)) != 1 {
		t.Error("not frozen, or still signed in")
	}
	wantStatus(t, w.send(objection), http.StatusGone)
	wantStatus(t, w.send(reset, "password", fresh), http.StatusGone)
	b := kari.signIn(firefox, "")
	for target, body := range map[string]string{"/account/password": form("password", fresh), "/account/email": form("email", "new@acme.example"),
		"/account/email/confirm": "", removal(phone): ""} {
		got := w.do(b, http.MethodPost, target, body)
		wantStatus(t, got, http.StatusForbidden)
		wantText(t, got, "administrator")
	}
	if kari.factors() != 1 || kari.row().PasswordHash != nil {
		t.Error("something was changed")
	}
	wantNoText(t, b.get("/account"), `"/account/password"`, `"/account/email"`)
}

// I01: the link in a mail leads where the configuration says, whatever the request that caused it says.
func TestI01LinksLeadToTheConfiguredAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kari := w.person(w.tenant("acme", nil), "kari@acme.example", "user")
	b := kari.signIn(firefox, "")
	for _, header := range [][]string{{"X-Forwarded-Host", "evil.example"}, {"X-Forwarded-Proto", "javascript"}, {"Forwarded", "host=evil.example"},
		{"X-Forwarded-Port", "666"}, {"X-Original-Host", "evil.example"}} {
		wantSeeOther(t, w.do(b, http.MethodPost, "/account/email/confirm", "", header...), "/account?notice=confirmation-sent")
		path, to := w.mailed(notify.EmailConfirm) // fails for another origin
		if !strings.HasPrefix(path, "/email/spe.") || to != kari.email {
			t.Errorf("%v: %s to %s", header, path, to)
		}
	}
}
