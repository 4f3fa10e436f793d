package entra_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sallyport/cmd/sallyport/demo/entra"
)

// person is somebody as a form names them.
func person(t *testing.T, address string) (oid string) {
	t.Helper()
	for _, d := range entra.Directories() {
		for _, p := range d.People {
			if p.Address == address {
				return p.OID
			}
		}
	}
	t.Fatalf("nobody is %s", address)
	return ""
}

func TestPersonOfContosoIsDescribedAsEntraDoes(t *testing.T) {
	t.Parallel()
	w := open(t, entra.Contoso)
	res, _ := w.pick(w.ask(), url.Values{"person": {person(t, "robin@contoso.test")}, "age": {"10m"}})
	got := w.claims(w.answer(res).Get("code"), entra.Contoso)
	for name, want := range map[string]any{"ver": "2.0", "tid": entra.Contoso, "oid": person(t, "robin@contoso.test"), "name": "Robin Berg",
		"preferred_username": "robin@contoso.test", "email": "robin@contoso.test", "xms_edov": true, "nonce": "n-1", "acct": 0.0,
		"auth_time": float64(moment.Unix() - 600), "amr": []any{"pwd"}, "groups": []any{entra.Administrators}} {
		if !reflect.DeepEqual(got[name], want) {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	for _, name := range []string{"acrs", "acr", "email_verified", "upn"} {
		if got[name] != nil {
			t.Errorf("%s is told: %v", name, got[name])
		}
	}
	if got["sub"] == got["oid"] || got["sid"] == nil || got["login_hint"] == nil {
		t.Errorf("sub, sid, login_hint: %v, %v, %v", got["sub"], got["sid"], got["login_hint"])
	}
}

func TestVisitorSaysWhatWasDoneUpstream(t *testing.T) {
	t.Parallel()
	w := open(t, entra.Contoso)
	res, _ := w.pick(w.ask(), url.Values{"mfa": {"yes"}, "acrs": {"c1", "c99"}, "age": {"8h"}})
	got := w.claims(w.answer(res).Get("code"), entra.Contoso)
	if want := []any{"pwd", "rsa", "mfa"}; !reflect.DeepEqual(got["amr"], want) {
		t.Errorf("amr is %v, want %v", got["amr"], want)
	}
	if want := []any{"c1"}; !reflect.DeepEqual(got["acrs"], want) {
		t.Errorf("acrs is %v, want %v: nobody asked for another", got["acrs"], want)
	}
	if want := float64(moment.Unix() - 8*3600); got["auth_time"] != want {
		t.Errorf("auth_time is %v, want %v", got["auth_time"], want)
	}
}

// What the page prepares when it is asked for a second factor is sent by a visitor who only presses the button.
func TestAskedForContextIsPreparedAndSaid(t *testing.T) {
	t.Parallel()
	w := open(t, entra.Contoso)
	address := w.ask("claims", `{"id_token":{"acrs":{"essential":true,"value":"c7"}}}`, "login_hint", "robin@contoso.test")
	if _, page := read(t)(w.browser.Get(address)); !strings.Contains(page, "asked for a second factor") {
		t.Errorf("the page does not say so:\n%s", page)
	}
	res, _ := w.pick(address, nil)
	got := w.claims(w.answer(res).Get("code"), entra.Contoso)
	if amr, _ := got["amr"].([]any); !slices.Contains(amr, any("mfa")) || !reflect.DeepEqual(got["acrs"], []any{"c7"}) {
		t.Errorf("amr %v, acrs %v", got["amr"], got["acrs"])
	}
	if got["preferred_username"] != "robin@contoso.test" {
		t.Errorf("login_hint prepared %v", got["preferred_username"])
	}
	hint, _ := got["login_hint"].(string)
	res, _ = w.pick(w.ask("login_hint", hint), nil)
	if again := w.claims(w.answer(res).Get("code"), entra.Contoso); again["oid"] != got["oid"] {
		t.Errorf("the claim login_hint prepared %v", again["preferred_username"])
	}
}

func TestPromptLoginIsNowWhateverTheFormSays(t *testing.T) {
	t.Parallel()
	w := open(t, entra.Contoso)
	res, _ := w.pick(w.ask("prompt", "login"), url.Values{"age": {"8h"}})
	if got := w.claims(w.answer(res).Get("code"), entra.Contoso); got["auth_time"] != float64(moment.Unix()) {
		t.Errorf("auth_time is %v, want %d", got["auth_time"], moment.Unix())
	}
}

func TestIssuerOfSeveralDirectoriesIsATemplate(t *testing.T) {
	t.Parallel()
	for authority, people := range map[string]map[string]string{
		"organizations": {"kim@contoso.test": entra.Contoso, "nora@fabrikam.test": entra.Fabrikam},
		"common":        {"omar@fabrikam.test": entra.Fabrikam, "pat@personal.test": entra.Consumers}} {
		w := open(t, authority)
		var about struct{ Issuer string }
		_, body := read(t)(w.browser.Get(entra.Issuer(w.origin, authority) + "/.well-known/openid-configuration"))
		if err := json.Unmarshal([]byte(body), &about); err != nil || about.Issuer != w.origin+"/{tenantid}/v2.0" {
			t.Errorf("%s: issuer %q, %v", authority, about.Issuer, err)
		}
		for address, tenant := range people {
			res, _ := w.pick(w.ask(), url.Values{"person": {person(t, address)}})
			if got := w.claims(w.answer(res).Get("code"), tenant); got["tid"] != tenant || got["preferred_username"] != address {
				t.Errorf("%s: %v of %v", address, got["preferred_username"], got["tid"])
			}
		}
	}
}

func TestPeopleOfOtherDirectoriesAreNotPicked(t *testing.T) {
	t.Parallel()
	for authority, address := range map[string]string{entra.Contoso: "nora@fabrikam.test", entra.Fabrikam: "kim@contoso.test", "organizations": "pat@personal.test"} {
		w := open(t, authority)
		res, page := w.pick(w.ask(), url.Values{"person": {person(t, address)}})
		if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(page, `role="alert"`) {
			t.Errorf("%s at %s: %d\n%s", address, authority, res.StatusCode, page)
		}
	}
}

func TestEachKeyNamesItsIssuer(t *testing.T) {
	t.Parallel()
	w := open(t, entra.Contoso)
	for authority, want := range map[string][]string{entra.Contoso: {entra.Contoso}, "organizations": {"{tenantid}"},
		"common": {"{tenantid}", entra.Consumers}, entra.Consumers: {entra.Consumers}} {
		var set struct {
			Keys []struct{ Kid, Issuer, N, D string }
		}
		_, body := read(t)(w.browser.Get(w.origin + "/" + authority + "/discovery/v2.0/keys"))
		if err := json.Unmarshal([]byte(body), &set); err != nil || len(set.Keys) != len(want) {
			t.Fatalf("%s: %v in %s", authority, err, body)
		}
		for i, k := range set.Keys {
			if k.Issuer != entra.Issuer(w.origin, want[i]) || k.Kid == "" || k.N == "" || k.D != "" {
				t.Errorf("%s: key %d is %+v", authority, i, k)
			}
		}
	}
}

var action = regexp.MustCompile(`<form method="post" action="([^"]+)">`)

func TestAnswerIsPostedWhereThatWasAskedFor(t *testing.T) {
	t.Parallel()
	w := open(t, entra.Contoso)
	res, page := w.pick(w.ask("response_mode", "form_post"), nil)
	m := action.FindStringSubmatch(page)
	if res.StatusCode != http.StatusOK || m == nil || html.UnescapeString(m[1]) != back {
		t.Fatalf("%d, form leads to %v", res.StatusCode, m)
	}
	form := filled(t, page)
	if form.Get("state") != "s-1" {
		t.Errorf("state is %q", form.Get("state"))
	}
	if got := w.claims(form.Get("code"), entra.Contoso); got["tid"] != entra.Contoso {
		t.Errorf("tid is %v", got["tid"])
	}
	res, page = w.pick(w.ask("response_mode", "form_post"), url.Values{"cancel": {"yes"}})
	if form := filled(t, page); form.Get("error") != "access_denied" || form.Has("code") {
		t.Errorf("%d, cancelled: %v", res.StatusCode, form)
	}
}

func TestSubjectsAreOfOnePersonAndNothingElse(t *testing.T) {
	t.Parallel()
	w := open(t, "common")
	seen := map[string]string{}
	for _, d := range entra.Directories() {
		for _, p := range d.People {
			res, _ := w.pick(w.ask(), url.Values{"person": {p.OID}})
			got := w.claims(w.answer(res).Get("code"), d.ID)
			for _, name := range []string{"sub", "oid", "sid", "login_hint"} {
				key := fmt.Sprint(name, got[name])
				if other, ok := seen[key]; ok {
					t.Errorf("%s of %s is that of %s", name, p.Address, other)
				}
				seen[key] = p.Address
			}
			if p.Email != "" && (got["email"] != p.Email || got["xms_edov"] != false) {
				t.Errorf("%s: email %v, xms_edov %v", p.Address, got["email"], got["xms_edov"])
			}
		}
	}
}
