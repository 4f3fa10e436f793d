package config

import (
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Validate gives every rule the configuration breaks, without sources and
// lines; it reads nothing but c.
func (c Config) Validate() []Problem {
	return slices.Concat(publicURL(c.PublicURL), c.addresses(), c.secretPairs(), c.files(),
		c.databases(), c.mail(), c.sms(), c.dns(), c.choices(), c.numbers(), c.durations(), c.lifetimes())
}

// Servable gives Errors when a key is missing that only serving needs.
func (c Config) Servable() error {
	if c.PublicURL != "" {
		return nil
	}
	return Errors{{Path: "public_url", Message: "is required to serve: the address users and applications reach"}}
}

func broken(path, format string, args ...any) []Problem {
	return []Problem{{Path: path, Message: fmt.Sprintf(format, args...)}}
}

func conflict(path, related, format string, args ...any) []Problem {
	return []Problem{{Path: path, Message: fmt.Sprintf(format, args...), related: related}}
}

func (c Config) addresses() (found []Problem) {
	_, port, err := net.SplitHostPort(c.Listen)
	if _, number := strconv.ParseUint(port, 10, 16); err != nil || number != nil {
		found = broken("listen", "must be host:port such as 127.0.0.1:8080")
	}
	if c.DataDir == "" {
		found = append(found, broken("data_dir", "must not be empty; it has no default without an absolute HOME or XDG_DATA_HOME")...)
	}
	return found
}

func (c Config) secretPairs() (found []Problem) {
	all := targets(c.settings())
	for path, target := range all {
		secret, ok := target.(*Secret)
		if !ok || *secret == "" {
			continue
		}
		if file := path + "_file"; *all[file].(*string) != "" {
			found = append(found, conflict(path, file, "excludes %s; keep one", file)...)
		}
	}
	return found
}

func (c Config) files() (found []Problem) {
	if c.TLS.CertFile != "" && c.TLS.KeyFile == "" {
		found = conflict("tls.cert_file", "tls.key_file", "needs tls.key_file")
	}
	if c.TLS.KeyFile != "" && c.TLS.CertFile == "" {
		found = conflict("tls.key_file", "tls.cert_file", "needs tls.cert_file")
	}
	if c.Keys.File != "" && (c.Keys.Keyset != "" || c.Keys.KeysetFile != "") {
		found = append(found, conflict("keys.file", "keys.keyset", "excludes keys.keyset; keep one")...)
	}
	if c.Keys.Keyset != "" && !json.Valid([]byte(c.Keys.Keyset)) {
		found = append(found, broken("keys.keyset", "must be a keyset in JSON")...)
	}
	return found
}

func (c Config) databases() []Problem {
	found := slices.Concat(postgres("database.url", c.Database.URL), postgres("database.migrate_url", c.Database.MigrateURL))
	migrate := c.Database.MigrateURL != "" || c.Database.MigrateURLFile != ""
	if migrate && c.Database.URL == "" && c.Database.URLFile == "" {
		found = append(found, conflict("database.migrate_url", "database.url",
			"needs database.url; the embedded database has its own owner")...)
	}
	return found
}

// The error of url.Parse repeats the URL with its password.
func postgres(path string, secret Secret) []Problem {
	parsed, err := url.Parse(secret.Reveal())
	if secret == "" || err == nil && (parsed.Scheme == "postgres" || parsed.Scheme == "postgresql") && parsed.Opaque == "" {
		return nil
	}
	return broken(path, "must be a URL that begins with postgres://; escape special characters of the password")
}

func (c Config) choices() []Problem {
	return slices.Concat(oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error"),
		oneOf("log.format", c.Log.Format, "json", "text"),
		oneOf("mail.tls", c.Mail.TLS, "starttls", "tls", "none"),
		oneOf("sms.kind", c.SMS.Kind, "none", "gateway", "twilio", "smpp"),
		oneOf("sms.format", c.SMS.Format, "none", "form", "json"),
		oneOf("sms.bind", c.SMS.Bind, "transceiver", "transmitter"))
}

func oneOf(path, value string, allowed ...string) []Problem {
	if slices.Contains(allowed, value) {
		return nil
	}
	return broken(path, "must be one of %s", strings.Join(allowed, ", "))
}
