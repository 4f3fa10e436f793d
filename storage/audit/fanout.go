package audit

import (
	"context"
	"fmt"

	"github.com/riverqueue/river"

	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// FanOut is the job that hands one recorded event to its consumers.
type FanOut struct {
	Tenant id.Tenant `json:"tenant"`
	Event  id.Event  `json:"event"`
}

// Kind names the job in the queue.
func (FanOut) Kind() string { return "audit.fan_out" }

// Consumer hears of events after they are committed, at least once each; it must bear repetition.
type Consumer func(context.Context, db.AuditEvent) error

// FanOutWorker reads the event and calls every consumer; an error has the job tried again.
type FanOutWorker struct {
	river.WorkerDefaults[FanOut]
	Store     *storage.Store
	Consumers []Consumer
}

// Work implements river.Worker.
func (w *FanOutWorker) Work(ctx context.Context, job *river.Job[FanOut]) error {
	e, err := w.Store.Tenant(job.Args.Tenant).EventByID(ctx, db.EventByIDParams{TenantID: job.Args.Tenant, ID: job.Args.Event})
	if err != nil {
		return fmt.Errorf("read event: %w", err)
	}
	for _, consume := range w.Consumers {
		if err := consume(ctx, e); err != nil {
			return fmt.Errorf("consume event %s: %w", e.Kind, err)
		}
	}
	return nil
}
