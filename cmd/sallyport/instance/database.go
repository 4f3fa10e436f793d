package instance

import (
	"cmp"
	"context"
	"time"

	"sallyport/storage"
	"sallyport/storage/embedded"
)

const (
	joinTime = time.Minute      // a first start makes the cluster, which takes seconds
	stopTime = 30 * time.Second // then committed work is safe without an orderly stop, too
)

// database is Postgres: the embedded one or, with server nil, the one of database.url.
type database struct {
	server         *embedded.Server
	owner, runtime string
}

func connect(ctx context.Context, o Options) (database, error) {
	c := o.Config.Database
	if url := c.URL.Reveal(); url != "" {
		return database{owner: cmp.Or(c.MigrateURL.Reveal(), url), runtime: url}, nil
	}
	start := embedded.Start
	if !o.Alone {
		start = embedded.Attach
	}
	ctx, cancel := context.WithTimeout(ctx, joinTime)
	defer cancel()
	s, err := start(ctx, embedded.Options{Dir: o.Config.DataDir, Log: o.Log})
	if err != nil {
		return database{}, err
	}
	return database{server: s, owner: s.URL("sallyport_owner"), runtime: s.URL(storage.RuntimeRole)}, nil
}

func (d database) stop(ctx context.Context) error {
	if d.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	return d.server.Stop(ctx)
}

// lost waits until the embedded database is gone for good, and says why, or until ctx ends.
func (d database) lost(ctx context.Context) error {
	if d.server == nil {
		return nil
	}
	select {
	case <-ctx.Done():
		return nil
	case <-d.server.Done():
		return d.server.Err()
	}
}

// Migrate brings the schema up to date, as `sallyport migrate` does; it asks no configuration whether to.
func Migrate(ctx context.Context, o Options) (err error) {
	d, err := connect(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, d.stop(ctx)) }()
	return storage.Migrate(ctx, d.owner)
}
