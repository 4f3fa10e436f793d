package storage

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"sallyport/storage/id"
)

// fence is the setting that row-level security compares rows with. It is local to the
// transaction, so a connection that goes back to the pool forgets it.
type fence struct{ name, value string }

func inTenant(t id.Tenant) fence { return fence{"app.tenant_id", t.String()} }

var allTenants = fence{"app.all_tenants", "on"}

const setFence = "select set_config($1, $2, true)"

// single runs each statement as its own transaction. A pipeline up to its Sync is one implicit
// transaction, so the fence, the statement and the commit share one round trip.
type single struct {
	pool  *pgxpool.Pool
	fence fence
}

func (s single) send(ctx context.Context, sql string, args []any) *pipeline {
	b := &pgx.Batch{}
	b.Queue(setFence, s.fence.name, s.fence.value)
	b.Queue(sql, args...)
	return &pipeline{results: s.pool.SendBatch(ctx, b), skip: 1}
}

func (s single) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return s.send(ctx, sql, args).exec()
}

func (s single) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return s.send(ctx, sql, args).query()
}

func (s single) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return s.send(ctx, sql, args)
}

// pipeline is a batch under way: skip statements come before the one whose answer is wanted.
type pipeline struct {
	results pgx.BatchResults
	skip    int
	done    func() // runs when all of it succeeded; may be nil
}

func (p *pipeline) advance() error {
	for ; p.skip > 0; p.skip-- {
		if _, err := p.results.Exec(); err != nil {
			return err
		}
	}
	return nil
}

// close ends the pipeline: for a single statement the commit happens here, so its error counts.
func (p *pipeline) close(err error) error {
	closeErr := p.results.Close()
	if err == nil {
		err = closeErr
	}
	if err == nil && p.done != nil {
		p.done()
	}
	return translate(err)
}

func (p *pipeline) exec() (pgconn.CommandTag, error) {
	err := p.advance()
	var tag pgconn.CommandTag
	if err == nil {
		tag, err = p.results.Exec()
	}
	return tag, p.close(err)
}

func (p *pipeline) query() (pgx.Rows, error) {
	if err := p.advance(); err != nil {
		return nil, p.close(err)
	}
	rows, err := p.results.Query()
	if err != nil {
		return nil, p.close(err)
	}
	return &pipelineRows{Rows: rows, pipeline: p}, nil
}

// Scan makes the pipeline a pgx.Row.
func (p *pipeline) Scan(dest ...any) error {
	err := p.advance()
	if err == nil {
		err = p.results.QueryRow().Scan(dest...)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		// The statement ran; its transaction still has to commit.
		if err := p.close(nil); err != nil {
			return err
		}
		return ErrNotFound
	}
	return p.close(err)
}

type pipelineRows struct {
	pgx.Rows
	pipeline *pipeline
	closed   bool
	err      error
}

func (r *pipelineRows) Close() {
	r.Rows.Close()
	if !r.closed {
		r.closed = true
		r.err = r.pipeline.close(r.Rows.Err())
	}
}

func (r *pipelineRows) Err() error {
	r.Close()
	return r.err
}
