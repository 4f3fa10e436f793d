package config_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sallyport/cmd/sallyport/config"
)

const example = "../../../config.example.yaml"

// A setting that is commented out has no space after its number sign.
var commented = regexp.MustCompile(`(?m)^( *)#([a-z_]+:.*)$`)

func exampleText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestExampleLoadsAndChangesNothingButThePublicURL(t *testing.T) {
	t.Parallel()
	want := standard()
	want.PublicURL = "https://id.example.com"
	same(t, load(t, example), want)
}

// Keys whose commented value is an illustration, not the default.
var illustrated = regexp.MustCompile(`(?m)^(?: *(?:cert_file|key_file|url|url_file|migrate_url|migrate_url_file|file|keyset|keyset_file|data_dir|trusted_proxies|host|username|password_file|from|secret|secret_file|body|header|accepted|refused|account|key|service|address|system_id|system_type|allow|resolver)|  password):.*$`)

func TestExampleStatesTheDefaultsAsTheyAre(t *testing.T) {
	t.Parallel()
	text := commented.ReplaceAllString(exampleText(t), "$1$2")
	want := standard()
	want.PublicURL = "https://id.example.com"
	same(t, load(t, write(t, illustrated.ReplaceAllString(text, ""))), want)
}

func TestExampleIllustrationsAreValid(t *testing.T) {
	t.Parallel()
	text := commented.ReplaceAllString(exampleText(t), "$1$2")
	want := strings.Join([]string{
		"database.migrate_url: excludes database.migrate_url_file; keep one",
		"database.url: excludes database.url_file; keep one",
		"keys.file: excludes keys.keyset; keep one",
		"keys.keyset: excludes keys.keyset_file; keep one",
		"mail.password: excludes mail.password_file; keep one",
		"sms.secret: excludes sms.secret_file; keep one",
	}, "\n")
	got := regexp.MustCompile(`config\.yaml:\d+: `).ReplaceAllString(refused(t, write(t, text)), "")
	lines := strings.Split(got, "\n")
	slices.Sort(lines)
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestExampleHasEveryKeyExplained(t *testing.T) {
	t.Parallel()
	text := commented.ReplaceAllString(exampleText(t), "$1$2")
	for _, path := range config.Paths() {
		section, key, nested := strings.Cut(path, ".")
		body, indent := text, ""
		if nested {
			_, body, _ = strings.Cut(text, "\n"+section+":\n")
			body = regexp.MustCompile(`(?m)^[a-z]`).Split(body, 2)[0]
			indent = "  "
		} else {
			key = section
		}
		if !regexp.MustCompile(`(?m)^` + indent + `# .*\n(?:` + indent + `[a-z_]+:.*\n)*` + indent + key + `: \S`).MatchString(body) {
			t.Errorf("%s is missing or has no comment above it", path)
		}
	}
}
