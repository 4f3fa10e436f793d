package entra_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"sallyport/cmd/sallyport/demo/entra"
)

func (w *world) refused(code, why string, options ...oauth2.AuthCodeOption) {
	w.t.Helper()
	_, err := w.config.Exchange(w.t.Context(), code, options...)
	var e *oauth2.RetrieveError
	if !errors.As(err, &e) || e.ErrorCode != why {
		w.t.Errorf("%v, want %s", err, why)
	}
}

func TestCodeNeedsItsVerifier(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]oauth2.AuthCodeOption{"none": nil, "another": {oauth2.VerifierOption(oauth2.GenerateVerifier())}} {
		w := open(t, entra.Contoso)
		res, _ := w.pick(w.ask(), nil)
		code := w.answer(res).Get("code")
		w.refused(code, "invalid_grant", options...)
		w.refused(code, "invalid_grant", oauth2.VerifierOption(w.verifier)) // a try uses it up
		if t.Failed() {
			t.Errorf("with verifier: %s", name)
		}
	}
}

func TestCodeWorksOnceAtItsAuthorityForItsAddress(t *testing.T) {
	t.Parallel()
	w := open(t, entra.Contoso)
	fresh := func() string {
		res, _ := w.pick(w.ask(), nil)
		return w.answer(res).Get("code")
	}
	code := fresh()
	w.claims(code, entra.Contoso)
	w.refused(code, "invalid_grant", oauth2.VerifierOption(w.verifier))
	w.refused(fresh(), "invalid_grant", oauth2.VerifierOption(w.verifier), oauth2.SetAuthURLParam("redirect_uri", party+"/elsewhere"))
	w.config.Endpoint.TokenURL = strings.Replace(w.config.Endpoint.TokenURL, entra.Contoso, entra.Fabrikam, 1)
	w.refused(fresh(), "invalid_grant", oauth2.VerifierOption(w.verifier))
}

func TestPartyShowsItsSecretEitherWay(t *testing.T) {
	t.Parallel()
	w := open(t, entra.Contoso)
	for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
		w.config.Endpoint.AuthStyle, w.config.ClientSecret = style, "wrong"
		res, _ := w.pick(w.ask(), nil)
		code := w.answer(res).Get("code")
		w.refused(code, "invalid_client", oauth2.VerifierOption(w.verifier))
		w.config.ClientSecret = secret
		w.claims(code, entra.Contoso)
	}
}

func TestErrorsGoToTheApplication(t *testing.T) {
	t.Parallel()
	w := open(t, entra.Contoso)
	for want, more := range map[string][]string{"login_required": {"prompt", "none"}, "unsupported_response_type": {"response_type", "id_token"},
		"invalid_request": {"claims", "no JSON"}} {
		res, err := w.browser.Get(w.ask(more...))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := w.answer(res).Get("error"); got != want {
			t.Errorf("%v: %q, want %q", more, got, want)
		}
	}
	res, err := w.browser.Get(w.ask("code_challenge_method", "plain"))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if got := w.answer(res).Get("error"); got != "invalid_request" {
		t.Errorf("a plain challenge: %q", got)
	}
}

func TestStrangersAreSentNothing(t *testing.T) {
	t.Parallel()
	w := open(t, entra.Contoso)
	for name, more := range map[string][]string{"client": {"client_id", "another"}, "origin": {"redirect_uri", "https://evil.test/"},
		"longer port": {"redirect_uri", party + "0/"}, "user-info": {"redirect_uri", party + "@evil.test/"}} {
		status, page := read(t)(w.browser.Get(w.ask(more...)))
		if status != http.StatusBadRequest || !strings.Contains(page, "AADSTS") {
			t.Errorf("%s: %d\n%s", name, status, page)
		}
	}
	if status, _ := read(t)(w.browser.Get(w.origin + "/nowhere/v2.0/.well-known/openid-configuration")); status != http.StatusBadRequest {
		t.Errorf("a directory that is not there: %d", status)
	}
}

func TestSignOutLeadsBackToThePartyAlone(t *testing.T) {
	t.Parallel()
	w := open(t, entra.Contoso)
	for to, want := range map[string]string{party + "/signed-out?a=b": party + "/signed-out?a=b&state=x+y", "https://evil.test/": "", "": ""} {
		res, err := w.browser.Get(w.origin + "/" + entra.Contoso + "/oauth2/v2.0/logout?" + url.Values{"post_logout_redirect_uri": {to}, "state": {"x y"}}.Encode())
		status, page := read(t)(res, err)
		if got := res.Header.Get("Location"); got != want {
			t.Errorf("%s leads to %q, want %q", to, got, want)
		}
		if want == "" && (status != http.StatusOK || !strings.Contains(page, "You are signed out")) {
			t.Errorf("%d\n%s", status, page)
		}
	}
}

func TestHomeTellsWhatAConnectionNeeds(t *testing.T) {
	t.Parallel()
	w := open(t, entra.Contoso)
	_, page := read(t)(w.browser.Get(w.origin + "/"))
	for _, word := range []string{"Simulated Entra", entra.ClientID, entra.Issuer(w.origin, entra.Fabrikam), "kim@contoso.test"} {
		if !strings.Contains(page, word) {
			t.Errorf("%q is missing in\n%s", word, page)
		}
	}
}
