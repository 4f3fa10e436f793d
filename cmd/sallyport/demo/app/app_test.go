package app_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"io"

	"sallyport/cmd/sallyport/demo/app"
)

// The seed and one code of RFC 6238 appendix B, cut to six digits.
var (
	seed   = []byte("12345678901234567890")
	moment = time.Unix(1111111109, 0)
)

const expected = "081804"

func open(t *testing.T, codes func(context.Context) ([]app.Key, error)) (*http.Client, string) {
	t.Helper()
	s := httptest.NewServer(app.New(app.Config{Issuer: "http://127.0.0.1:1", Self: "http://127.0.0.1:2", ClientID: "c", Secret: "s",
		Tenants: []app.Tenant{{Slug: "acme", Name: "Acme"}}, Codes: codes, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return moment }}))
	t.Cleanup(s.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar}, s.URL
}

func one(context.Context) ([]app.Key, error) {
	return []app.Key{{Person: "grace@acme.test", Seed: seed}}, nil
}

func body(t *testing.T) func(*http.Response, error) (int, string) {
	return func(res *http.Response, err error) (int, string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(b)
	}
}

func TestCodesOfThePeopleAndOfATypedKey(t *testing.T) {
	t.Parallel()
	browser, at := open(t, one)
	if _, page := body(t)(browser.Get(at + "/codes")); !strings.Contains(page, expected) || !strings.Contains(page, "demo only") {
		t.Errorf("no code of Grace's:\n%s", page)
	}
	_, page := body(t)(browser.PostForm(at+"/codes", url.Values{"key": {"gezd gnbv gy3t qojq gezd gnbv gy3t qojq"}}))
	if strings.Count(page, expected) != 2 {
		t.Errorf("no code of the key typed in groups:\n%s", page)
	}
	if _, page := body(t)(browser.PostForm(at+"/codes", url.Values{"key": {"not a key!"}})); !strings.Contains(page, "not a key") {
		t.Errorf("nonsense is taken for a key:\n%s", page)
	}
}

func TestUnreadableCodesTellNothing(t *testing.T) {
	t.Parallel()
	browser, at := open(t, func(context.Context) ([]app.Key, error) { return nil, errors.New("s3cret") })
	if status, page := body(t)(browser.Get(at + "/codes")); status != 500 || strings.Contains(page, "s3cret") {
		t.Errorf("%d %s", status, page)
	}
}

func TestAnswerThatNobodyAskedForIsRefusedOnce(t *testing.T) {
	t.Parallel()
	browser, at := open(t, one)
	if _, page := body(t)(browser.Get(at + "/callback?state=x&code=y&iss=http://127.0.0.1:1")); !strings.Contains(page, "state differs") {
		t.Errorf("taken:\n%s", page)
	}
	if _, page := body(t)(browser.Get(at + "/")); strings.Contains(page, "state differs") {
		t.Error("the error is shown again")
	}
}

func TestUnreachableProviderIsSaidPlainly(t *testing.T) {
	t.Parallel()
	browser, at := open(t, one)
	if _, page := body(t)(browser.PostForm(at+"/signin", url.Values{"tenant": {"acme"}})); !strings.Contains(page, "discover the provider") {
		t.Errorf("not told:\n%s", page)
	}
}

func TestOtherSitesCannotPressTheButtons(t *testing.T) {
	t.Parallel()
	browser, at := open(t, one)
	r, err := http.NewRequest(http.MethodPost, at+"/signout", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", "https://evil.test")
	if status, _ := body(t)(browser.Do(r)); status != http.StatusForbidden {
		t.Errorf("answered %d", status)
	}
}

func TestPagesRunNothingInline(t *testing.T) {
	t.Parallel()
	browser, at := open(t, one)
	res, err := browser.Get(at + "/")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	policy := res.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	if status, sheet := body(t)(browser.Get(at + "/app.css")); status != 200 || !strings.Contains(sheet, ".row") {
		t.Errorf("style sheet: %d", status)
	}
}
