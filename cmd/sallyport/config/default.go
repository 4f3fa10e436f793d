package config

import (
	"path/filepath"
	"time"
)

const day = 24 * time.Hour

func defaults(uid int, env map[string]string) Config {
	return Config{
		Listen:   "127.0.0.1:8080",
		DataDir:  dataDir(uid, env),
		Database: Database{Migrate: true},
		Log:      Log{Level: "info", Format: "json"},
		Password: Password{MemoryKiB: 19456, Iterations: 2, Parallelism: 1, Queue: 64},
		Limits: Limits{Body: 64 << 10, Header: 16 << 10, ReadTimeout: 10 * time.Second,
			WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, ShutdownGrace: 20 * time.Second},
		Tokens: Tokens{Code: time.Minute, Access: 10 * time.Minute, IDToken: 10 * time.Minute,
			RefreshIdle: 30 * day, RefreshAbsolute: 90 * day},
		Attempt: Attempt{Lifetime: 30 * time.Minute},
		Mail:    Mail{Port: 587, TLS: "starttls"},
		SMS:     SMS{Kind: "none", Format: "form", TLS: true, Bind: "transceiver"},
	}
}

// The XDG base directory specification has relative paths ignored: they would
// move the database with the working directory.
func dataDir(uid int, env map[string]string) string {
	switch {
	case uid == 0:
		return "/var/lib/sallyport"
	case filepath.IsAbs(env["XDG_DATA_HOME"]):
		return filepath.Join(env["XDG_DATA_HOME"], "sallyport")
	case filepath.IsAbs(env["HOME"]):
		return filepath.Join(env["HOME"], ".local", "share", "sallyport")
	}
	return ""
}
