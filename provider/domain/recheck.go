package domain

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"golang.org/x/sync/errgroup"

	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

const (
	// fresh is how old a look may be for the next to be spared: a restart does not ask the whole world again.
	fresh = 12 * time.Hour
	// together is how many name servers are waited for at a time.
	together = 8
)

// Job asks for one look at every domain of every tenant, proven or not, that was not looked at in the last hours.
type Job struct{}

// Kind names the job in the queue.
func (Job) Kind() string { return "domain.recheck" }

// RecheckDaily is the schedule, beginning at once.
func RecheckDaily() *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(24*time.Hour),
		func() (river.JobArgs, *river.InsertOpts) { return Job{}, nil }, &river.PeriodicJobOpts{RunOnStart: true})
}

// Worker does the job. A domain whose record is missed at every look for 72 hours is lost.
type Worker struct {
	river.WorkerDefaults[Job]
	Checker
	Log *slog.Logger
}

// Timeout implements river.Worker: name servers that do not answer take their time.
func (w *Worker) Timeout(*river.Job[Job]) time.Duration { return 6 * time.Hour }

// Work implements river.Worker. Errors are of storage; a look that failed is none, and is made again the next day.
func (w *Worker) Work(ctx context.Context, _ *river.Job[Job]) error {
	due := db.DomainsDueAllTenantsParams{Before: w.Now().Add(-fresh), AfterTenant: id.Lobby.UUID}
	for {
		rows, err := w.Store.AllTenants().DomainsDueAllTenants(ctx, due)
		if err != nil {
			return fmt.Errorf("list domains: %w", err)
		}
		if len(rows) == 0 {
			return nil
		}
		if err := w.all(ctx, rows); err != nil {
			return err
		}
		last := rows[len(rows)-1]
		due.AfterTenant, due.AfterName = last.TenantID.UUID, last.Name
	}
}

func (w *Worker) all(ctx context.Context, rows []db.Domain) error {
	var silent atomic.Int64
	group, looking := errgroup.WithContext(ctx)
	group.SetLimit(together)
	for _, row := range rows {
		group.Go(func() error {
			_, err := w.check(looking, row, audit.System, audit.Origin{})
			switch {
			case errors.Is(err, ErrUnreachable):
				silent.Add(1)
				return looking.Err() // nil, unless we are being stopped
			case errors.Is(err, ErrAbsent), errors.Is(err, ErrTaken), errors.Is(err, storage.ErrNotFound):
				return nil
			}
			return err
		})
	}
	err := group.Wait()
	if n := silent.Load(); n > 0 && err == nil {
		w.Log.WarnContext(ctx, "domains could not be looked up", "domains", n, "of", len(rows))
	}
	return err
}
