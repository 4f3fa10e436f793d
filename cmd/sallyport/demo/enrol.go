package demo

import (
	"context"
	"errors"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/backup"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/seal"
)

var names = map[mfa.Kind]string{mfa.TOTP: "Authenticator app", mfa.Email: "Mailbox", mfa.SMS: "Telephone"}

// enrol gives the person the factors they begin with, and to the app of one of them backup codes.
func (d *demo) enrol(ctx context.Context, t id.Tenant, u id.User, p person) error {
	sealer, err := d.instance.Sealer()
	if err != nil {
		return err
	}
	return d.instance.Store.InTenant(ctx, t, func(tx *storage.Tx) error {
		var failed error
		for _, k := range p.factors {
			failed = errors.Join(failed, d.factor(ctx, tx, sealer, owner{t, u, p}, k))
			if k == mfa.TOTP {
				failed = errors.Join(failed, d.issue(ctx, tx, sealer, t, u))
			}
		}
		return failed
	})
}

type owner struct {
	tenant id.Tenant
	user   id.User
	person
}

func (d *demo) factor(ctx context.Context, tx *storage.Tx, sealer *seal.Sealer, o owner, k mfa.Kind) error {
	f, now := id.NewFactor(), d.Now()
	secret := map[mfa.Kind][]byte{mfa.TOTP: d.state.Seed, mfa.Email: []byte(o.email), mfa.SMS: []byte(o.phone)}[k]
	sealed, err := sealer.Seal(place(o.tenant, f), secret)
	if err != nil {
		return err
	}
	return errors.Join(
		tx.Later().CreateFactor(ctx, db.CreateFactorParams{TenantID: o.tenant, ID: f, UserID: o.user, Kind: string(k), Name: names[k], Secret: sealed, CreatedAt: now}),
		audit.Record(ctx, tx, o.tenant, audit.Event{Kind: audit.FactorEnrolled, At: now, Actor: audit.Operator, Target: audit.OnUser(o.user),
			Detail: map[string]any{"factor": f, "kind": k}}),
	)
}

func (d *demo) issue(ctx context.Context, tx *storage.Tx, sealer *seal.Sealer, t id.Tenant, u id.User) error {
	pepper, err := sealer.Derive("backup codes", 32)
	if err != nil {
		return err
	}
	var hashes [][]byte
	for _, code := range d.state.BackupCodes {
		clean, ok := backup.Clean(code)
		if !ok {
			return errors.New("a backup code of the demo does not read back")
		}
		hashes = append(hashes, backup.Hash(pepper, t, u, clean))
	}
	const forever = 100 * 365 * 24 * time.Hour // they do not expire; the table wants an end
	now := d.Now()
	return tx.Later().IssuePersonal(ctx, db.IssuePersonalParams{TenantID: t, Kind: string(mfa.BackupCode), Owner: u.UUID, Data: []byte("{}"), Now: now,
		Expires: now.Add(forever), Hashes: hashes})
}

func place(t id.Tenant, f id.Factor) seal.Place {
	return seal.Place{Tenant: t, Table: "factors", Row: f.String(), Column: "secret"}
}
