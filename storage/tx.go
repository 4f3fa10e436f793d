package storage

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"sallyport/storage/db"
)

// Tx is one transaction inside a fence. It begins with the first statement that is sent and
// is not safe for concurrent use.
type Tx struct {
	conn    *pgxpool.Conn
	fence   fence
	begun   bool
	pending *pgx.Batch
	jobs    []river.InsertManyParams
	client  *river.Client[pgx.Tx]
	notices *sync.Map // what river tells the workers, by queues
}

// Now answers queries at once, after everything given to Later before.
func (t *Tx) Now() *db.Queries { return db.New(immediate{t}) }

// Later collects writes and sends them with the next statement of Now or with the commit.
// Only queries without an answer (sqlc's :exec) may be given to it: counts read as zero.
// A condition that must hold goes into the statement through require_one: its failure
// undoes the whole transaction and returns as an error wrapping ErrConflict.
func (t *Tx) Later() *db.Queries { return db.New(deferred{t}) }

// Enqueue inserts a job that becomes visible when the transaction commits.
// Arguments carry identifiers, never secrets: they are stored in the clear.
func (t *Tx) Enqueue(args river.JobArgs) { t.jobs = append(t.jobs, river.InsertManyParams{Args: args}) }

func (s *Store) transact(ctx context.Context, f fence, fn func(*Tx) error) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return translate(err)
	}
	defer conn.Release()
	t := &Tx{conn: conn, fence: f, pending: &pgx.Batch{}, client: s.jobs, notices: &s.notices}
	defer t.rollback(ctx)
	if err := fn(t); err != nil {
		return err
	}
	return t.commit(ctx)
}

// send flushes what is pending and the given statement in one round trip.
func (t *Tx) send(ctx context.Context, sql string, args []any) *pipeline {
	b := t.batch(sql, args)
	return &pipeline{results: t.conn.SendBatch(ctx, b), skip: b.Len() - 1}
}

func (t *Tx) batch(sql string, args []any) *pgx.Batch {
	b := &pgx.Batch{}
	if !t.begun {
		b.Queue("begin")
		b.Queue(setFence, t.fence.name, t.fence.value)
		t.begun = true
	}
	b.QueuedQueries = append(b.QueuedQueries, t.pending.QueuedQueries...)
	t.pending = &pgx.Batch{}
	b.Queue(sql, args...)
	return b
}

// last sends the statement whose rows are wanted with one more and the commit behind it. After an error in any of them
// the server skips the rest, so nothing is committed and the rollback is still to come.
func (t *Tx) last(ctx context.Context, sql string, args []any, also pgx.QueuedQuery) (pgx.Rows, error) {
	b := t.batch(sql, args)
	skip := b.Len() - 1
	b.Queue(also.SQL, also.Arguments...)
	b.Queue("commit")
	rows, err := (&pipeline{results: t.conn.SendBatch(ctx, b), skip: skip, done: func() { t.begun = false }}).query()
	return rows, err
}

func (t *Tx) commit(ctx context.Context) error {
	if err := t.insertJobs(ctx); err != nil {
		return err
	}
	if !t.begun && t.pending.Len() == 0 {
		return nil
	}
	_, err := t.send(ctx, "commit", nil).exec()
	if err == nil {
		t.begun = false
	}
	return err
}

// rollback runs although the request may have been cancelled: an open transaction must not
// go back to the pool. When it fails the pool closes the connection, which rolls back too.
func (t *Tx) rollback(ctx context.Context) {
	if !t.begun {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_, _ = t.conn.Exec(ctx, "rollback")
}

type immediate struct{ tx *Tx }

func (i immediate) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return i.tx.send(ctx, sql, args).exec()
}

func (i immediate) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return i.tx.send(ctx, sql, args).query()
}

func (i immediate) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return i.tx.send(ctx, sql, args)
}

type deferred struct{ tx *Tx }

func (d deferred) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	d.tx.pending.Queue(sql, args...)
	return pgconn.CommandTag{}, nil
}

var errDeferred = errors.New("a deferred statement has no answer: use Tx.Now")

func (deferred) Query(context.Context, string, ...any) (pgx.Rows, error) { return nil, errDeferred }

func (deferred) QueryRow(context.Context, string, ...any) pgx.Row { return refusal{errDeferred} }

type refusal struct{ err error }

func (r refusal) Scan(...any) error { return r.err }
