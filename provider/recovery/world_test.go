package recovery_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	codes "sallyport/mfa/recovery"
	"sallyport/provider/recovery"
	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/storagetest"
)

var (
	ctx    = context.Background()
	start  = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	pepper = []byte("0123456789abcdef0123456789abcdef")
)

// desk is a tenant with a policy and a proven domain, and a clock that stands.
type desk struct {
	t        *testing.T
	database storagetest.Database
	store    *storage.Store
	tenant   id.Tenant
	now      time.Time
}

func newDesk(t *testing.T, change func(*policy.AccessCodes)) *desk {
	t.Helper()
	d := &desk{t: t, database: storagetest.NewDatabase(t), now: start}
	d.store = d.database.Open(t)
	d.tenant = d.another("acme", change)
	d.owns(d.tenant, "acme.test")
	return d
}

// owns gives a tenant a domain that it has proven.
func (d *desk) owns(t id.Tenant, domain string) {
	d.t.Helper()
	d.exec("INSERT INTO domains (tenant_id, name, challenge, created_at, proven_at) VALUES ($1, $2, 'c', $3, $3)", t.UUID, domain, d.now)
}

func (d *desk) another(slug string, change func(*policy.AccessCodes)) id.Tenant {
	d.t.Helper()
	t, p := id.NewTenant(), policy.Default()
	if change != nil {
		change(&p.AccessCode)
	}
	q := d.store.Tenant(t)
	d.must(q.CreateTenant(ctx, db.CreateTenantParams{TenantID: t, Slug: slug, Name: slug, CreatedAt: d.now}))
	d.must(q.CreatePolicyVersion(ctx, db.CreatePolicyVersionParams{TenantID: t, Version: 1, Document: p.Encode(), CreatedAt: d.now}))
	return t
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) person(t id.Tenant, name, role string) id.User {
	d.t.Helper()
	u := id.NewUser()
	d.must(d.store.Tenant(t).CreateUser(ctx, db.CreateUserParams{TenantID: t, ID: u, Email: name + "@acme.test", EmailKey: name + "@acme.test", Role: role, CreatedAt: d.now}))
	return u
}

func (d *desk) help(target id.User, by ...id.User) recovery.Help {
	h := recovery.Help{Tenant: d.tenant, Target: target, Now: d.now}
	if len(by) > 0 {
		h.Helper = &by[0]
	}
	return h
}

func (d *desk) issue(target id.User, by ...id.User) (recovery.Code, error) {
	return recovery.IssueAccessCode(ctx, d.store, pepper, recovery.Issue{Help: d.help(target, by...)})
}

func (d *desk) issued(target id.User) recovery.Code {
	d.t.Helper()
	c, err := d.issue(target)
	d.must(err)
	return c
}

// use does what a step of the sign-in does: find the hash of a code that was typed, and consume it.
func (d *desk) use(u id.User, typed string) bool {
	d.t.Helper()
	clean, ok := codes.Clean(typed)
	if !ok {
		d.t.Fatalf("%q is no code", typed)
	}
	m, ok, err := codes.Factor{Pepper: pepper}.Verify(clean, mfa.Claim{Now: d.now, Tenant: d.tenant, User: u, Hashes: d.unused(u)})
	d.must(err)
	if !ok {
		return false
	}
	err = d.store.Tenant(d.tenant).UsePersonal(ctx, db.UsePersonalParams{Kind: "access_code", TenantID: d.tenant.UUID, Hash: m.Hash, Now: d.now})
	if err != nil && !errors.Is(err, storage.ErrConflict) {
		d.t.Fatal(err)
	}
	return err == nil
}

func (d *desk) unused(u id.User) (all [][]byte) {
	d.t.Helper()
	rows, err := d.database.Admin(d.t).Query(ctx, "SELECT hash FROM single_use WHERE kind = 'access_code' AND user_id = $1 AND used_at IS NULL", u.UUID)
	d.must(err)
	defer rows.Close()
	for rows.Next() {
		var hash []byte
		d.must(rows.Scan(&hash))
		all = append(all, hash)
	}
	d.must(rows.Err())
	return all
}

func (d *desk) count(query string, args ...any) (n int) {
	d.t.Helper()
	d.must(d.database.Admin(d.t).QueryRow(ctx, query, args...).Scan(&n))
	return n
}

func (d *desk) exec(query string, args ...any) {
	d.t.Helper()
	_, err := d.database.Admin(d.t).Exec(ctx, query, args...)
	d.must(err)
}
