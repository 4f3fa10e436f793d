// Package instance is one running Sallyport as its configuration describes it: Postgres, the keyset, the store,
// the provider on its listener and the workers, each brought up and taken down in its order.
//
// It wires; it owns no rule of what it wires, parses no command line and prints nothing. Callers are the commands
// of package main, cmd/sallyport/admin and cmd/sallyport/demo.
//
// Dependencies: riverqueue/river, to hand the store its workers; x/sync's errgroup, because whichever part ends
// first must end the others.
package instance

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"time"

	"sallyport/cmd/sallyport/config"
	"sallyport/provider/user"
	"sallyport/storage"
	"sallyport/storage/seal"
)

// Options say who opens the instance.
type Options struct {
	Config config.Config
	Log    *slog.Logger
	Now    func() time.Time
	// Alone demands the embedded database for this process (embedded.ErrInUse otherwise); without it the
	// database of a sallyport that runs beside us is joined. It says nothing about database.url.
	Alone bool
}

// Instance is an open database with what the configuration says around it.
type Instance struct {
	Options
	Store    *storage.Store
	database database
}

// Open starts or joins the database, migrates it where the configuration says so, and opens the store.
// Errors are those of embedded and storage.
func Open(ctx context.Context, o Options) (*Instance, error) {
	d, err := connect(ctx, o)
	if err != nil {
		return nil, err
	}
	i := &Instance{Options: o, database: d}
	if i.Store, err = i.open(ctx); err != nil {
		return nil, errors.Join(err, d.stop(ctx))
	}
	return i, nil
}

func (i *Instance) open(ctx context.Context) (*storage.Store, error) {
	if i.Config.Database.Migrate {
		if err := storage.Migrate(ctx, i.database.owner); err != nil {
			return nil, err
		}
	}
	return storage.Open(ctx, i.database.runtime, storage.Options{MaxConnections: i.connections()})
}

// connections is the default of the example configuration: hashes aside, requests wait for the database.
func (i *Instance) connections() int {
	if n := i.Config.Database.MaxConnections; n > 0 {
		return n
	}
	return max(16, 4*runtime.NumCPU())
}

// Close closes the store and then stops the embedded database, if it is ours. It does not depend on ctx having
// time left: an orderly stop is worth more than a quick one.
func (i *Instance) Close(ctx context.Context) error {
	i.Store.Close()
	return i.database.stop(ctx)
}

// Sealer reads the keyset, making the file of a new installation. Errors wrap seal.ErrKeyset or are of the disk.
func (i *Instance) Sealer() (*seal.Sealer, error) {
	k := i.Config.Keys
	if k.Keyset != "" {
		return seal.Read([]byte(k.Keyset.Reveal()))
	}
	// Only the data directory is ours to make: a keyset missing elsewhere is a mount that failed.
	if err := os.MkdirAll(i.Config.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	return seal.Load(k.File)
}

// Hasher hashes passwords at the configured cost.
func (i *Instance) Hasher() *user.Hasher {
	p := i.Config.Password
	concurrency := p.Concurrency
	if concurrency == 0 {
		concurrency = runtime.NumCPU()
	}
	cost := user.Cost{MemoryKiB: uint32(p.MemoryKiB), Iterations: uint32(p.Iterations), Parallelism: uint8(p.Parallelism)}
	return user.NewHasher(cost, concurrency, p.Queue)
}
