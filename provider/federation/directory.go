package federation

import (
	"context"
	"fmt"
	"sync"

	"sallyport/provider/federation/oidcrp"
	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/seal"
)

// Directory finds connections and domains in memory. It never decides whether a connection is still enabled: Arrive and every
// judgement read that from the row. It is safe for concurrent use.
type Directory struct {
	Store *storage.Store
	Seal  *seal.Sealer

	mu     sync.Mutex
	loaded *entries
	epoch  int
}

type entries struct {
	connections map[id.Tenant][]Connection
	domains     map[string]owner
}

type owner struct {
	tenant     id.Tenant
	connection id.Connection
}

// Changed forgets what is in memory: somebody changed a connection, a domain or a tenant.
func (d *Directory) Changed() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.loaded, d.epoch = nil, d.epoch+1
}

// Of lists the enabled connections of a tenant by name.
func (d *Directory) Of(ctx context.Context, t id.Tenant) ([]Connection, error) {
	all, err := d.all(ctx)
	if err != nil {
		return nil, err
	}
	return append([]Connection(nil), all.connections[t]...), nil
}

// Find is one enabled connection. Errors: storage.ErrNotFound, also for a disabled one and for another tenant's.
func (d *Directory) Find(ctx context.Context, t id.Tenant, c id.Connection) (Connection, error) {
	all, err := d.all(ctx)
	if err != nil {
		return Connection{}, err
	}
	for _, found := range all.connections[t] {
		if found.ID == c {
			return found, nil
		}
	}
	return Connection{}, storage.ErrNotFound
}

// Domain tells which tenant has proven the domain, in its canonical form, and to which connection it belongs; none is zero. Only
// domains of live tenants are known.
func (d *Directory) Domain(ctx context.Context, name string) (t id.Tenant, c id.Connection, ok bool, err error) {
	all, err := d.all(ctx)
	if err != nil {
		return id.Tenant{}, id.Connection{}, false, err
	}
	o, ok := all.domains[name]
	return o.tenant, o.connection, ok, nil
}

// Relying is what the protocol needs to know of a connection, with the secret opened. Errors: seal.ErrOpen.
func (d *Directory) Relying(_ context.Context, c Connection) (oidcrp.Relying, error) {
	secret, err := d.Seal.Open(c.place(), c.Secret)
	if err != nil {
		return oidcrp.Relying{}, fmt.Errorf("open the secret of connection %s: %w", c.ID, err)
	}
	return c.relying(string(secret)), nil
}

// all reads the whole list, as tenant.Directory does: handles and domains are typed by anybody, so a look-up for each would be
// a query per guess, and a cache of answers would grow with them (gauntlet L06).
func (d *Directory) all(ctx context.Context) (*entries, error) {
	d.mu.Lock()
	loaded, epoch := d.loaded, d.epoch
	d.mu.Unlock()
	if loaded != nil {
		return loaded, nil
	}
	loaded, err := d.load(ctx)
	if err != nil {
		return nil, err
	}
	d.keep(loaded, epoch)
	return loaded, nil
}

func (d *Directory) load(ctx context.Context) (*entries, error) {
	q := d.Store.AllTenants()
	connections, err := q.ListConnectionsAllTenants(ctx)
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", err)
	}
	domains, err := q.ListDomainsAllTenants(ctx)
	if err != nil {
		return nil, fmt.Errorf("list domains: %w", err)
	}
	loaded := &entries{connections: map[id.Tenant][]Connection{}, domains: map[string]owner{}}
	for _, row := range connections {
		loaded.add(row)
	}
	for _, row := range domains {
		if row.ProvenAt != nil {
			loaded.domains[row.Name] = owned(row)
		}
	}
	return loaded, nil
}

// add leaves out what cannot be read: one broken row must not lock the people of other tenants out.
func (e *entries) add(row db.Connection) {
	if c, err := read(row); err == nil && !c.Disabled {
		e.connections[c.Tenant] = append(e.connections[c.Tenant], c)
	}
}

func owned(row db.ListDomainsAllTenantsRow) owner {
	o := owner{tenant: row.TenantID}
	if row.ConnectionID != nil {
		o.connection = *row.ConnectionID
	}
	return o
}

// keep drops what was read before a change that was announced meanwhile.
func (d *Directory) keep(loaded *entries, epoch int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.epoch == epoch {
		d.loaded = loaded
	}
}
