package instance

import (
	"context"
	"io"
	"log/slog"
	"strings"

	"sallyport/cmd/sallyport/config"
	"sallyport/storage/db"
)

// announce is the consumer of security events: one line each, for whoever collects the log. A job that is done
// twice writes it twice; the event's identifier tells.
func (i *Instance) announce(ctx context.Context, e db.AuditEvent) error {
	i.Log.LogAttrs(ctx, slog.LevelInfo, "security event",
		slog.String("kind", e.Kind), slog.String("tenant", e.TenantID.String()), slog.String("event", e.ID.String()),
		slog.String("actor", named(e.ActorKind, e.ActorID)), slog.String("target", named(e.TargetKind, e.TargetID)),
		slog.Time("at", e.At))
	return nil
}

func named(kind, id string) string { return strings.TrimSuffix(kind+":"+id, ":") }

// NewLog makes the log that the configuration asks for.
func NewLog(c config.Log, to io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo // the configuration has been validated
	}
	options := &slog.HandlerOptions{Level: level}
	if c.Format == "text" {
		return slog.New(slog.NewTextHandler(to, options))
	}
	return slog.New(slog.NewJSONHandler(to, options))
}
