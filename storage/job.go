package storage

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// jobTx is what river needs of a pgx.Tx to insert jobs in our transaction. Anything else it
// might ask for panics on the nil embedded interface, which the job test would show.
type jobTx struct {
	pgx.Tx
	now immediate
}

func (j jobTx) Conn() *pgx.Conn { return j.now.tx.conn.Conn() }

func (j jobTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return j.now.Exec(ctx, sql, args...)
}

func (j jobTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return j.now.Query(ctx, sql, args...)
}

func (j jobTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return j.now.QueryRow(ctx, sql, args...)
}

func (s *Store) openJobs() error {
	client, err := river.NewClient(riverpgxv5.New(s.pool), &river.Config{})
	if err != nil {
		return fmt.Errorf("open job queue: %w", err)
	}
	s.jobs = client
	return nil
}

// Work runs the given workers until ctx ends, then finishes the jobs in hand. Periodic jobs are
// inserted by whichever instance leads. Every instance may work; each job runs at least once.
func (s *Store) Work(ctx context.Context, log *slog.Logger, workers *river.Workers, periodic []*river.PeriodicJob) error {
	client, err := river.NewClient(riverpgxv5.New(s.pool), &river.Config{
		Logger:       log,
		Workers:      workers,
		PeriodicJobs: periodic,
		Queues:       map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 8}},
		// Reindexing needs the owner; the runtime role owns nothing.
		ReindexerIndexNames: []string{},
	})
	if err != nil {
		return fmt.Errorf("open job workers: %w", err)
	}
	if err := client.Start(ctx); err != nil {
		return fmt.Errorf("start job workers: %w", translate(err))
	}
	<-client.Stopped()
	return nil
}
