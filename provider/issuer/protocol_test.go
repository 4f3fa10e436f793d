package issuer_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sallyport/provider/client"
	"sallyport/provider/user"
	"sallyport/storage/audit"
)

func TestE14DirectRequestsAreFormsAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	f := newFlow("web")
	form := f.redemption(w.browser().signIn(f, w.person(w.acme, "ann@acme.test"))).Encode()
	secret := w.secrets["web"]
	for _, path := range []string{"/token", "/introspect", "/revoke"} {
		if r := w.browser().get(path + "?" + form); r.status != http.StatusMethodNotAllowed || r.header.Get("Allow") == "" {
			t.Errorf("GET %s: %d, Allow %q", path, r.status, r.header.Get("Allow"))
		}
		for name, target := range map[string]string{"all in the query": path + "?" + form, "one in the query": path + "?client_id=web", "an empty query": path + "?"} {
			if r := w.raw(target, form, "web", secret); r.status != http.StatusBadRequest || !strings.Contains(r.body, `"invalid_request"`) {
				t.Errorf("%s at %s: %d %s", name, path, r.status, r.body)
			}
		}
		for name, body := range map[string]string{
			"code twice": form + "&code=x", "redirect_uri twice": form + "&redirect_uri=x", "client_id twice": form + "&client_id=web&client_id=web", "the same code twice": form + "&" + form, "unknown twice": form + "&x=1&x=1",
			"broken escape": form + "&x=%zz", "a NUL": form + "&x=%00", "broken UTF-8": form + "&x=%ff", "semicolons": strings.ReplaceAll(form, "&", ";"), "many": form + strings.Repeat("&a", 101),
		} {
			if r := w.raw(path, body, "web", secret); r.status != http.StatusBadRequest || !strings.Contains(r.body, `"invalid_request"`) {
				t.Errorf("%s at %s: %d %s", name, path, r.status, r.body)
			}
		}
		if r := w.raw(path, form+"&x="+strings.Repeat("a", 64<<10), "web", secret); r.status != http.StatusRequestEntityTooLarge {
			t.Errorf("too large at %s: %d", path, r.status)
		}
		for _, media := range []string{"", "application/json", "text/plain", "multipart/form-data; boundary=x"} {
			r := must(http.NewRequest(http.MethodPost, w.address(path), strings.NewReader(form)))
			r.Header.Set("Content-Type", media)
			r.SetBasicAuth("web", secret)
			if got := w.do(http.DefaultClient, r); got.status != http.StatusBadRequest || !strings.Contains(got.body, `"invalid_request"`) {
				t.Errorf("%q at %s: %d %s", media, path, got.status, got.body)
			}
		}
	}
	if got := w.instances[0].token(w, "web", must(url.ParseQuery(form))); got.status != http.StatusOK {
		t.Errorf("none of that may have touched the code: %+v", got)
	}
}

func TestE14AnswersAreNotStoredAndNotShared(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	got := w.obtain(w.browser(), newFlow("web"), w.person(w.acme, "ann@acme.test"))
	for _, c := range []struct {
		method, path, body, authorization string
		status                            int
	}{
		{"POST", "/token", refreshing("x").Encode(), "Basic " + basic("web", w.secrets["web"]), 400},
		{"POST", "/token", refreshing(got.Refresh).Encode(), "Basic " + basic("web", w.secrets["web"]), 200},
		{"POST", "/token", "", "Basic " + basic("web", "wrong"), 401},
		{"POST", "/token", "", "Bearer x", 401},
		{"POST", "/introspect", "token=x", "Basic " + basic("web", w.secrets["web"]), 200},
		{"POST", "/introspect", "token=x&client_id=spa", "", 401},
		{"POST", "/introspect", "token=x", "", 401},
		{"POST", "/revoke", "token=x", "Basic " + basic("web", w.secrets["web"]), 200},
		{"POST", "/revoke", "", "Basic " + basic("web", w.secrets["web"]), 400},
		{"GET", "/userinfo", "", "Bearer " + got.Access, 200},
		{"GET", "/userinfo", "", "Bearer x", 401},
		{"GET", "/userinfo", "", "", 401},
		{"GET", "/userinfo", "", "Basic " + basic("web", w.secrets["web"]), 401},
		{"GET", "/userinfo?access_token=" + got.Access, "", "", 400},
		{"POST", "/userinfo", "access_token=" + got.Access, "", 200},
		{"POST", "/userinfo", "access_token=" + got.Access, "Bearer " + got.Access, 400},
		{"POST", "/userinfo", "access_token=x&access_token=" + got.Access, "", 400},
	} {
		r := must(http.NewRequest(c.method, w.address(c.path), strings.NewReader(c.body)))
		r.Header.Set("Origin", "https://evil.test")
		r.Header.Set("Cookie", "session=x")
		if c.method == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		if c.authorization != "" {
			r.Header.Set("Authorization", c.authorization)
		}
		a := w.do(http.DefaultClient, r)
		name := c.method + " " + c.path + " " + c.body + " " + c.authorization
		if a.status != c.status || a.header.Get("Cache-Control") != "no-store" || (a.status == 401) != (a.status == 401 && a.header.Get("WWW-Authenticate") != "") {
			t.Errorf("%s: %d %v %s", name, a.status, a.header, a.body)
		}
		if a.header.Get("Access-Control-Allow-Credentials") != "" || a.header.Get("Access-Control-Allow-Origin") == "https://evil.test" || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s is shared: %v", name, a.header)
		}
		if a.status != 200 && !json.Valid([]byte(a.body)) {
			t.Errorf("%s: %q", name, a.body)
		}
	}
}

func basic(user, pass string) string {
	r := &http.Request{Header: http.Header{}}
	r.SetBasicAuth(user, pass)
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Basic ")
}

func TestE09IntrospectionTellsTheClientAndItsAudience(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.service("rs1", w.acme, client.Opaque)
	w.service("rs2", w.acme, client.Opaque)
	w.service("rs3", w.globex, client.Opaque)
	for _, format := range []string{client.Opaque, client.JWT} {
		name := "app-" + format
		w.register(client.New{ID: name, AuthMethod: client.SecretPost, FirstParty: true, Audience: []string{"rs1"}, AccessTokenFormat: format})
		p := w.enrolled(w.acme, format+"@acme.test")
		got := w.obtain(w.browser(), newFlow(name), p)
		told := map[string]any{}
		for _, asker := range []string{name, "rs1"} {
			r := w.instances[0].direct(w, "/introspect", asker, url.Values{"token": {got.Access}})
			if err := json.Unmarshal([]byte(r.body), &told); err != nil || told["active"] != true {
				t.Fatalf("%s asks for %s: %d %s", asker, format, r.status, r.body)
			}
		}
		if told["sub"] != p.id.String() || told["client_id"] != name || told["acr"] != "urn:sallyport:acr:aal2" || told["auth_time"] == nil || told["tid"] != w.acme.String() ||
			told["tenant"] != "acme" || told["sid"] == nil || told["scope"] != "openid email profile offline_access" || told["iss"] != w.public.String() {
			t.Errorf("told %v", told)
		}
		for _, asker := range []string{"rs2", "rs3", "web", "web2"} {
			for _, text := range []string{got.Access, got.Refresh, "x"} {
				if r := w.instances[0].direct(w, "/introspect", asker, url.Values{"token": {text}}); r.status != http.StatusOK || r.body != `{"active":false}`+"\n" {
					t.Errorf("%s asks: %d %s", asker, r.status, r.body)
				}
			}
		}
		if r := w.instances[0].direct(w, "/introspect", "rs1", url.Values{"token": {got.Refresh}}); r.body != `{"active":false}`+"\n" {
			t.Errorf("a resource server asks for a refresh token: %s", r.body)
		}
		if r := w.instances[0].direct(w, "/introspect", name, url.Values{"token": {got.Refresh}}); !strings.Contains(r.body, `"active":true`) || !strings.Contains(r.body, `"tenant":"acme"`) {
			t.Errorf("its own refresh token: %s", r.body)
		}
		if r := w.instances[0].direct(w, "/introspect", "spa", url.Values{"token": {got.Access}}); r.status != http.StatusUnauthorized {
			t.Errorf("a public client asks: %d", r.status)
		}
		if err := user.SetDisabled(t.Context(), w.store(), w.acme, p.id, true, audit.Operator, w.clock.Now()); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{got.Access, got.Refresh} {
			if r := w.instances[0].direct(w, "/introspect", name, url.Values{"token": {text}}); r.body != `{"active":false}`+"\n" {
				t.Errorf("of a disabled person: %s", r.body)
			}
		}
	}
}

func TestE09RevocationIsForTheOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	p := w.person(w.acme, "ann@acme.test")
	w.jwtToken(p) // registers the client
	for _, name := range []string{"web", "spa", "jwt"} {
		got := w.obtain(w.browser(), newFlow(name), p)
		for _, text := range []string{got.Access, got.Refresh, "x", got.ID} {
			if r := w.instances[0].direct(w, "/revoke", "web2", url.Values{"token": {text}}); r.status != http.StatusOK {
				t.Errorf("another client revokes: %d %s", r.status, r.body)
			}
		}
		if r := w.userinfo(got.Access); r.status != http.StatusOK {
			t.Fatalf("another client's revocation had an effect: %d", r.status)
		}
		if r := w.instances[0].direct(w, "/revoke", name, url.Values{"token": {got.Access}, "token_type_hint": {"refresh_token"}}); r.status != http.StatusOK || w.userinfo(got.Access).status != http.StatusUnauthorized {
			t.Errorf("%s revokes its access token: %d", name, r.status)
		}
		got = w.instances[0].token(w, name, refreshing(got.Refresh))
		if got.status != http.StatusOK {
			t.Fatalf("the grant ended with an access token: %+v", got)
		}
		w.instances[0].direct(w, "/revoke", name, url.Values{"token": {got.Refresh}})
		if after := w.instances[0].token(w, name, refreshing(got.Refresh)); after.Error != "invalid_grant" || w.userinfo(got.Access).status != http.StatusUnauthorized {
			t.Errorf("%s revoked its refresh token: %+v, %d", name, after, w.userinfo(got.Access).status)
		}
	}
}

func TestE09AFaultOfTheDatabaseIsNoSuccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	got := w.obtain(w.browser(), newFlow("web"), w.person(w.acme, "ann@acme.test"))
	w.store().Close()
	for name, r := range map[string]reply{
		"revoke":   w.instances[0].direct(w, "/revoke", "web", url.Values{"token": {got.Refresh}}),
		"refresh":  w.instances[0].direct(w, "/token", "web", refreshing(got.Refresh)),
		"describe": w.instances[0].direct(w, "/introspect", "web", url.Values{"token": {got.Access}}),
		"userinfo": w.userinfo(got.Access),
	} {
		if r.status != http.StatusServiceUnavailable || !strings.Contains(r.body, "temporarily_unavailable") || r.header.Get("Retry-After") == "" || strings.Contains(r.body, "pool") {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
}

func TestUserinfoGoesByScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	p := w.person(w.acme, "ann@acme.test")
	for scope, want := range map[string]string{
		"openid":         `{"sub":"` + p.id.String() + `","tid":"` + w.acme.String() + `","tenant":"acme"}`,
		"openid profile": `{"sub":"` + p.id.String() + `","tid":"` + w.acme.String() + `","tenant":"acme","name":"Name of ann@acme.test"}`,
		"openid email":   `{"sub":"` + p.id.String() + `","tid":"` + w.acme.String() + `","tenant":"acme","email":"ann@acme.test","email_verified":true}`,
	} {
		if r := w.userinfo(w.obtain(w.browser(), newFlow("web", "scope", scope), p).Access); r.body != want {
			t.Errorf("%s: %s", scope, r.body)
		}
	}
	if _, err := w.database.Admin(t).Exec(t.Context(), "UPDATE users SET email_confirmed_at = NULL"); err != nil {
		t.Fatal(err)
	}
	if r := w.userinfo(w.obtain(w.browser(), newFlow("web", "scope", "openid email"), p).Access); !strings.Contains(r.body, `"email_verified":false`) {
		t.Errorf("an address nobody confirmed: %s", r.body)
	}
}
