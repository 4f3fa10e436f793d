package entra_test

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

func read(t *testing.T) func(*http.Response, error) (int, string) {
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

var (
	inputs = regexp.MustCompile(`<input [^>]*>`)
	value  = regexp.MustCompile(`(name|value|type)="([^"]*)"`)
)

// filled is what a browser would send of a page's form that nobody touched.
func filled(t *testing.T, page string) url.Values {
	t.Helper()
	form := url.Values{}
	for _, input := range inputs.FindAllString(page, -1) {
		got := map[string]string{}
		for _, m := range value.FindAllStringSubmatch(input, -1) {
			got[m[1]] = html.UnescapeString(m[2])
		}
		if got["type"] == "hidden" || strings.Contains(input, " checked") {
			form.Add(got["name"], got["value"])
		}
	}
	if len(form) == 0 {
		t.Fatalf("there is no form:\n%s", page)
	}
	return form
}
