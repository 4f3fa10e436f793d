package config_test

import (
	"net/netip"
	"testing"
	"time"

	"sallyport/cmd/sallyport/config"
)

var everyVariable = []string{
	"PATH=/bin", "SALLYPORT_CONFIG=other.yaml", "SALLYPORT_TEST_DATABASE_URL=x",
	"SALLYPORT_PUBLIC_URL=https://id.example.com", "SALLYPORT_LISTEN=:1", "SALLYPORT_DATA_DIR=/d",
	"SALLYPORT_TLS_CERT_FILE=/c", "SALLYPORT_TLS_KEY_FILE=/k", "SALLYPORT_TRUSTED_PROXIES=127.0.0.1, ::1/128",
	"SALLYPORT_DATABASE_URL=postgres://a", "SALLYPORT_DATABASE_URL_FILE=", "SALLYPORT_DATABASE_MIGRATE_URL=postgres://b",
	"SALLYPORT_DATABASE_MIGRATE_URL_FILE=", "SALLYPORT_DATABASE_MAX_CONNECTIONS=2", "SALLYPORT_DATABASE_MIGRATE=false",
	"SALLYPORT_KEYS_FILE=", "SALLYPORT_KEYS_KEYSET={}", "SALLYPORT_KEYS_KEYSET_FILE=", "SALLYPORT_LOG_LEVEL=debug",
	"SALLYPORT_LOG_FORMAT=text", "SALLYPORT_PASSWORD_MEMORY_KIB=65536", "SALLYPORT_PASSWORD_ITERATIONS=3",
	"SALLYPORT_PASSWORD_PARALLELISM=4", "SALLYPORT_PASSWORD_CONCURRENCY=5", "SALLYPORT_PASSWORD_QUEUE=6",
	"SALLYPORT_LIMITS_BODY=1024", "SALLYPORT_LIMITS_HEADER=4096", "SALLYPORT_LIMITS_READ_TIMEOUT=1s",
	"SALLYPORT_LIMITS_WRITE_TIMEOUT=2s", "SALLYPORT_LIMITS_IDLE_TIMEOUT=3s", "SALLYPORT_LIMITS_SHUTDOWN_GRACE=0s",
	"SALLYPORT_TOKENS_CODE=10s", "SALLYPORT_TOKENS_ACCESS=1m", "SALLYPORT_TOKENS_ID_TOKEN=2m",
	"SALLYPORT_TOKENS_REFRESH_IDLE=1d", "SALLYPORT_TOKENS_REFRESH_ABSOLUTE=2d", "SALLYPORT_ATTEMPT_LIFETIME=5m",
	"SALLYPORT_MAIL_HOST=mail.example.com", "SALLYPORT_MAIL_PORT=465", "SALLYPORT_MAIL_TLS=tls", "SALLYPORT_MAIL_USERNAME=u",
	"SALLYPORT_MAIL_PASSWORD=p", "SALLYPORT_MAIL_PASSWORD_FILE=", "SALLYPORT_MAIL_FROM=no-reply@example.com",
	"SALLYPORT_SMS_KIND=gateway", "SALLYPORT_SMS_FROM=Acme", "SALLYPORT_SMS_SECRET=s", "SALLYPORT_SMS_SECRET_FILE=",
	"SALLYPORT_SMS_URL=https://sms.example.com/send?to={{To}}", "SALLYPORT_SMS_FORMAT=json", "SALLYPORT_SMS_BODY={}", "SALLYPORT_SMS_HEADER=X-Key: {{Secret}}",
	"SALLYPORT_SMS_ACCEPTED=ok", "SALLYPORT_SMS_REFUSED=no", "SALLYPORT_SMS_ACCOUNT=a", "SALLYPORT_SMS_KEY=k", "SALLYPORT_SMS_SERVICE=m",
	"SALLYPORT_SMS_ADDRESS=smpp.example.com:3550", "SALLYPORT_SMS_TLS=false", "SALLYPORT_SMS_BIND=transmitter",
	"SALLYPORT_SMS_SYSTEM_ID=i", "SALLYPORT_SMS_SYSTEM_TYPE=t",
	"SALLYPORT_DNS_RESOLVER=192.0.2.53:53",
	"SALLYPORT_OUTBOUND_ALLOW=127.0.0.0/8,10.0.0.7",
}

func TestEnvironmentSetsEveryKey(t *testing.T) {
	t.Parallel()
	same(t, load(t, "", everyVariable...), config.Config{
		PublicURL: "https://id.example.com", Listen: ":1", DataDir: "/d",
		TLS:            config.TLS{CertFile: "/c", KeyFile: "/k"},
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("::1/128")},
		Database:       config.Database{URL: "postgres://a", MigrateURL: "postgres://b", MaxConnections: 2},
		Keys:           config.Keys{Keyset: "{}"},
		Log:            config.Log{Level: "debug", Format: "text"},
		Password:       config.Password{MemoryKiB: 65536, Iterations: 3, Parallelism: 4, Concurrency: 5, Queue: 6},
		Limits: config.Limits{Body: 1024, Header: 4096, ReadTimeout: time.Second,
			WriteTimeout: 2 * time.Second, IdleTimeout: 3 * time.Second},
		Tokens: config.Tokens{Code: 10 * time.Second, Access: time.Minute, IDToken: 2 * time.Minute,
			RefreshIdle: 24 * time.Hour, RefreshAbsolute: 48 * time.Hour},
		Attempt: config.Attempt{Lifetime: 5 * time.Minute},
		Mail: config.Mail{Host: "mail.example.com", Port: 465, TLS: "tls", Username: "u", Password: "p",
			From: "no-reply@example.com"},
		SMS: config.SMS{Kind: "gateway", From: "Acme", Secret: "s", URL: "https://sms.example.com/send?to={{To}}", Format: "json", Body: "{}",
			Header: "X-Key: {{Secret}}", Accepted: "ok", Refused: "no", Account: "a", Key: "k", Service: "m",
			Address: "smpp.example.com:3550", Bind: "transmitter", SystemID: "i", SystemType: "t"},
		DNS:      config.DNS{Resolver: "192.0.2.53:53"},
		Outbound: config.Outbound{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.7/32")}},
	})
	if len(everyVariable) != len(config.Paths())+3 {
		t.Errorf("%d keys, %d variables tried", len(config.Paths()), len(everyVariable)-3)
	}
}

func TestEveryKeyHasItsOwnVariable(t *testing.T) {
	t.Parallel()
	owner := map[string]string{}
	for _, path := range config.Paths() {
		name := config.Variable(path)
		if other, taken := owner[name]; taken {
			t.Errorf("%s and %s share %s", path, other, name)
		}
		owner[name] = path
	}
}

func TestEnvironmentWinsOverTheFile(t *testing.T) {
	t.Parallel()
	path := write(t, "listen: 127.0.0.1:1\ntrusted_proxies: [127.0.0.1, '::1']\nlog:\n  level: warn\n")
	c := load(t, path, "SALLYPORT_LISTEN=127.0.0.1:2", "SALLYPORT_TRUSTED_PROXIES=")
	if c.Listen != "127.0.0.1:2" || len(c.TrustedProxies) != 0 || c.Log.Level != "warn" {
		t.Errorf("listen %s, proxies %v, level %s", c.Listen, c.TrustedProxies, c.Log.Level)
	}
}

func TestEnvironmentProblemsNameTheVariable(t *testing.T) {
	t.Parallel()
	for pair, want := range map[string]string{
		"SALLYPORT_DATABSE_URL=x":           "SALLYPORT_DATABSE_URL: unknown variable, did you mean SALLYPORT_DATABASE_URL?",
		"SALLYPORT_=x":                      "SALLYPORT_: unknown variable, did you mean SALLYPORT_LISTEN?",
		"SALLYPORT_a s3cret=x":              "SALLYPORT_*: a variable with this prefix has a malformed name",
		"SALLYPORT_PORT_8080_TCP=tcp://::1": "SALLYPORT_PORT_8080_TCP: unknown variable; Kubernetes sets it for a Service named sallyport, turn that off with enableServiceLinks: false in the pod",
		"SALLYPORT_PASSWORD_QUEUE=":         "SALLYPORT_PASSWORD_QUEUE: password.queue: must be a whole number, without quotes, units or leading zeros",
		"SALLYPORT_DATABASE_MIGRATE=1":      "SALLYPORT_DATABASE_MIGRATE: database.migrate: must be true or false",
		"SALLYPORT_TOKENS_CODE=1h":          "SALLYPORT_TOKENS_CODE: tokens.code: must be between 10s and 10m",
		"SALLYPORT_LISTEN=\xff":             "SALLYPORT_LISTEN: listen: is not UTF-8 text",
		"SALLYPORT_TRUSTED_PROXIES=::1,":    "SALLYPORT_TRUSTED_PROXIES: trusted_proxies[1]: must be an address or a network such as 127.0.0.1 or 10.0.0.0/8",
		"SALLYPORT_TOKENS_REFRESH_IDLE=91d": "SALLYPORT_TOKENS_REFRESH_IDLE: tokens.refresh_absolute: must not be shorter than tokens.refresh_idle",
		"SALLYPORT_DATA_DIR=":               "SALLYPORT_DATA_DIR: data_dir: must not be empty; it has no default without an absolute HOME or XDG_DATA_HOME",
	} {
		if got := refused(t, "", pair); got != want {
			t.Errorf("%q:\ngot  %s\nwant %s", pair, got, want)
		}
	}
}

func TestFileAndEnvironmentAreReportedTogether(t *testing.T) {
	t.Parallel()
	got := refused(t, write(t, "listen: ["), "SALLYPORT_NOPE=1", "SALLYPORT_LOG_LEVEL=5", "SALLYPORT_TLS_KEY_FILE=k")
	want := "SALLYPORT_LOG_LEVEL: log.level: must be one of debug, info, warn, error\n" +
		"SALLYPORT_NOPE: unknown variable, did you mean SALLYPORT_LISTEN?\n" +
		"config.yaml:1: is not YAML: sequence end token ']' not found"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
