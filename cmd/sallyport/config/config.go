package config

import (
	"net/netip"
	"time"
)

// Config is every setting of the binary; the yaml tags are the keys of the
// file, and config.example.yaml documents each of them.
type Config struct {
	PublicURL      string         `yaml:"public_url"`
	Listen         string         `yaml:"listen"`
	DataDir        string         `yaml:"data_dir"`
	TLS            TLS            `yaml:"tls"`
	TrustedProxies []netip.Prefix `yaml:"trusted_proxies"`
	Database       Database       `yaml:"database"`
	Keys           Keys           `yaml:"keys"`
	Log            Log            `yaml:"log"`
	Password       Password       `yaml:"password"`
	Limits         Limits         `yaml:"limits"`
	Tokens         Tokens         `yaml:"tokens"`
	Attempt        Attempt        `yaml:"attempt"`
	Mail           Mail           `yaml:"mail"`
	SMS            SMS            `yaml:"sms"`
	DNS            DNS            `yaml:"dns"`
	Outbound       Outbound       `yaml:"outbound"`
}

// TLS names the PEM files of the listener; both empty means plain HTTP behind
// a proxy.
type TLS struct {
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
}

// Database says where Postgres is; an empty URL means the embedded one in
// DataDir. After Load the _file fields are empty and the secrets hold their
// content.
type Database struct {
	URL            Secret `yaml:"url"`
	URLFile        string `yaml:"url_file"`
	MigrateURL     Secret `yaml:"migrate_url"`
	MigrateURLFile string `yaml:"migrate_url_file"`
	MaxConnections int    `yaml:"max_connections"`
	Migrate        bool   `yaml:"migrate"`
}

// Keys says where the sealing keyset is; after Load exactly one of File and
// Keyset is set.
type Keys struct {
	File       string `yaml:"file"`
	Keyset     Secret `yaml:"keyset"`
	KeysetFile string `yaml:"keyset_file"`
}

// Log is the level (debug, info, warn, error) and format (json, text) of the
// log.
type Log struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// Password is the cost of one argon2id hash (RFC 9106) and how many run and
// wait at once; Concurrency 0 means one per core.
type Password struct {
	MemoryKiB   int `yaml:"memory_kib"`
	Iterations  int `yaml:"iterations"`
	Parallelism int `yaml:"parallelism"`
	Concurrency int `yaml:"concurrency"`
	Queue       int `yaml:"queue"`
}

// Limits bounds one HTTP request (Body and Header in bytes) and the time given
// to running requests at shutdown.
type Limits struct {
	Body          int           `yaml:"body"`
	Header        int           `yaml:"header"`
	ReadTimeout   time.Duration `yaml:"read_timeout"`
	WriteTimeout  time.Duration `yaml:"write_timeout"`
	IdleTimeout   time.Duration `yaml:"idle_timeout"`
	ShutdownGrace time.Duration `yaml:"shutdown_grace"`
}

// Tokens is how long authorization codes, access tokens, ID tokens and refresh
// families live.
type Tokens struct {
	Code            time.Duration `yaml:"code"`
	Access          time.Duration `yaml:"access"`
	IDToken         time.Duration `yaml:"id_token"`
	RefreshIdle     time.Duration `yaml:"refresh_idle"`
	RefreshAbsolute time.Duration `yaml:"refresh_absolute"`
}

// Attempt is how long one sign-in may take from first page to last.
type Attempt struct {
	Lifetime time.Duration `yaml:"lifetime"`
}

// Mail is the server that mail goes through; an empty Host sends none. TLS is
// starttls, tls or none; an empty Username means no authentication.
type Mail struct {
	Host         string `yaml:"host"`
	Port         int    `yaml:"port"`
	TLS          string `yaml:"tls"`
	Username     string `yaml:"username"`
	Password     Secret `yaml:"password"`
	PasswordFile string `yaml:"password_file"`
	From         string `yaml:"from"`
}

// SMS is the way that text messages go; Kind is none, gateway, twilio or smpp,
// and each of the other keys is for the kinds that its comment names.
type SMS struct {
	Kind       string `yaml:"kind"`
	From       string `yaml:"from"`        // all
	Secret     Secret `yaml:"secret"`      // all
	SecretFile string `yaml:"secret_file"` // all
	URL        string `yaml:"url"`         // gateway, twilio
	Format     string `yaml:"format"`      // gateway: none, form, json
	Body       string `yaml:"body"`        // gateway: a template
	Header     string `yaml:"header"`      // gateway: "Name: template"
	Accepted   string `yaml:"accepted"`    // gateway: a regular expression
	Refused    string `yaml:"refused"`     // gateway: a regular expression
	Account    string `yaml:"account"`     // twilio
	Key        string `yaml:"key"`         // twilio
	Service    string `yaml:"service"`     // twilio
	Address    string `yaml:"address"`     // smpp: host:port
	TLS        bool   `yaml:"tls"`         // smpp
	Bind       string `yaml:"bind"`        // smpp: transceiver, transmitter
	SystemID   string `yaml:"system_id"`   // smpp
	SystemType string `yaml:"system_type"` // smpp
}

// DNS is whom the checks of domains ask; an empty Resolver (host:port) means
// the system's.
type DNS struct {
	Resolver string `yaml:"resolver"`
}

// Outbound is where Sallyport connects to on behalf of tenants: Allow are the
// networks that are permitted although they are not public.
type Outbound struct {
	Allow []netip.Prefix `yaml:"allow"`
}
