package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sallyport/cmd/sallyport/config"
)

// FuzzLoad holds Load to four properties: it does not panic, it decides the
// same way twice, its problems are sorted, complete and silent about values,
// and what it accepts without secrets it accepts again from String.
func FuzzLoad(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed, "SALLYPORT_LOG_LEVEL=debug")
	}
	f.Add("database:\n  url: "+canary, "SALLYPORT_"+canary+"="+canary)
	path := filepath.Join(f.TempDir(), "config.yaml")
	f.Fuzz(func(t *testing.T, text, variable string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(path, []string{dir, variable})
		again, errAgain := config.Load(path, []string{dir, variable})
		if !reflect.DeepEqual(c, again) || !reflect.DeepEqual(err, errAgain) {
			t.Fatalf("%v %v, then %v %v", c, err, again, errAgain)
		}
		if err != nil {
			complaints(t, err)
			return
		}
		reload(t, path, c)
	})
}

func seeds(f *testing.F) []string {
	f.Helper()
	texts := []string{"", "listen: \"\\u0041\\n\":1\n", "a: &a [*a]\n", "? a\n: b\n", "tls: {cert_file: 'x', key_file: \"y\"}\n",
		"- 1\n- {", "%YAML 1.2\n---\nlisten: ':1'\n", "database:\n  url: |-\n    postgres://a\n", "data_dir: >\n  a\n\n  b\n"}
	for _, path := range []string{"testdata/mistakes.yaml", example} {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}

func complaints(t *testing.T, err error) {
	t.Helper()
	var problems config.Errors
	if !errors.As(err, &problems) || len(problems) == 0 {
		t.Fatalf("%T %v is no Errors", err, err)
	}
	last := 0
	for _, p := range problems {
		if p.Line < last || p.Message == "" || p.Source == "" {
			t.Fatalf("problem %+v after line %d", p, last)
		}
		last = p.Line
	}
	if strings.Contains(err.Error(), canary) {
		t.Fatalf("repeats a value: %v", err)
	}
}

func reload(t *testing.T, path string, c config.Config) {
	t.Helper()
	if problems := c.Validate(); len(problems) > 0 {
		t.Fatalf("accepted with %v", problems)
	}
	if c.Database.URL != "" || c.Database.MigrateURL != "" || c.Keys.Keyset != "" {
		return
	}
	if err := os.WriteFile(path, []byte(c.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := config.Load(path, nil)
	if err != nil || again.String() != c.String() {
		t.Fatalf("%s\nloads again as\n%s%v", c, again, err)
	}
}
