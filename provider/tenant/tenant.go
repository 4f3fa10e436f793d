// Package tenant is the customer organisations: their names, and their versioned sign-in policies.
//
// The Directory answers which tenant a name means from memory; it never decides whether a tenant is still
// enabled: whatever issues something reads that from the row. Callers are provider/issuer and
// provider/signin (which tenant is it?), provider/account (the policy page) and the command line.
package tenant

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"time"

	"sallyport/mfa/policy"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// Tenant is one customer organisation.
type Tenant struct {
	ID       id.Tenant
	Slug     string
	Name     string
	Disabled bool
}

// ErrSlug says that a short name is not one: lower-case letters, digits and inner hyphens, at most 63.
var ErrSlug = errors.New("not a short name: use lower-case letters, digits and hyphens")

var slugForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Directory finds tenants by slug or identifier. It is safe for concurrent use.
type Directory struct {
	Store *storage.Store

	mu     sync.Mutex
	loaded map[string]Tenant
	epoch  int
}

// Changed forgets what is in memory: somebody changed a tenant.
func (d *Directory) Changed() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.loaded, d.epoch = nil, d.epoch+1
}

// Find answers by slug or by identifier. Errors: storage.ErrNotFound, also for a disabled tenant.
func (d *Directory) Find(ctx context.Context, name string) (Tenant, error) {
	all, err := d.all(ctx)
	if err != nil {
		return Tenant{}, err
	}
	t, ok := all[name]
	if !ok || t.Disabled {
		return Tenant{}, storage.ErrNotFound
	}
	return t, nil
}

// all reads the whole list: names are asked for before sign-in, so a look-up per unknown name would be
// a query per guess, and a cache per name would grow with them (gauntlet L06).
func (d *Directory) all(ctx context.Context) (map[string]Tenant, error) {
	d.mu.Lock()
	loaded, epoch := d.loaded, d.epoch
	d.mu.Unlock()
	if loaded != nil {
		return loaded, nil
	}
	rows, err := d.Store.AllTenants().ListTenantsAllTenants(ctx)
	if err != nil {
		return nil, fmt.Errorf("list tenants: %w", err)
	}
	loaded = make(map[string]Tenant, 2*len(rows))
	for _, r := range rows {
		t := Tenant{ID: r.TenantID, Slug: r.Slug, Name: r.Name, Disabled: r.Disabled}
		loaded[r.Slug], loaded[r.TenantID.String()] = t, t
	}
	d.keep(loaded, epoch)
	return loaded, nil
}

// keep drops what was read before a change that was announced meanwhile.
func (d *Directory) keep(loaded map[string]Tenant, epoch int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.epoch == epoch {
		d.loaded = loaded
	}
}

// Create adds a tenant with the first version of its policy.
// Errors: ErrSlug, policy.ErrInvalid, storage.ErrConflict when the slug is taken.
func Create(ctx context.Context, s *storage.Store, slug, name string, p policy.Policy, by audit.Actor, now time.Time) (id.Tenant, error) {
	if !slugForm.MatchString(slug) {
		return id.Tenant{}, ErrSlug
	}
	if err := p.Validate(); err != nil {
		return id.Tenant{}, err
	}
	t := id.NewTenant()
	err := s.InTenant(ctx, t, func(tx *storage.Tx) error {
		q := tx.Later()
		return errors.Join(
			q.CreateTenant(ctx, db.CreateTenantParams{TenantID: t, Slug: slug, Name: name, CreatedAt: now}),
			q.CreatePolicyVersion(ctx, db.CreatePolicyVersionParams{TenantID: t, Version: 1, Document: p.Encode(), CreatedAt: now}),
			audit.Record(ctx, tx, t, audit.Event{Kind: audit.TenantCreated, At: now, Actor: by, Target: audit.Target{Kind: "tenant", ID: t.String()}}),
		)
	})
	if err != nil {
		return id.Tenant{}, fmt.Errorf("create tenant: %w", err)
	}
	return t, nil
}

// SetDisabled locks a whole tenant out or lets it in again. It ends nothing by itself: every look-up of a
// session or token reads it. Errors: storage.ErrConflict when there is no such tenant.
func SetDisabled(ctx context.Context, s *storage.Store, t id.Tenant, disabled bool, by audit.Actor, now time.Time) error {
	kind := audit.TenantEnabled
	if disabled {
		kind = audit.TenantDisabled
	}
	err := s.InTenant(ctx, t, func(tx *storage.Tx) error {
		return errors.Join(
			tx.Later().SetTenantDisabled(ctx, db.SetTenantDisabledParams{TenantID: t, Disabled: disabled}),
			audit.Record(ctx, tx, t, audit.Event{Kind: kind, At: now, Actor: by, Target: audit.Target{Kind: "tenant", ID: t.String()}}),
		)
	})
	if err != nil {
		return fmt.Errorf("set tenant disabled: %w", err)
	}
	return nil
}
