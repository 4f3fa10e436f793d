package notify

import (
	"context"
	"errors"
	"fmt"

	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// announced are the events on settings that decide who gets in. The administrators hear of them, all but the one who did it:
// whoever took one of them over would change such a setting first.
var announced = map[audit.Kind]Kind{
	audit.ConnectionCreated:  ConnectionCreatedReport,
	audit.ConnectionChanged:  ConnectionChangedReport,
	audit.ConnectionDisabled: ConnectionDisabledReport,
	audit.ConnectionEnabled:  ConnectionEnabledReport,
	audit.DomainConnected:    DomainConnectedReport,
	audit.DomainLost:         DomainLostReport,
}

// announce is the messages about an event on a setting; none when there is no such tenant any more.
func (c *Consumer) announce(ctx context.Context, e db.AuditEvent, kind Kind) ([]notice, db.AboutPersonRow, error) {
	about, err := c.setting(ctx, e)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, db.AboutPersonRow{}, nil
	}
	if err != nil {
		return nil, db.AboutPersonRow{}, err
	}
	n := notice{kind: kind, connection: about.Connection}
	if e.TargetKind == "domain" {
		n.domain = e.TargetID
	}
	all, err := c.administrators(ctx, e, n, id.User{})
	return all, db.AboutPersonRow{Tenant: about.Tenant}, err
}

// administrators are the notice for each of them, but for whoever did it and for whom it happened to.
func (c *Consumer) administrators(ctx context.Context, e db.AuditEvent, n notice, heard id.User) (all []notice, err error) {
	them, err := c.Store.Tenant(e.TenantID).ListAdministrators(ctx, e.TenantID)
	if err != nil {
		return nil, fmt.Errorf("list administrators: %w", err)
	}
	for _, a := range them {
		did := e.ActorKind == "user" && e.ActorID == a.ID.String()
		if !did && a.ID != heard {
			n.user = a.ID
			all = append(all, n.addressed(e, a.ID.String(), a.Email, a.Email))
		}
	}
	return all, nil
}

// setting is the tenant and the name of the connection that the event is about; the record holds its identifier, or its
// name for one that is gone.
func (c *Consumer) setting(ctx context.Context, e db.AuditEvent) (db.AboutSettingRow, error) {
	named := detail(e, "connection")
	if e.TargetKind == "connection" {
		named = e.TargetID
	}
	var connection id.Connection
	known := connection.Parse(named) == nil
	about, err := c.Store.Tenant(e.TenantID).AboutSetting(ctx, db.AboutSettingParams{TenantID: e.TenantID, Connection: connection})
	if err != nil {
		return about, fmt.Errorf("find what the event is about: %w", err)
	}
	if !known {
		about.Connection = named
	}
	return about, nil
}
