package static_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sallyport/static"
)

func get(t *testing.T, method, path string) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w.Result()
}

// names lists what the folder holds, so that a file that was forgotten in the embed line fails here.
func names(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"*.css", "*.js", "*.svg", "vendor/*.css"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("no files match %s: %v", pattern, err)
		}
		all = append(all, found...)
	}
	return all
}

func TestEveryAssetIsServedForEverUnderItsHash(t *testing.T) {
	t.Parallel()
	hashed := regexp.MustCompile(`^/static/[a-z_./]+\.[0-9a-f]{8}\.(css|js|svg)$`)
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	for _, name := range names(t) {
		url := static.URL(name)
		if !hashed.MatchString(url) {
			t.Errorf("%s: address %q carries no hash", name, url)
		}
		res := get(t, http.MethodGet, url)
		want := map[string]string{
			"Content-Type":           kinds[filepath.Ext(name)],
			"Cache-Control":          "public, max-age=31536000, immutable",
			"X-Content-Type-Options": "nosniff",
		}
		for header, value := range want {
			if got := res.Header.Get(header); got != value {
				t.Errorf("%s: %s = %q, want %q", name, header, got, value)
			}
		}
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", name, res.StatusCode)
		}
	}
}

func TestTheServedBodyIsTheFile(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("app.css")
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, static.URL("app.css"), nil))
	if w.Body.String() != string(want) {
		t.Error("the body differs from app.css")
	}
}

func TestEverythingElseIsNotFoundAndNotCached(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"/static/", "/static/app.css", "/static/app.00000000.css", "/static/vendor/", "/static/static.go",
		"/static/../static.go", "/static/vendor/pico.LICENSE.md", "/static", "/", "/static//app.css",
	} {
		res := get(t, http.MethodGet, path)
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, res.StatusCode)
		}
		if cached := res.Header.Get("Cache-Control"); cached != "" {
			t.Errorf("%s: Cache-Control %q on a 404", path, cached)
		}
	}
}

func TestOnlyGetAndHeadAreAnswered(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]int{
		http.MethodHead: http.StatusOK, http.MethodPost: http.StatusMethodNotAllowed, http.MethodDelete: http.StatusMethodNotAllowed,
	} {
		if got := get(t, method, static.URL("app.css")).StatusCode; got != want {
			t.Errorf("%s: status %d, want %d", method, got, want)
		}
	}
}

func TestUnknownNamePanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("URL of an unknown name returned")
		}
	}()
	static.URL("no-such.css")
}

// The policy on every page is style-src 'self'; script-src 'self'; img-src 'self' data: and no font-src.
func TestStyleSheetsLoadNothingThatThePolicyForbids(t *testing.T) {
	t.Parallel()
	outside := regexp.MustCompile(`url\(\s*["']?([^)"']*)`)
	for _, name := range names(t) {
		if filepath.Ext(name) != ".css" {
			continue
		}
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, forbidden := range []string{"@import", "@font-face"} {
			if strings.Contains(string(body), forbidden) {
				t.Errorf("%s holds %s", name, forbidden)
			}
		}
		for _, m := range outside.FindAllStringSubmatch(string(body), -1) {
			if !strings.HasPrefix(m[1], "data:image/") {
				t.Errorf("%s loads %.40q", name, m[1])
			}
		}
	}
}

func TestScriptsAreFreeOfWhatThePolicyForbids(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("*.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range scripts {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, forbidden := range []string{"eval(", "innerHTML", "new Function", ".style", "fetch(", "document.write"} {
			// Whether a code was delivered is the one thing a page asks for again.
			if strings.Contains(string(body), forbidden) && (forbidden != "fetch(" || name != "delivery.js") {
				t.Errorf("%s holds %s", name, forbidden)
			}
		}
	}
}
