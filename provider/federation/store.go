package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"sallyport/provider/federation/oidcrp"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/seal"
)

// Create adds a connection; its ID is made here and Version is ignored. secret is the client secret or the private key in PEM.
// Errors: *Invalid, storage.ErrConflict when another one of the tenant has the name.
func Create(ctx context.Context, s *storage.Store, sealer *seal.Sealer, c Connection, secret string, by audit.Actor, from audit.Origin, now time.Time) (id.Connection, error) {
	c.ID = id.NewConnection()
	settings, err := c.encode()
	if err != nil {
		return id.Connection{}, err
	}
	sealed, err := c.seal(sealer, secret)
	if err != nil {
		return id.Connection{}, err
	}
	err = s.InTenant(ctx, c.Tenant, func(tx *storage.Tx) error {
		return errors.Join(
			tx.Later().CreateConnection(ctx, db.CreateConnectionParams{TenantID: c.Tenant, ID: c.ID, Kind: string(c.Kind), Name: c.Name, Settings: settings,
				Secret: sealed, Disabled: c.Disabled, CreatedAt: now}),
			c.record(ctx, tx, audit.ConnectionCreated, by, from, now, c.described(settings, true)))
	})
	if err != nil {
		return id.Connection{}, fmt.Errorf("create connection: %w", err)
	}
	return c.ID, nil
}

// Change replaces name and settings of the version that the caller has seen; an empty secret keeps the one on record. A new
// issuer or way to prove ourselves needs the secret anew: or whoever may set an address could have the old one sent there.
// Errors: *Invalid, storage.ErrConflict when somebody else changed it meanwhile, storage.ErrNotFound.
func Change(ctx context.Context, s *storage.Store, sealer *seal.Sealer, c Connection, secret string, by audit.Actor, from audit.Origin, now time.Time) error {
	settings, err := c.encode()
	if err != nil {
		return err
	}
	var sealed []byte
	if secret != "" {
		if sealed, err = c.seal(sealer, secret); err != nil {
			return err
		}
	}
	err = s.InTenant(ctx, c.Tenant, func(tx *storage.Tx) error {
		if err := c.succeeds(ctx, tx, secret); err != nil {
			return err
		}
		return errors.Join(
			tx.Later().ChangeConnection(ctx, db.ChangeConnectionParams{TenantID: c.Tenant, ID: c.ID, Name: c.Name, Settings: settings, Secret: sealed, Version: int32(c.Version)}),
			c.record(ctx, tx, audit.ConnectionChanged, by, from, now, c.described(settings, secret != "")))
	})
	if err != nil {
		return fmt.Errorf("change connection: %w", err)
	}
	return nil
}

// succeeds compares with what is on record, inside the transaction that conditions on its version.
func (c Connection) succeeds(ctx context.Context, tx *storage.Tx, secret string) error {
	row, err := tx.Now().Connection(ctx, db.ConnectionParams{TenantID: c.Tenant, ID: c.ID})
	if err != nil {
		return err
	}
	old, err := read(row)
	switch {
	case err != nil:
		return err
	case old.Version != c.Version:
		return &storage.Conflict{What: "connection version"}
	case old.Kind != c.Kind:
		return invalid("kind", "cannot change; make another connection")
	case secret == "" && old.Settings.Issuer != c.Settings.Issuer:
		return invalid("secret", "must be given again with another issuer, which would otherwise get the one on record")
	case secret == "" && (old.Settings.Auth == PrivateKey) != (c.Settings.Auth == PrivateKey):
		return invalid("secret", "must be given with another auth: a private key is no client secret")
	}
	return nil
}

// SetDisabled takes a connection out of use or puts it back. It ends no session by itself: a sign-in through it stands only
// while it is enabled, and every judgement reads that (gauntlet G06). Errors: storage.ErrConflict when there is none.
func SetDisabled(ctx context.Context, s *storage.Store, t id.Tenant, c id.Connection, disabled bool, by audit.Actor, from audit.Origin, now time.Time) error {
	kind := audit.ConnectionEnabled
	if disabled {
		kind = audit.ConnectionDisabled
	}
	err := s.InTenant(ctx, t, func(tx *storage.Tx) error {
		return errors.Join(
			tx.Later().SetConnectionDisabled(ctx, db.SetConnectionDisabledParams{TenantID: t, ID: c, Disabled: disabled}),
			Connection{Tenant: t, ID: c}.record(ctx, tx, kind, by, from, now, nil))
	})
	if err != nil {
		return fmt.Errorf("set connection disabled: %w", err)
	}
	return nil
}

// List is all connections of the tenant as they stand on record, by name, disabled ones too: for those who administer them.
func List(ctx context.Context, s *storage.Store, t id.Tenant) ([]Connection, error) {
	rows, err := s.Tenant(t).ListConnections(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", err)
	}
	all := make([]Connection, len(rows))
	for i, row := range rows {
		if all[i], err = read(row); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (c Connection) encode() ([]byte, error) {
	if !text(c.Name, 1, 50) {
		return nil, invalid("name", "must have between 1 and 50 characters")
	}
	if err := c.Settings.Validate(c.Kind); err != nil {
		return nil, err
	}
	b, err := json.Marshal(c.Settings)
	if err != nil {
		return nil, fmt.Errorf("encode settings: %w", err)
	}
	return b, nil
}

func (c Connection) seal(sealer *seal.Sealer, secret string) ([]byte, error) {
	if secret == "" || len(secret) > 16<<10 || !utf8.ValidString(secret) || c.relying(secret).Check() != nil {
		if c.Settings.Auth == PrivateKey {
			return nil, invalid("secret", "must be a private key in PEM")
		}
		return nil, invalid("secret", "must be what the provider gave to us, at most 16 KiB")
	}
	return sealer.Seal(c.place(), []byte(secret))
}

func (c Connection) relying(secret string) oidcrp.Relying {
	return oidcrp.Relying{Issuer: c.Settings.Issuer, ClientID: c.Settings.ClientID, Auth: c.Settings.Auth, Secret: secret, Entra: c.Kind == Entra}
}

// described is what the record keeps of a version: everything but the secret, of which it tells that there was a new one.
func (c Connection) described(settings []byte, secret bool) map[string]any {
	return map[string]any{"name": c.Name, "kind": c.Kind, "settings": json.RawMessage(settings), "secret_changed": secret}
}

func (c Connection) record(ctx context.Context, tx *storage.Tx, k audit.Kind, by audit.Actor, from audit.Origin, now time.Time, detail map[string]any) error {
	return audit.Record(ctx, tx, c.Tenant, audit.Event{Kind: k, At: now, Actor: by, Target: audit.Target{Kind: "connection", ID: c.ID.String()}, Origin: from, Detail: detail})
}
