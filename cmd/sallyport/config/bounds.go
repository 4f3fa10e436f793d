package config

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

func (c Config) numbers() []Problem {
	return slices.Concat(
		within("database.max_connections", c.Database.MaxConnections, 0, 1000),
		// 7 MiB is the smallest memory in OWASP's table for argon2id.
		within("password.memory_kib", c.Password.MemoryKiB, 7<<10, 4<<20),
		within("password.iterations", c.Password.Iterations, 1, 100),
		within("password.parallelism", c.Password.Parallelism, 1, 255), // RFC 9106 has more, the Go package a uint8
		within("password.concurrency", c.Password.Concurrency, 0, 1024),
		within("password.queue", c.Password.Queue, 0, 100_000),
		within("limits.body", c.Limits.Body, 1<<10, 10<<20),
		within("mail.port", c.Mail.Port, 1, 65535),
		within("limits.header", c.Limits.Header, 4<<10, 1<<20),
	)
}

func (c Config) durations() []Problem {
	return slices.Concat(
		within("limits.read_timeout", c.Limits.ReadTimeout, time.Second, 10*time.Minute),
		within("limits.write_timeout", c.Limits.WriteTimeout, time.Second, 10*time.Minute),
		within("limits.idle_timeout", c.Limits.IdleTimeout, time.Second, time.Hour),
		within("limits.shutdown_grace", c.Limits.ShutdownGrace, 0, 10*time.Minute),
		within("tokens.code", c.Tokens.Code, 10*time.Second, 10*time.Minute), // RFC 6749 section 4.1.2: ten minutes at most
		within("tokens.access", c.Tokens.Access, time.Minute, day),
		within("tokens.id_token", c.Tokens.IDToken, time.Minute, day),
		within("tokens.refresh_idle", c.Tokens.RefreshIdle, 5*time.Minute, 3650*day),
		within("tokens.refresh_absolute", c.Tokens.RefreshAbsolute, 5*time.Minute, 3650*day),
		within("attempt.lifetime", c.Attempt.Lifetime, 5*time.Minute, day),
	)
}

func (c Config) lifetimes() []Problem {
	if c.Tokens.RefreshAbsolute >= c.Tokens.RefreshIdle {
		return nil
	}
	return conflict("tokens.refresh_absolute", "tokens.refresh_idle", "must not be shorter than tokens.refresh_idle")
}

func within[T cmp.Ordered](path string, value, low, high T) []Problem {
	if low <= value && value <= high {
		return nil
	}
	return broken(path, "must be between %s and %s", shown(low), shown(high))
}

func shown(bound any) string {
	if d, ok := bound.(time.Duration); ok {
		return formatDuration(d)
	}
	return fmt.Sprint(bound)
}
