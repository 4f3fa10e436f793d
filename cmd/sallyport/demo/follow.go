package demo

import (
	"context"
	"fmt"
	"net/url"

	"sallyport/cmd/sallyport/demo/entra"
	"sallyport/provider/domain"
	"sallyport/provider/federation"
	"sallyport/provider/tenant"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// follow has every connection with the simulated Entra, the visitor's too, find it at the port of this run, and proves the
// demo's domains, of which no name server knows.
func (d *demo) follow(ctx context.Context) error {
	directory := &tenant.Directory{Store: d.instance.Store}
	for _, o := range organisations {
		t, err := directory.Find(ctx, o.slug)
		if err != nil {
			return fmt.Errorf("find tenant %s: %w", o.slug, err)
		}
		all, err := federation.List(ctx, d.instance.Store, t.ID)
		if err != nil {
			return err
		}
		for _, c := range all {
			if err := d.move(ctx, c); err != nil {
				return err
			}
		}
		if err := d.prove(ctx, t.ID, o.domains()); err != nil {
			return err
		}
	}
	return nil
}

// move changes the origin in the issuer, and in the identities of who has come from there: they are the same people.
func (d *demo) move(ctx context.Context, c federation.Connection) error {
	old, err := url.Parse(c.Settings.Issuer)
	here := origin(d.PortBase + 2)
	if err != nil || c.Settings.ClientID != entra.ClientID || c.Settings.Auth == federation.PrivateKey || old.Hostname() != "localhost" ||
		old.Scheme+"://"+old.Host == here {
		return nil
	}
	sealer, err := d.instance.Sealer()
	if err != nil {
		return err
	}
	c.Settings.Issuer = here + old.Path
	if err := federation.Change(ctx, d.instance.Store, sealer, c, d.state.EntraSecret, audit.Operator, audit.Origin{}, d.Now()); err != nil {
		return fmt.Errorf("move %s: %w", c.Name, err)
	}
	return d.instance.Store.InTenant(ctx, c.Tenant, func(tx *storage.Tx) error {
		return tx.Later().MoveIdentities(ctx, db.MoveIdentitiesParams{TenantID: c.Tenant, ConnectionID: c.ID,
			Origin: here + "/", Old: old.Scheme + "://" + old.Host + "/"})
	})
}

// prove is the operator's word in the place of a record in the DNS. It is given anew with each start, because the daily look
// misses the record.
func (d *demo) prove(ctx context.Context, t id.Tenant, names []string) error {
	all, err := domain.List(ctx, d.instance.Store, t)
	if err != nil {
		return err
	}
	ours := map[string]bool{}
	for _, name := range names {
		ours[name] = true
	}
	now := d.Now()
	return d.instance.Store.InTenant(ctx, t, func(tx *storage.Tx) error {
		for _, one := range all {
			if !ours[one.Name] {
				continue
			}
			err := tx.Later().NoteDomain(ctx, db.NoteDomainParams{TenantID: t, Name: one.Name, Challenge: one.Challenge, ProvenAt: &now, Now: now})
			if err != nil {
				return fmt.Errorf("prove %s: %w", one.Name, err)
			}
		}
		return nil
	})
}
