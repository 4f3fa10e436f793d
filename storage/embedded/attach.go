package embedded

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
)

const attachTime = 50 * time.Millisecond

// Attach is for commands beside a server that may be running: it joins the one
// of another sallyport, or starts its own when there is none; ctx bounds the wait
// for a sallyport that is just starting or stopping. Errors are those of Start.
func Attach(ctx context.Context, o Options) (*Server, error) {
	tick := time.NewTicker(attachTime)
	defer tick.Stop()
	for {
		s, err := Start(ctx, o)
		if !errors.Is(err, ErrInUse) {
			return s, err
		}
		if s, err = join(ctx, o.Dir); err == nil {
			return s, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("join the running server: %w", err)
		case <-tick.C:
		}
	}
}

// join asks the server's own lock file for the socket: the other sallyport may
// have another temporary directory than we have.
func join(ctx context.Context, dir string) (*Server, error) {
	p, err := readPostmaster(filepath.Join(dir, "pgdata", "postmaster.pid"))
	if err != nil {
		return nil, err
	}
	s := &Server{sockets: p.sockets, done: make(chan struct{})}
	conn, err := pgx.Connect(ctx, s.URL(appRole))
	if err != nil {
		return nil, err
	}
	return s, conn.Close(ctx)
}
