package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"sallyport/cmd/sallyport/instance"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// AuditList prints the newest events.
type AuditList struct {
	Tenant string `help:"Short name of the tenant."`
	Shared bool   `help:"What happened to shared applications."`
	Limit  int32  `default:"50" help:"How many, at most 10000."`
	listing
}

type eventRow struct {
	At      time.Time       `json:"at"`
	Kind    string          `json:"kind"`
	Actor   string          `json:"actor"`
	Target  string          `json:"target"`
	Address string          `json:"address"`
	Request string          `json:"request_id"`
	Detail  json.RawMessage `json:"detail"`
	ID      string          `json:"id"`
}

// Run runs the command.
func (c *AuditList) Run(ctx context.Context, d *Desk) error {
	if c.Limit < 1 || c.Limit > 10_000 {
		return usage("--limit must be between 1 and 10000")
	}
	return d.owned(ctx, c.Tenant, c.Shared, func(i *instance.Instance, t id.Tenant) error {
		events, err := i.Store.Tenant(t).ListEvents(ctx, db.ListEventsParams{TenantID: t, Limit: c.Limit})
		if err != nil {
			return fmt.Errorf("list events: %w", err)
		}
		var rows []eventRow
		for _, e := range events {
			rows = append(rows, eventRow{e.At, e.Kind, joined(e.ActorKind, e.ActorID), joined(e.TargetKind, e.TargetID),
				e.Address, e.RequestID, e.Detail, e.ID.String()})
		}
		return list(d, c.listing, rows, "TIME KIND ACTOR TARGET ADDRESS DETAIL", func(r eventRow) []string {
			return []string{stamp(r.At), r.Kind, r.Actor, r.Target, r.Address, string(r.Detail)}
		})
	})
}

func joined(kind, name string) string { return strings.TrimSuffix(kind+":"+name, ":") }
