package config_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"sallyport/cmd/sallyport/config"
)

var update = flag.Bool("update", false, "write golden files")

func TestTenMistakesAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := config.Load("testdata/mistakes.yaml", []string{dir})
	if err == nil {
		t.Fatal("loaded")
	}
	got := []byte(err.Error() + "\n")
	if *update {
		if err := os.WriteFile("testdata/mistakes.golden", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/mistakes.golden")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestFileIsReadStrictly(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a: 1\nb: [":                  "config.yaml:2: is not YAML: sequence end token ']' not found",
		"listen: |keep-s3cret\n  x\n": "config.yaml:1: is not YAML: invalid header option",
		"listen: \xff\n":              "config.yaml: is not UTF-8 text",
		"- listen\n":                  "config.yaml:1: must be a section of keys",
		"listen: 127.0.0.1:1\n---\nlisten: ':2'\n": "config.yaml:2: only one document a file",
		"database.url: x\n":                        "config.yaml:1: contains something that is not a key; sections are nested, not dotted",
		"database:\n  1: x\n":                      "config.yaml:2: database: contains something that is not a key; sections are nested, not dotted",
		"log:\n  lvel: info\n":                     "config.yaml:2: log.lvel: unknown key, did you mean log.level?",
		"databse:\n  url: x\n":                     "config.yaml:1: databse: unknown key, did you mean database?",
		"max_connections: 3\n":                     "config.yaml:1: max_connections: unknown key, did you mean database.max_connections?",
		"log:\n  level: info\n\n  level: warn\n":   "config.yaml:4: log.level: duplicate key, first on line 2",
		"log:\n  level: info\nlog:\n":              "config.yaml:3: log: duplicate key, first on line 1",
		"log: info\n":                              "config.yaml:1: log: must be a section of keys",
		"listen: {a: b}\n":                         "config.yaml:1: listen: must be text; put the value in quotes",
		"listen: 8080\n":                           "config.yaml:1: listen: must be text; put the value in quotes",
		"listen:\n":                                "config.yaml:1: listen: has no value; give one or remove the key",
		"listen: &a x\n":                           "config.yaml:1: listen: anchors, aliases and tags are not supported; write the value out",
		"listen: !!str x\n":                        "config.yaml:1: listen: anchors, aliases and tags are not supported; write the value out",
		"password:\n  queue: '64'\n":               "config.yaml:2: password.queue: must be a whole number, without quotes, units or leading zeros",
		"password:\n  queue: 0x40\n":               "config.yaml:2: password.queue: must be a whole number, without quotes, units or leading zeros",
		"password:\n  queue: 1_000\n":              "config.yaml:2: password.queue: must be a whole number, without quotes, units or leading zeros",
		"password:\n  queue: 064\n":                "config.yaml:2: password.queue: must be a whole number, without quotes, units or leading zeros",
		"password:\n  queue: 6.4\n":                "config.yaml:2: password.queue: must be a whole number, without quotes, units or leading zeros",
		"password:\n  queue: 64k\n":                "config.yaml:2: password.queue: must be a whole number, without quotes, units or leading zeros",
		"password:\n  queue: 99999999999999999999": "config.yaml:2: password.queue: must be a whole number, without quotes, units or leading zeros",
		"database:\n  migrate: yes\n":              "config.yaml:2: database.migrate: must be true or false",
		"database:\n  migrate: True\n":             "config.yaml:2: database.migrate: must be true or false",
		"tokens:\n  code: 60\n":                    `config.yaml:2: tokens.code: must be a duration such as "30s", "10m", "12h" or "30d"`,
		"trusted_proxies: 127.0.0.1\n":             "config.yaml:1: trusted_proxies: must be a list, one value a line after a dash",
		"trusted_proxies:\n- 127.0.0.1\n- proxy\n": "config.yaml:3: trusted_proxies[1]: must be an address or a network such as 127.0.0.1 or 10.0.0.0/8",
		"trusted_proxies: [[127.0.0.1]]\n":         "config.yaml:1: trusted_proxies[0]: must be an address or a network such as 127.0.0.1 or 10.0.0.0/8",
		"trusted_proxies: ['fe80::1%lo']\n":        "config.yaml:1: trusted_proxies[0]: must be an address or a network such as 127.0.0.1 or 10.0.0.0/8",
		"trusted_proxies: ['::ffff:0.0.0.0/96']\n": "config.yaml:1: trusted_proxies[0]: must be an address or a network such as 127.0.0.1 or 10.0.0.0/8",
		"trusted_proxies: [0.0.0.0/0]\n":           "config.yaml:1: trusted_proxies[0]: must not cover every address",
		"trusted_proxies: [127.0.0.1/8]\n":         "config.yaml:1: trusted_proxies[0]: has bits set beyond the length of the network",
		"outbound:\n  allow: ['::/0']\n":           "config.yaml:2: outbound.allow[0]: must not cover every address",
		"outbound: {allow: 10.0.0.0/8}\n":          "config.yaml:1: outbound.allow: must be a list, one value a line after a dash",
		"trusted_proxies:\n":                       "config.yaml:1: trusted_proxies: must be a list, one value a line after a dash",
		"tokens: &t\n  code: 60s\n":                "config.yaml:1: tokens: must be a section of keys",
		"tokens:\n  <<: {code: 60s}\n":             "config.yaml:2: tokens: contains something that is not a key; sections are nested, not dotted",
	} {
		if got := refused(t, write(t, text)); got != want {
			t.Errorf("%q:\ngot  %s\nwant %s", text, got, want)
		}
	}
}

func TestDurationsAreGoSyntaxAndDays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"7d": "7d", "1d12h": "36h", "720h": "30d", "90m": "1h30m", "1h30m5s": "1h30m5s", "2d0h": "2d", "1.5h": "1h30m",
	} {
		c := load(t, write(t, "tokens:\n  refresh_idle: "+text+"\n  refresh_absolute: 90d\n"))
		if got := c.Tokens.RefreshIdle.String(); load(t, write(t, "tokens:\n  refresh_idle: "+want+"\n")).Tokens.RefreshIdle.String() != got {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"", "d", "5", "1.5d", "-1d", "+1d", "1d-1h", "1h1d", "1d1d", "99999d", "65535d2000000h", "1 d", "ten minutes"} {
		got := refused(t, write(t, "tokens:\n  refresh_idle: '"+text+"'\n"))
		if want := `config.yaml:2: tokens.refresh_idle: must be a duration such as "30s", "10m", "12h" or "30d"`; got != want {
			t.Errorf("%q: %s", text, got)
		}
	}
}
