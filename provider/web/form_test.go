package web_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"sallyport/provider/web"
)

func TestFormReadsTheNamedFieldsOfTheBody(t *testing.T) {
	t.Parallel()
	r := post("/x?email=from-the-query&extra=1", "email=a%40b.example&password=+p+&other=1&other=2&%C3%A6=%C3%B8")
	got, err := web.Form(r, "email", "password", "code", "extra")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"email": "a@b.example", "password": " p ", "code": "", "extra": ""}
	if !maps.Equal(got, want) {
		t.Fatalf("form %q, want %q", got, want)
	}
}

func TestFormTakesACharset(t *testing.T) {
	t.Parallel()
	r := request("POST", "/x", "a=b", "Content-Type", "Application/X-WWW-Form-Urlencoded; charset=UTF-8")
	if got, err := web.Form(r, "a"); err != nil || got["a"] != "b" {
		t.Fatalf("form %v, error %v", got, err)
	}
}

func TestI05FormRefusesOtherContentTypes(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"", "text/plain", "application/json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded, text/plain", "x;;"} {
		_, err := web.Form(request("POST", "/x", "a=b", "Content-Type", kind), "a")
		var refused *web.Error
		if !errors.As(err, &refused) || refused.Status != http.StatusUnsupportedMediaType {
			t.Errorf("%q: %v", kind, err)
		}
	}
}

func TestFormRefusesWhatHasTwoReadings(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range 1025 {
		many = append(many, fmt.Sprintf("k%d=v", i))
	}
	for name, body := range map[string]string{
		"repeated":           "a=1&a=2",
		"repeated, encoded":  "a=1&%61=2",
		"too many":           strings.Join(many, "&"),
		"too many, one key":  strings.Repeat("z=1&", 1025),
		"broken UTF-8":       "a=%ff",
		"broken UTF-8 raw":   "a=\xff",
		"broken UTF-8 key":   "%ff=a",
		"NUL":                "a=b%00c",
		"NUL elsewhere":      "z=%00",
		"broken percent":     "a=%zz",
		"semicolon":          "a=1;a=2",
		"percent at the end": "a=%",
	} {
		got, err := web.Form(post("/x", body), "a")
		if !errors.Is(err, web.ErrBadRequest) || got != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if _, err := web.Form(post("/x", strings.Join(many[:1024], "&")), "a"); err != nil {
		t.Errorf("1024 pairs: %v", err)
	}
}

// L03: a million keys are refused by the count of what separates them, before any is decoded into a map. Not parallel: it counts what is allocated.
func TestL03FormOfAMillionKeysIsRefused(t *testing.T) {
	for _, flood := range []string{strings.Repeat("&", 1_000_000), strings.Repeat("a&", 500_000), "a=1" + strings.Repeat("&b", 340_000)} {
		r := post("/x", flood)
		cost := testing.AllocsPerRun(1, func() {
			r.Body = io.NopCloser(strings.NewReader(flood))
			if got, err := web.Form(r, "a"); !errors.Is(err, web.ErrBadRequest) || got != nil {
				t.Errorf("%.10s…: %v, %v", flood, got, err)
			}
		})
		if cost > 200 {
			t.Errorf("%.10s…: %v allocations", flood, cost)
		}
	}
}

func TestFormTakesAPolicyOfTheMostRules(t *testing.T) {
	t.Parallel()
	typed := []string{"version=1"}
	for n := range 101 { // the last one is blank
		for _, field := range []string{"name", "level", "roles", "domains", "clients", "networks", "outside"} {
			typed = append(typed, fmt.Sprintf("rule_%d_%s=v", n, field))
		}
	}
	for i := range 100 {
		typed = append(typed, fmt.Sprintf("other_%d=on", i))
	}
	if got, err := web.Form(post("/x", strings.Join(typed, "&")), "version", "rule_99_outside"); err != nil || got["version"] != "1" || got["rule_99_outside"] != "v" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestFormErrorsDoNotQuoteWhatWasTyped(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"password=SECRET%zz", "password=SECRET&password=SECRET", "password=SECRET%00"} {
		if _, err := web.Form(post("/x", body), "password"); err == nil || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestFormIsPosted(t *testing.T) {
	t.Parallel()
	r := get("/x?a=b", "Content-Type", "application/x-www-form-urlencoded")
	if _, err := web.Form(r, "a"); !errors.Is(err, web.ErrBadRequest) {
		t.Fatalf("error %v", err)
	}
}

func TestFormOverTheLimitIs413(t *testing.T) {
	t.Parallel()
	b := setup(t, route(web.Session, func(_ http.ResponseWriter, r *http.Request) error {
		_, err := web.Form(r, "a")
		return err
	}))
	r := post("/x", "a="+strings.Repeat("b", 1024))
	r.ContentLength = -1
	wantStatus(t, b.do(r), http.StatusRequestEntityTooLarge)
}
