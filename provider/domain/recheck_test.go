package domain_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/riverqueue/river"

	"sallyport/provider/domain"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
)

const day = 24 * time.Hour

func TestR17DomainIsLostAfterThreeDaysWithoutItsRecord(t *testing.T) {
	t.Parallel()
	for name, rcode := range map[string]int{"no such name": dns.RcodeNameError, "no such record": dns.RcodeSuccess} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.proven(w.tenant, "acme.example")
			w.zone.nothing(rcode)
			for n, holds := range []bool{true, true, true, false, false} {
				w.pass(day)
				w.daily()
				if d := w.stored(w.tenant, "acme.example"); w.holds(w.tenant, "acme.example") != holds || !d.Absent.Equal(start.Add(day)) || !d.Checked.Equal(w.clock()) {
					t.Errorf("day %d: %+v", n+1, d)
				}
			}
			if w.events(audit.DomainLost, "acme.example", "system") != 1 {
				t.Error("the loss is not on record once")
			}
		})
	}
}

func TestDomainIsLostAtSeventyTwoHoursAndNotBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.proven(w.tenant, "acme.example")
	w.zone.nothing(dns.RcodeNameError)
	for _, row := range []struct {
		pass  time.Duration
		holds bool
	}{{0, true}, {72*time.Hour - time.Microsecond, true}, {time.Microsecond, false}} {
		w.pass(row.pass)
		if seen, err := w.check(w.tenant, "acme.example"); !errors.Is(err, domain.ErrAbsent) || (seen.Proven != nil) != row.holds || w.holds(w.tenant, "acme.example") != row.holds {
			t.Errorf("%s later: %+v, %v", row.pass, seen, err)
		}
	}
}

// A record that comes back begins the three days anew; a server that fails neither begins nor ends them.
func TestOnlyDefiniteAbsenceCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.proven(w.tenant, "acme.example")
	for n, there := range []string{"no", "no", "yes", "no", "fails", "fails", "fails", "fails"} {
		switch there {
		case "yes":
			w.publish(d)
		case "no":
			w.zone.nothing(dns.RcodeNameError)
		default:
			w.zone.nothing(dns.RcodeServerFailure)
		}
		w.pass(day)
		w.daily()
		if !w.holds(w.tenant, "acme.example") {
			t.Fatalf("lost on day %d", n+1)
		}
	}
	w.zone.nothing(dns.RcodeNameError)
	w.daily()
	if w.holds(w.tenant, "acme.example") {
		t.Error("absent at the first and the last look of four days, and still proven")
	}
}

func TestDailyLookProvesWhatIsPendingOrWasLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.add(w.tenant, "acme.example")
	w.daily()
	if w.holds(w.tenant, "acme.example") {
		t.Fatal("proven by nothing")
	}
	w.publish(d)
	w.pass(day)
	w.daily()
	if !w.holds(w.tenant, "acme.example") || w.events(audit.DomainProven, "acme.example", "system") != 1 {
		t.Error("the record was not found")
	}
	w.zone.nothing(dns.RcodeNameError)
	for range 5 {
		w.pass(day)
		w.daily()
	}
	w.publish(d)
	w.pass(day)
	w.daily()
	if back := w.stored(w.tenant, "acme.example"); !w.holds(w.tenant, "acme.example") || back.Absent != nil {
		t.Errorf("%+v", back)
	}
}

// A domain whose owner lost it, or that is another's, does not stop the look at the next.
func TestDailyLookReachesEveryTenantAndDisabledOnes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	globex, initech := w.another("globex"), w.another("initech")
	ours := w.proven(w.tenant, "acme.example")
	theirs := w.add(globex, "acme.example")
	gone := w.proven(initech, "initech.example")
	w.must(w.store.Tenant(initech).SetTenantDisabled(ctx, db.SetTenantDisabledParams{TenantID: initech, Disabled: true}))
	pending := w.add(globex, "zzz.example")
	w.zone.set(func(q dns.Question) (int, []dns.RR) {
		for _, d := range []domain.Domain{ours, theirs, pending} {
			if host, value := domain.Record(d.Name, d.Challenge); q.Name == host+"." && d.Challenge != ours.Challenge {
				return dns.RcodeSuccess, []dns.RR{&dns.TXT{Hdr: header(q.Name, dns.TypeTXT), Txt: []string{value}}}
			}
		}
		return dns.RcodeNameError, nil
	})
	for range 5 {
		w.pass(day)
		w.daily()
	}
	if w.holds(initech, gone.Name) || !w.holds(globex, "zzz.example") {
		t.Error("a tenant was left out")
	}
	// Once the owner before has lost it, whoever has it now is found.
	if w.holds(w.tenant, "acme.example") || !w.holds(globex, "acme.example") {
		t.Error("the domain did not pass on")
	}
}

func TestDailyLookSparesWhatWasJustLookedAt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.proven(w.tenant, "acme.example")
	w.pass(time.Hour)
	w.daily()
	if asked, _ := w.zone.counts(); asked["_sallyport-challenge.acme.example."] != 1 {
		t.Errorf("asked %v", asked)
	}
}

func TestDailyLookGoesOnBehindItsFirstPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const many = 503 // more than a page
	admin := w.database.Admin(t)
	for n := range many {
		_, err := admin.Exec(ctx, "INSERT INTO domains (tenant_id, name, challenge, created_at) VALUES ($1, $2, 'x', $3)", w.tenant.UUID, fmt.Sprintf("d%03d.example", n), start)
		w.must(err)
	}
	w.daily()
	if asked, _ := w.zone.counts(); len(asked) != many {
		t.Errorf("asked for %d of %d", len(asked), many)
	}
}

func TestDailyLookSaysWhenTheDNSFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add(w.tenant, "acme.example")
	w.zone.nothing(dns.RcodeServerFailure)
	var log strings.Builder
	worker := &domain.Worker{Checker: w.checker, Log: slog.New(slog.NewTextHandler(&log, nil))}
	w.must(worker.Work(ctx, nil))
	if !strings.Contains(log.String(), "level=WARN") || !strings.Contains(log.String(), "domains=1") {
		t.Errorf("logged %q", log.String())
	}
}

// A database that is gone is an error: river tries again.
func TestA13DailyLookFailsWithTheDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.checker.Store = w.database.Open(t)
	w.checker.Store.Close()
	worker := &domain.Worker{Checker: w.checker, Log: slog.New(slog.DiscardHandler)}
	if err := worker.Work(ctx, nil); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

// observed tells when the job is done.
type observed struct {
	domain.Worker
	done chan error
}

func (o *observed) Work(ctx context.Context, job *river.Job[domain.Job]) error {
	err := o.Worker.Work(ctx, job)
	o.done <- err
	return err
}

// The schedule, run as the server runs it.
func TestScheduleLooksAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publish(w.add(w.tenant, "acme.example"))
	worker := &observed{domain.Worker{Checker: w.checker, Log: slog.New(slog.DiscardHandler)}, make(chan error, 1)}
	workers := river.NewWorkers()
	river.AddWorker(workers, worker)
	running, stop := context.WithTimeout(ctx, 30*time.Second)
	defer stop()
	stopped := make(chan error, 1)
	go func() {
		stopped <- w.store.Work(running, slog.New(slog.DiscardHandler), workers, []*river.PeriodicJob{domain.RecheckDaily()})
	}()
	select {
	case err := <-worker.done:
		w.must(err)
	case <-running.Done():
		t.Error("nobody looked")
	}
	stop()
	w.must(<-stopped)
	if !w.holds(w.tenant, "acme.example") {
		t.Error("not proven")
	}
}
