package issuer_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestDiscoveryIsWhatItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	var got bytes.Buffer
	r := w.browser().get("/.well-known/openid-configuration")
	if err := json.Indent(&got, []byte(strings.ReplaceAll(r.body, w.public.String(), "https://id.example.test")), "", "  "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	golden := filepath.Join("testdata", "discovery.json")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || !bytes.Equal(want, got.Bytes()) {
		t.Errorf("discovery changed (-update accepts it): %v\n%s", err, got.String())
	}
	if other := w.browser().get("/.well-known/oauth-authorization-server"); other.body != r.body {
		t.Error("the two documents differ")
	}
}

func TestDiscoveryNamesOnlyWhatIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	var m map[string]any
	if err := json.Unmarshal([]byte(w.browser().get("/.well-known/openid-configuration").body), &m); err != nil {
		t.Fatal(err)
	}
	for name, value := range m {
		if address, _ := value.(string); strings.HasSuffix(name, "_endpoint") || name == "jwks_uri" {
			path, ok := strings.CutPrefix(address, w.public.String())
			if r := w.browser().get(path); !ok || r.status == http.StatusNotFound {
				t.Errorf("%s is %s: %d", name, address, r.status)
			}
		}
	}
}

func TestPublicDocumentsAreKeptByCachesAndCostNoRoundTrip(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	before := w.store().RoundTrips()
	for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks"} {
		first := w.browser().get(path)
		tag := first.header.Get("ETag")
		if first.status != http.StatusOK || first.header.Get("Cache-Control") != "public, max-age=300" || tag == "" || first.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %d %v", path, first.status, first.header)
		}
		for header, want := range map[string]int{tag: 304, `W/` + tag: 304, `"x", ` + tag: 304, "*": 304, `"x"`: 200} {
			r := must(http.NewRequest(http.MethodGet, w.address(path), nil))
			r.Header.Set("If-None-Match", header)
			if got := w.do(http.DefaultClient, r); got.status != want || (want == 304) != (got.body == "") {
				t.Errorf("%s with %s: %d", path, header, got.status)
			}
		}
	}
	if n := w.store().RoundTrips() - before; n != 0 {
		t.Errorf("%d round trips", n)
	}
}

// TestTheHostOfARequestIsNeverBelieved: the issuer is configuration (gauntlet I01).
func TestTheHostOfARequestIsNeverBelieved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	r := httptest.NewRequest(http.MethodGet, "http://evil.test/.well-known/openid-configuration", nil)
	r.Header.Set("X-Forwarded-Host", "evil.test")
	r.Header.Set("Forwarded", "host=evil.test")
	rec := httptest.NewRecorder()
	w.instances[0].server.Config.Handler.ServeHTTP(rec, r)
	if strings.Contains(rec.Body.String(), "evil") {
		t.Error(rec.Body.String())
	}
}
