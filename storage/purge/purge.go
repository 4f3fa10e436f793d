// Package purge deletes what nobody can use or ask about any more.
//
// It owns how long each kind of row is kept after its end, and the job that deletes it; what a row means is
// its noun's. It deletes no person, no factor, no identity and no audit event. The command line runs its worker beside the
// others, and any number of instances may.
package purge

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"sallyport/storage"
	"sallyport/storage/db"
)

const day = 24 * time.Hour

// batch is the LIMIT of the queries: short transactions, whose locks nobody waits for.
const batch = 5000

// rules say for how long rows are kept: used codes and refresh tokens so that a replay is still known as one,
// the rest so that a person who asks "what was that yesterday" gets an answer.
var rules = []struct {
	what string
	keep time.Duration
	run  func(*db.Queries, context.Context, time.Time) (int64, error)
}{
	{"sign-in attempts", day, (*db.Queries).PurgeAttemptsAllTenants},
	{"codes and refresh tokens", day, (*db.Queries).PurgeSingleUseAllTenants},
	{"access tokens", time.Hour, (*db.Queries).PurgeAccessTokensAllTenants},
	{"grants", day, (*db.Queries).PurgeGrantsAllTenants},
	// No policy lets a session live for more than 90 days; the query goes by its beginning.
	{"sessions", 90*day + day, (*db.Queries).PurgeSessionsAllTenants},
	{"trusted devices", 30 * day, (*db.Queries).PurgeDevicesAllTenants},
	{"messages", 90 * day, (*db.Queries).PurgeMessagesAllTenants},
	{"throttle counters", 30 * day, (*db.Queries).PurgeThrottleAllTenants},
	// Only those that nobody watches any more.
	{"reports", 90 * day, (*db.Queries).PurgeReportsAllTenants},
}

// Run deletes in batches all that has been kept for its time at now, and returns how many rows that were.
// Errors are of storage; what was deleted before one stays deleted.
func Run(ctx context.Context, s *storage.Store, now time.Time) (rows int64, err error) {
	for _, rule := range rules {
		for n := int64(batch); n >= batch; rows += n {
			if n, err = rule.run(s.AllTenants(), ctx, now.Add(-rule.keep)); err != nil {
				return rows, fmt.Errorf("purge %s: %w", rule.what, err)
			}
		}
	}
	return rows, nil
}

// Job asks for one run.
type Job struct{}

// Kind names the job in the queue.
func (Job) Kind() string { return "storage.purge" }

// Worker does the job.
type Worker struct {
	river.WorkerDefaults[Job]
	Store *storage.Store
	Now   func() time.Time
}

// Work implements river.Worker.
func (w *Worker) Work(ctx context.Context, _ *river.Job[Job]) error {
	_, err := Run(ctx, w.Store, w.Now())
	return err
}

// Timeout implements river.Worker: a neglected database takes longer than river's minute.
func (w *Worker) Timeout(*river.Job[Job]) time.Duration { return 30 * time.Minute }

// Hourly is the schedule, beginning at once.
func Hourly() *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(time.Hour),
		func() (river.JobArgs, *river.InsertOpts) { return Job{}, nil }, &river.PeriodicJobOpts{RunOnStart: true})
}
