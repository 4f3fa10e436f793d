package storage

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// The queues of jobs that wait for servers of others: one that hangs holds up neither the other nor the rest.
const (
	MailQueue = "mail"
	TextQueue = "text"
)

// quick is the least time between two notices that there are jobs: one that falls into it is not given, and its job
// waits for the next poll. Where somebody waits for a code, that poll is soon.
const (
	quick = time.Millisecond // river's least
	soon  = 250 * time.Millisecond
)

// jobTx is what river needs of a pgx.Tx to insert jobs in our transaction. Anything else it
// might ask for panics on the nil embedded interface, which the job test would show.
type jobTx struct {
	pgx.Tx
	tx *Tx
	// notice is what river told the workers about such jobs before; nil when that is not known yet.
	notice *pgx.QueuedQuery
	// learn is given the notice that river sends itself.
	learn func(*pgx.QueuedQuery)
}

func (j jobTx) Conn() *pgx.Conn { return j.tx.conn.Conn() }

// Exec is how river tells the workers, whose answer nobody reads: that travels with the commit, if it has not already.
func (j jobTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if j.notice != nil {
		return pgconn.CommandTag{}, nil
	}
	j.learn(&pgx.QueuedQuery{SQL: sql, Arguments: args})
	return deferred{j.tx}.Exec(ctx, sql, args...)
}

// Query inserts the jobs. It is the last that the transaction does: once it is known how the workers are told, the
// notice and the commit go to the server with it, and the whole costs one round trip instead of two.
func (j jobTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if j.notice == nil {
		return j.tx.send(ctx, sql, args).query()
	}
	return j.tx.last(ctx, sql, args, *j.notice)
}

func (j jobTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return j.tx.send(ctx, sql, args)
}

func (t *Tx) insertJobs(ctx context.Context) error {
	if len(t.jobs) == 0 {
		return nil
	}
	queues := queuesOf(t.jobs)
	tx := jobTx{tx: t, learn: func(q *pgx.QueuedQuery) { t.notices.Store(queues, q) }}
	if known, ok := t.notices.Load(queues); ok {
		tx.notice = known.(*pgx.QueuedQuery)
	}
	_, err := t.client.InsertManyTx(ctx, tx, t.jobs)
	t.jobs = nil
	return translate(err)
}

// queuesOf names the queues of the jobs: river's notice says that there is something in them, and no more.
func queuesOf(jobs []river.InsertManyParams) string {
	var names []string
	for _, j := range jobs {
		queue := river.QueueDefault
		if o, ok := j.Args.(river.JobArgsWithInsertOpts); ok && o.InsertOpts().Queue != "" {
			queue = o.InsertOpts().Queue
		}
		if !slices.Contains(names, queue) {
			names = append(names, queue)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func (s *Store) openJobs() error {
	client, err := river.NewClient(riverpgxv5.New(s.pool), &river.Config{FetchCooldown: quick})
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
		Logger:        log,
		Workers:       workers,
		PeriodicJobs:  periodic,
		FetchCooldown: 10 * time.Millisecond,
		Queues: map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: 8},
			MailQueue:          {MaxWorkers: 8, FetchPollInterval: soon},
			TextQueue:          {MaxWorkers: 8, FetchPollInterval: soon},
		},
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
