package config_test

import (
	"testing"
	"time"

	"sallyport/cmd/sallyport/config"
)

func TestPublicURLIsOneSpellingOfAnOrigin(t *testing.T) {
	t.Parallel()
	const (
		absolute = "must be an absolute URL such as https://id.example.com"
		scheme   = "must begin with https://; http:// is for localhost, 127.0.0.0/8 and [::1] only"
		spelling = "must be scheme, lower-case host and at most a port; other alphabets as xn--"
		port     = "must have a port between 1 and 65535 or none; the default one is left out"
		user     = "must not contain a user name or password"
		query    = "must not have a query or a fragment"
	)
	for text, want := range map[string]string{
		"": "", "https://id.example.com": "", "https://id.example.com:8443": "", "https://xn--bcher-kva.example": "",
		"https://192.0.2.1": "", "https://[2001:db8::1]:8443": "", "https://localhost": "", "http://localhost": "",
		"http://localhost:8080": "", "http://127.8.9.1:80801": port, "http://127.8.9.1:8080": "", "http://[::1]:8080": "",
		"id.example.com": absolute, "https:": absolute, "https://": absolute, "https:id.example.com": absolute, "https://a b": absolute, "//id": scheme,
		"http://id.example.com": scheme, "http://localhost.example.com": scheme, "http://[::ffff:127.0.0.1]": scheme,
		"http://128.0.0.1": scheme, "ftp://id.example.com": scheme, "http://127.1": scheme,
		"https://u@id.example.com": user, "https://u:p@id.example.com": user, "https://@id.example.com": user,
		"https://id.example.com?": query, "https://id.example.com?a=b": query, "https://id.example.com#": query,
		"https://id.example.com/": "must not end in a slash", "https://id.example.com/a": "must not have a path",
		"https://ID.example.com": spelling, "HTTPS://id.example.com": spelling, "https://bücher.example": spelling,
		"https://id.example.com.": spelling, "https://-id.example.com": spelling, "https://id_.example.com": spelling,
		"https://127.1": spelling, "https://[2001:DB8::1]": spelling, "https://[fe80::1%25lo]": spelling,
		"https://id.example.com:443": port, "http://localhost:80": port, "https://id.example.com:": port,
		"https://id.example.com:0": port, "https://id.example.com:65536": port, "https://id.example.com:08443": port,
	} {
		c := standard()
		c.PublicURL = text
		expect(t, text, c, "public_url", want)
	}
}

func expect(t *testing.T, name string, c config.Config, path, want string) {
	t.Helper()
	problems := c.Validate()
	switch {
	case want == "" && len(problems) == 0:
	case want != "" && len(problems) == 1 && problems[0].Path == path && problems[0].Message == want:
	default:
		t.Errorf("%s: %v, want %q", name, problems, want)
	}
}

func TestNumbersAndDurationsHaveBounds(t *testing.T) {
	t.Parallel()
	for path, row := range map[string]struct {
		field     func(*config.Config) *int
		low, high int
		want      string
	}{
		"database.max_connections": {func(c *config.Config) *int { return &c.Database.MaxConnections }, 0, 1000, "must be between 0 and 1000"},
		"password.memory_kib":      {func(c *config.Config) *int { return &c.Password.MemoryKiB }, 7168, 4194304, "must be between 7168 and 4194304"},
		"password.parallelism":     {func(c *config.Config) *int { return &c.Password.Parallelism }, 1, 255, "must be between 1 and 255"},
		"mail.port":                {func(c *config.Config) *int { return &c.Mail.Port }, 1, 65535, "must be between 1 and 65535"},
		"limits.body":              {func(c *config.Config) *int { return &c.Limits.Body }, 1024, 10485760, "must be between 1024 and 10485760"},
	} {
		for value, want := range map[int]string{row.low: "", row.high: "", row.low - 1: row.want, row.high + 1: row.want} {
			c := standard()
			*row.field(&c) = value
			expect(t, path, c, path, want)
		}
	}
	for value, want := range map[time.Duration]string{
		5 * time.Minute: "", 24 * time.Hour: "",
		5*time.Minute - 1: "must be between 5m and 1d", 24*time.Hour + 1: "must be between 5m and 1d",
	} {
		c := standard()
		c.Attempt.Lifetime = value
		expect(t, value.String(), c, "attempt.lifetime", want)
	}
}

func TestRulesAcrossKeys(t *testing.T) {
	t.Parallel()
	const notPostgres = "must be a URL that begins with postgres://; escape special characters of the password"
	for name, row := range map[string]struct {
		change     func(*config.Config)
		path, want string
	}{
		"certificate alone":    {func(c *config.Config) { c.TLS.CertFile = "c" }, "tls.cert_file", "needs tls.key_file"},
		"key alone":            {func(c *config.Config) { c.TLS.KeyFile = "k" }, "tls.key_file", "needs tls.cert_file"},
		"both":                 {func(c *config.Config) { c.TLS.KeyFile, c.TLS.CertFile = "k", "c" }, "", ""},
		"idle beyond absolute": {func(c *config.Config) { c.Tokens.RefreshAbsolute = 719 * time.Hour }, "tokens.refresh_absolute", "must not be shorter than tokens.refresh_idle"},
		"idle as absolute":     {func(c *config.Config) { c.Tokens.RefreshAbsolute = 720 * time.Hour }, "", ""},
		"two keysets":          {func(c *config.Config) { c.Keys.Keyset = "{}" }, "keys.file", "excludes keys.keyset; keep one"},
		"keyset not JSON":      {func(c *config.Config) { c.Keys = config.Keys{Keyset: "{"} }, "keys.keyset", "must be a keyset in JSON"},
		"migrate login alone":  {func(c *config.Config) { c.Database.MigrateURL = "postgres://a" }, "database.migrate_url", "needs database.url; the embedded database has its own owner"},
		"other database":       {func(c *config.Config) { c.Database.URL = "mysql://a" }, "database.url", notPostgres},
		"unescaped password":   {func(c *config.Config) { c.Database.URL = "postgres://a:%zz@b" }, "database.url", notPostgres},
		"unix socket":          {func(c *config.Config) { c.Database.URL = "postgresql:///a?host=/run/postgresql" }, "", ""},
		"two sources":          {func(c *config.Config) { c.Database.URL, c.Database.URLFile = "postgres://a", "f" }, "database.url", "excludes database.url_file; keep one"},
		"no port":              {func(c *config.Config) { c.Listen = "localhost" }, "listen", "must be host:port such as 127.0.0.1:8080"},
		"named port":           {func(c *config.Config) { c.Listen = ":http" }, "listen", "must be host:port such as 127.0.0.1:8080"},
		"level in capitals":    {func(c *config.Config) { c.Log.Level = "INFO" }, "log.level", "must be one of debug, info, warn, error"},
		"unknown format":       {func(c *config.Config) { c.Log.Format = "xml" }, "log.format", "must be one of json, text"},
	} {
		c := standard()
		row.change(&c)
		expect(t, name, c, row.path, row.want)
	}
}
