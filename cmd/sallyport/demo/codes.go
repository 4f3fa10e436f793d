package demo

import (
	"context"
	"fmt"

	"sallyport/cmd/sallyport/demo/app"
	"sallyport/mfa"
	"sallyport/provider/tenant"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// codes reads the secrets of the demo people's authenticator apps, so that a visitor needs no telephone.
func (d *demo) codes(ctx context.Context) ([]app.Key, error) {
	directory := &tenant.Directory{Store: d.instance.Store}
	var all []app.Key
	for _, o := range organisations {
		t, err := directory.Find(ctx, o.slug)
		if err != nil {
			return nil, fmt.Errorf("find tenant %s: %w", o.slug, err)
		}
		keys, err := d.codesIn(ctx, t.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, keys...)
	}
	return all, nil
}

func (d *demo) codesIn(ctx context.Context, t id.Tenant) ([]app.Key, error) {
	sealer, err := d.instance.Sealer()
	if err != nil {
		return nil, err
	}
	q := d.instance.Store.Tenant(t)
	people, err := q.ListUsers(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	var all []app.Key
	for _, p := range people {
		factors, err := q.ListFactors(ctx, db.ListFactorsParams{TenantID: t, UserID: p.ID})
		if err != nil {
			return nil, fmt.Errorf("list factors: %w", err)
		}
		for _, f := range factors {
			if f.Kind != string(mfa.TOTP) {
				continue
			}
			seed, err := sealer.Open(place(t, f.ID), f.Secret)
			if err != nil {
				return nil, err
			}
			all = append(all, app.Key{Person: p.Email, Seed: seed})
		}
	}
	return all, nil
}
