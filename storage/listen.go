package storage

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Listen calls changed with the name of each table of configuration that somebody changed,
// until ctx ends. After a lost connection it calls changed("") : anything may have changed meanwhile.
func (s *Store) Listen(ctx context.Context, changed func(table string)) {
	for ctx.Err() == nil {
		s.listenOnce(ctx, changed)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// listenOnce has a connection of its own: a listener must never wait for, or starve, the pool.
func (s *Store) listenOnce(ctx context.Context, changed func(string)) {
	conn, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
	if err != nil {
		return
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "listen sallyport_changed"); err != nil {
		return
	}
	changed("")
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return
		}
		changed(n.Payload)
	}
}
