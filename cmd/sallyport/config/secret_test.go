package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"sallyport/cmd/sallyport/config"
)

const canary = "c4nary!" // no key or variable can be spelled so

func TestSecretsComeFromFiles(t *testing.T) {
	t.Parallel()
	c := load(t, "",
		"SALLYPORT_DATABASE_URL_FILE="+write(t, "postgres://a:b@127.0.0.1/c\r\n"),
		"SALLYPORT_DATABASE_MIGRATE_URL_FILE="+write(t, "postgres://o"),
		"SALLYPORT_KEYS_KEYSET_FILE="+write(t, "{}\n"))
	want := standard()
	want.Database.URL, want.Database.MigrateURL = "postgres://a:b@127.0.0.1/c", "postgres://o"
	want.Keys = config.Keys{Keyset: "{}"}
	same(t, c, want)
	if got := c.Database.URL.Reveal(); got != "postgres://a:b@127.0.0.1/c" {
		t.Errorf("revealed %q", got)
	}
}

func TestSecretFilesThatFail(t *testing.T) {
	t.Parallel()
	missing, empty := filepath.Join(t.TempDir(), canary), write(t, "\n")
	for text, want := range map[string]string{
		"url_file: " + missing:                            "config.yaml:2: database.url_file: cannot read the secret: no such file or directory",
		"url_file: " + t.TempDir():                        "config.yaml:2: database.url_file: cannot read the secret: is a directory",
		"url_file: " + empty:                              "config.yaml:2: database.url_file: cannot read the secret: the file is empty",
		"url_file: " + write(t, canary):                   "config.yaml:2: database.url: must be a URL that begins with postgres://; escape special characters of the password",
		"url: postgres://a\n  url_file: " + missing:       "config.yaml:2: database.url: excludes database.url_file; keep one",
		"url_file: " + missing + "\nkeys:\n  keyset: '{'": "config.yaml:2: database.url_file: cannot read the secret: no such file or directory\nconfig.yaml:4: keys.keyset: must be a keyset in JSON",
	} {
		if got := refused(t, write(t, "database:\n  "+text+"\n")); got != want {
			t.Errorf("%q:\ngot  %s\nwant %s", text, got, want)
		}
	}
}

func TestSecretInFileAndFileInEnvironmentAreBothSet(t *testing.T) {
	t.Parallel()
	path := write(t, "database:\n  url: postgres://a\n")
	file := "SALLYPORT_DATABASE_URL_FILE=" + write(t, "postgres://b")
	if got := refused(t, path, file); got != "config.yaml:2: database.url: excludes database.url_file; keep one" {
		t.Error(got)
	}
	if c := load(t, path, file, "SALLYPORT_DATABASE_URL="); c.Database.URL != "postgres://b" {
		t.Error("an empty variable does not unset the value of the file")
	}
}

// renderings gives every way a Config or a part of it reaches a reader.
func renderings(t *testing.T, value any) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t"} {
		all[verb] = fmt.Sprintf(verb, value)
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "value", value)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "value", value)
	all["json"], all["slog"] = string(text), out.String()
	return all
}

func TestSecretsAreRedactedEverywhere(t *testing.T) {
	t.Parallel()
	c := standard()
	c.Database.URL, c.Keys.Keyset, c.Mail.Password, c.SMS.Secret = canary, canary, canary, canary
	for _, value := range []any{c, &c, c.Database, &c.Database, c.Keys, c.Mail, c.SMS, c.Database.URL, []config.Secret{canary}, map[string]config.Secret{"k": canary}} {
		for how, text := range renderings(t, value) {
			if strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) {
				t.Errorf("%T as %s shows the secret: %s", value, how, text)
			}
			if strings.Contains(how, "v") && !strings.Contains(text, "[redacted]") {
				t.Errorf("%T as %s does not say that it hides something: %s", value, how, text)
			}
		}
	}
}

// Wherever the canary is put, as a value, a key or a syntax error, no error
// repeats it.
func TestErrorsNeverRepeatWhatWasConfigured(t *testing.T) {
	t.Parallel()
	for _, path := range config.Paths() {
		section, key, nested := strings.Cut(path, ".")
		text := path + ": " + canary + "\n" + canary + ": x\n"
		if nested {
			text = section + ":\n  " + key + ": " + canary + "\n  " + key + ":" + canary + ": x\n"
		}
		for _, text := range []string{text, text + "]", text + "x: |" + canary + "\n", "%YAML " + canary + "\n---\n" + text} {
			if got := refused(t, write(t, text), config.Variable(path)+"="+canary, "SALLYPORT_"+canary+"=x"); strings.Contains(got, canary) {
				t.Errorf("%s: %s", path, got)
			}
		}
	}
}

func TestEffectiveConfigurationAsJSON(t *testing.T) {
	t.Parallel()
	var got struct {
		Listen   string
		Database struct{ URL, Migrate any }
		Tokens   map[string]string
	}
	c := standard()
	c.Database.URL = "postgres://a"
	text, err := json.Marshal(c)
	if err != nil || json.Unmarshal(text, &got) != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if got.Listen != c.Listen || got.Database.URL != "[redacted]" || got.Database.Migrate != true || got.Tokens["refresh_idle"] != "30d" {
		t.Errorf("%s", text)
	}
}
