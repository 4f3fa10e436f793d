package gate

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/token"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// DeviceData is what a secret of a trusted device leads to.
type DeviceData struct {
	Device id.Device `json:"device"`
}

// trust makes this browser a trusted device, where the person wished it and the judge agrees: never after a recovery
// means, a skipped enrolment or a trusted device itself (gauntlet D05).
func trust(ctx context.Context, tx *storage.Tx, p *Passed, d policy.Decision, from Browser, now time.Time) error {
	a := p.Attempt
	if !a.Facts.Trust || !d.MayTrust {
		return nil
	}
	device := id.NewDevice()
	p.Device, p.DeviceLife = token.New(token.Device, a.Tenant), a.Policy.TrustedDevice.Duration()
	expires := now.Add(p.DeviceLife)
	if err := tx.Later().CreateDevice(ctx, db.CreateDeviceParams{TenantID: a.Tenant, ID: device, UserID: *a.User, PolicyVersion: int32(a.Policy.Version),
		CreatedAt: now, ExpiresAt: expires, Address: from.address(), Agent: cut(from.Agent, 200)}); err != nil {
		return err
	}
	if err := IssueDevice(ctx, tx, p.Device, *a.User, device, now, expires); err != nil {
		return err
	}
	return audit.Record(ctx, tx, a.Tenant, audit.Event{Kind: audit.DeviceTrusted, At: now, Actor: audit.User(*a.User), Target: audit.OnUser(*a.User),
		Origin: from.Origin, Detail: map[string]any{"device": device, "attempt": a.ID}})
}

// IssueDevice writes the next secret of a trusted device: each is used once, and brings the one after it.
func IssueDevice(ctx context.Context, tx *storage.Tx, secret token.Secret, u id.User, d id.Device, now, expires time.Time) error {
	data, err := json.Marshal(DeviceData{Device: d})
	if err != nil {
		return fmt.Errorf("encode device: %w", err)
	}
	return tx.Later().IssuePersonal(ctx, db.IssuePersonalParams{TenantID: secret.Tenant, Kind: string(mfa.TrustedDevice), Owner: u.UUID, Data: data,
		Now: now, Expires: expires, Hashes: [][]byte{secret.Hash}})
}
