// Package storage is the one door to Postgres: the tenant fence, transactions, jobs,
// migrations and notices of changed configuration.
//
// It owns how statements reach the database, not what they say: those are in queries/*.sql
// (compiled by sqlc into storage/db), and the rules about them in the nouns that call. There
// is no storage interface and no second backend, because what Sallyport promises is Postgres:
// conditional updates, row-level security, jobs in the caller's transaction.
//
// Two ways in, both fenced to one tenant:
//
//   - Store.Tenant: each call is a transaction of its own, in one round trip.
//   - Store.InTenant: several statements in one transaction. Statements whose answer decides
//     something go through Tx.Now; writes that follow from it go through Tx.Later and travel with
//     the commit. A transaction that only writes is one round trip.
//
// Dependencies: jackc/pgx/v5 (fixed by the customer; its pipelines make the round trips above
// possible), pressly/goose/v3 (the usual migration tool, embedded SQL, advisory lock),
// riverqueue/river (jobs in Postgres, inserted in the caller's transaction).
package storage

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"sallyport/storage/db"
	"sallyport/storage/id"
)

// RuntimeRole is the database role that serves requests. It owns nothing and cannot bypass
// row-level security; Open refuses to work with anything more powerful.
const RuntimeRole = "sallyport"

// Store is a pool of connections in the runtime role.
type Store struct {
	pool  *pgxpool.Pool
	jobs  *river.Client[pgx.Tx]
	trips *atomic.Int64
	// notices is how river tells the workers of jobs, as it did before, by their queues.
	notices sync.Map
}

// Options tunes Open.
type Options struct {
	// MaxConnections bounds the pool; 0 takes pgx's default.
	MaxConnections int
}

// planning: every statement looks rows up by key, so planning it anew for each set of values, or compiling
// it, costs more than running it. The price: after a bulk import a plan made for a small table stays until
// the table is analysed, which autovacuum does within a minute.
var planning = map[string]string{"plan_cache_mode": "force_generic_plan", "jit": "off"}

// Open connects as the runtime role and verifies that the role is harmless.
// Any login that may SET ROLE to it will do. Errors wrap ErrUnavailable or ErrTooPowerful.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read database address: %w", errMalformedURL)
	}
	cfg.ConnConfig.RuntimeParams["role"] = RuntimeRole
	cfg.ConnConfig.RuntimeParams["application_name"] = "sallyport"
	// A session left in a transaction holds locks; the server ends it rather than wait for us.
	cfg.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "30000"
	for name, value := range planning {
		cfg.ConnConfig.RuntimeParams[name] = value
	}
	if o.MaxConnections > 0 {
		cfg.MaxConns = int32(o.MaxConnections)
	}
	s := &Store{trips: new(atomic.Int64)}
	cfg.ConnConfig.Tracer = tripCounter{s.trips}
	if s.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return nil, fmt.Errorf("open database: %w", translate(err))
	}
	if err := s.ready(ctx); err != nil {
		s.pool.Close()
		return nil, err
	}
	return s, nil
}

func (s *Store) ready(ctx context.Context) error {
	if err := s.refusePower(ctx); err != nil {
		return err
	}
	return s.openJobs()
}

// Close ends all connections; statements in flight finish first.
func (s *Store) Close() { s.pool.Close() }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return translate(s.pool.Ping(ctx)) }

// RoundTrips is how often the store waited for the database since it was opened.
// Tests pin what an operation may cost with it.
func (s *Store) RoundTrips() int64 { return s.trips.Load() }

// Tenant answers queries inside one tenant's fence, each a transaction of its own in one round trip.
func (s *Store) Tenant(t id.Tenant) *db.Queries { return db.New(single{s.pool, inTenant(t)}) }

// AllTenants answers queries without a fence. Its callers end in AllTenants too and are few.
func (s *Store) AllTenants() *db.Queries { return db.New(single{s.pool, allTenants}) }

// InTenant runs fn in one transaction inside the tenant's fence and commits when it returns nil.
func (s *Store) InTenant(ctx context.Context, t id.Tenant, fn func(*Tx) error) error {
	return s.transact(ctx, inTenant(t), fn)
}

// InAllTenants is InTenant without a fence, for maintenance over all tenants.
func (s *Store) InAllTenants(ctx context.Context, fn func(*Tx) error) error {
	return s.transact(ctx, allTenants, fn)
}
