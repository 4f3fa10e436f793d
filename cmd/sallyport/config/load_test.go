package config_test

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"sallyport/cmd/sallyport/config"
)

const dir = "SALLYPORT_DATA_DIR=/srv/sallyport"

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, path string, env ...string) config.Config {
	t.Helper()
	c, err := config.Load(path, append([]string{dir}, env...))
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	return c
}

// refused gives the problems of a load without the directory of the file.
func refused(t *testing.T, path string, env ...string) string {
	t.Helper()
	c, err := config.Load(path, append([]string{dir}, env...))
	var problems config.Errors
	if !errors.As(err, &problems) || len(problems) == 0 {
		t.Fatalf("error %v, want Errors", err)
	}
	if !reflect.DeepEqual(c, config.Config{}) {
		t.Error("a refused configuration was handed out")
	}
	return strings.ReplaceAll(err.Error(), filepath.Dir(path)+"/", "")
}

func standard() config.Config {
	return config.Config{
		Listen:   "127.0.0.1:8080",
		DataDir:  "/srv/sallyport",
		Database: config.Database{Migrate: true},
		Keys:     config.Keys{File: "/srv/sallyport/keyset.json"},
		Log:      config.Log{Level: "info", Format: "json"},
		Password: config.Password{MemoryKiB: 19456, Iterations: 2, Parallelism: 1, Queue: 64},
		Limits: config.Limits{Body: 65536, Header: 16384, ReadTimeout: 10 * time.Second,
			WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, ShutdownGrace: 20 * time.Second},
		Tokens: config.Tokens{Code: time.Minute, Access: 10 * time.Minute, IDToken: 10 * time.Minute,
			RefreshIdle: 720 * time.Hour, RefreshAbsolute: 2160 * time.Hour},
		Attempt: config.Attempt{Lifetime: 30 * time.Minute},
		Mail:    config.Mail{Port: 587, TLS: "starttls"},
		SMS:     config.SMS{Kind: "none", Format: "form", TLS: true, Bind: "transceiver"},
	}
}

func same(t *testing.T, got, want config.Config) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %#v\nwant %#v", got, want)
	}
}

func TestWithoutFileEveryKeyHasItsDefault(t *testing.T) {
	t.Parallel()
	same(t, load(t, ""), standard())
}

func TestFileSetsEveryKindOfValue(t *testing.T) {
	t.Parallel()
	got := load(t, write(t, "\ufeff---\r\npublic_url: 'https://id.example.com'\r\n"+
		"trusted_proxies:\r\n  - 127.0.0.1\r\n  - \"::ffff:192.0.2.7\"\r\n  - 2001:db8::/32\r\n"+
		"database: {migrate: false, max_connections: 7}\r\ntls:\r\ntokens:\r\n  refresh_idle: 1d12h\r\n"))
	want := standard()
	want.PublicURL = "https://id.example.com"
	want.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"),
		netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("2001:db8::/32")}
	want.Database.Migrate, want.Database.MaxConnections = false, 7
	want.Tokens.RefreshIdle = 36 * time.Hour
	same(t, got, want)
}

func TestEmptyAndCommentOnlyFilesAreDefaults(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "# nothing\n", "---\n", "tls:\n  # cert_file: x\n", "{}\n"} {
		same(t, load(t, write(t, text)), standard())
	}
}

func TestFileThatCannotBeReadIsOneProblem(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "config.yaml")
	if got := refused(t, missing); got != "config.yaml: cannot read the file: no such file or directory" {
		t.Errorf("missing file: %s", got)
	}
	large := write(t, "#"+strings.Repeat("x", 64<<10))
	if got := refused(t, large); got != "config.yaml: cannot read the file: larger than 65536 bytes" {
		t.Errorf("large file: %s", got)
	}
}

func TestDataDirectoryFollowsTheUser(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		uid  int
		env  []string
		want string
	}{
		{0, []string{"HOME=/h", "XDG_DATA_HOME=/x"}, "/var/lib/sallyport"},
		{1000, []string{"HOME=/h", "XDG_DATA_HOME=/x"}, "/x/sallyport"},
		{1000, []string{"HOME=/h", "XDG_DATA_HOME=relative"}, "/h/.local/share/sallyport"},
		{1000, []string{"HOME=/h"}, "/h/.local/share/sallyport"},
		{1000, nil, ""},
	} {
		if got := config.DataDir(row.uid, row.env...); got != row.want {
			t.Errorf("uid %d, %v: %q, want %q", row.uid, row.env, got, row.want)
		}
	}
}

func TestServingNeedsThePublicURL(t *testing.T) {
	t.Parallel()
	if err := load(t, "").Servable(); err == nil || !strings.HasPrefix(err.Error(), "public_url: is required") {
		t.Errorf("without public_url: %v", err)
	}
	if err := load(t, "", "SALLYPORT_PUBLIC_URL=http://localhost:8080").Servable(); err != nil {
		t.Errorf("with public_url: %v", err)
	}
}
