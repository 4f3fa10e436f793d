package explain_test

import (
	"errors"
	"reflect"
	"sallyport/provider/attempt"
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/explain"
	"sallyport/provider/tenant"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

func stricter() policy.Policy {
	p := policy.Default()
	p.SecondFactor = policy.Required
	return p
}

func (w *world) begin(p policy.Policy) error {
	return explain.BeginReport(ctx, w.Store, w.acme, p, audit.User(w.boss), &w.boss, audit.Origin{}, now)
}

func (w *world) count() explain.Report {
	w.t.Helper()
	r, err := explain.Count(ctx, w.Store, w.acme)
	w.must(err)
	return r
}

func (w *world) enforce(r id.Report, seen int) error {
	return explain.Enforce(ctx, w.Store, w.acme, r, seen, audit.User(w.boss), &w.boss, audit.Origin{}, now.Add(time.Hour))
}

func (w *world) end(r id.Report) error {
	return explain.EndReport(ctx, w.Store, w.acme, r, audit.User(w.boss), audit.Origin{}, now.Add(time.Hour))
}

func TestReportCountsSignInsAndPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.begin(stricter()))
	r := w.count()
	if len(r.Rows) != 0 || !r.Since.Equal(now) || r.Policy.SecondFactor != policy.Required || r.Policy.Version != 1 {
		t.Fatalf("report %+v", r)
	}
	for n, e := range []struct {
		kind          audit.Kind
		who           id.User
		report        id.Report
		before, after policy.Outcome
	}{
		{audit.SignInDone, w.alice, r.ID, policy.LetIn, policy.MustEnrol}, {audit.SignInDone, w.alice, r.ID, policy.LetIn, policy.MustEnrol},
		{audit.SignInDone, w.boss, r.ID, policy.LetIn, policy.MustEnrol}, {audit.SignInDone, w.boss, r.ID, policy.LetIn, policy.MustEnrol},
		{audit.SignInDone, w.boss, r.ID, policy.LetIn, policy.MustEnrol},
		{audit.SignInDone, w.alice, r.ID, policy.Asked, policy.Asked}, {audit.SignInDone, w.alice, r.ID, policy.Asked, policy.Asked},
		{audit.SignInDone, w.alice, r.ID, policy.Asked, policy.TurnedAway},
		{audit.SignInRefused, w.boss, r.ID, policy.TurnedAway, policy.MustEnrol},
		{audit.SignInDone, w.alice, id.NewReport(), policy.LetIn, policy.TurnedAway}, // another report
		{audit.PasswordFailed, w.alice, r.ID, policy.LetIn, policy.TurnedAway},       // no sign-in
		{audit.SignInDone, w.alice, id.Report{}, "", ""},                             // before there was any
	} {
		detail := attempt.Told{Report: &attempt.Watched{ID: e.report, Before: e.before, After: e.after}}
		if e.report.IsZero() {
			detail.Report = nil
		}
		w.record(e.kind, e.who, now.Add(time.Duration(n)*time.Second), detail)
	}
	want := []explain.Difference{{policy.LetIn, policy.MustEnrol, 5, 2}, {policy.Asked, policy.Asked, 2, 1}, {policy.Asked, policy.TurnedAway, 1, 1},
		{policy.TurnedAway, policy.MustEnrol, 1, 1}}
	if got := w.count().Rows; !reflect.DeepEqual(got, want) {
		t.Errorf("rows %+v, want %+v", got, want)
	}
}

func TestOneReportAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := explain.Count(ctx, w.Store, w.acme); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("none: %v", err)
	}
	broken := stricter()
	broken.SecondFactor = "sometimes"
	if err := w.begin(broken); !errors.Is(err, policy.ErrInvalid) {
		t.Errorf("broken: %v", err)
	}
	w.must(w.begin(stricter()))
	r := w.count()
	if err := w.begin(policy.Default()); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("a second one: %v", err)
	}
	if err := w.end(id.NewReport()); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("ending another: %v", err)
	}
	w.must(w.end(r.ID))
	if err := w.end(r.ID); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("ending it twice: %v", err)
	}
	w.must(w.begin(policy.Default()))
	if w.count().ID == r.ID {
		t.Error("the old one lives on")
	}
	w.recorded(map[audit.Kind]int{audit.ReportBegun: 2, audit.ReportEnded: 1, audit.PolicyChanged: 0})
}

// recorded: what was refused left no event.
func (w *world) recorded(want map[audit.Kind]int) {
	w.t.Helper()
	for kind, n := range want {
		var got int
		w.must(w.admin.QueryRow(ctx, "SELECT count(*) FROM audit_events WHERE kind = $1", string(kind)).Scan(&got))
		if got != n {
			w.t.Errorf("%d events %s, want %d", got, kind, n)
		}
	}
}

func TestEnforcePutsTheWatchedPolicyInForce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.begin(stricter()))
	r := w.count()
	w.must(w.enforce(r.ID, r.Policy.Version))
	p, err := tenant.CurrentPolicy(ctx, w.Store, w.acme)
	if err != nil || p.Version != 2 || p.SecondFactor != policy.Required {
		t.Errorf("policy %+v, %v", p, err)
	}
	if _, err := explain.Count(ctx, w.Store, w.acme); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("it is watched still: %v", err)
	}
	if err := w.enforce(r.ID, 2); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("again: %v", err)
	}
	w.recorded(map[audit.Kind]int{audit.ReportBegun: 1, audit.ReportEnded: 1, audit.PolicyChanged: 1})
}

func TestEnforceIsBothOrNeither(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.begin(stricter()))
	r := w.count()
	w.setPolicy(func(p *policy.Policy) { p.EnrolWithPassword = false })
	for name, err := range map[string]error{"another version meanwhile": w.enforce(r.ID, r.Policy.Version), "another report": w.enforce(id.NewReport(), 2)} {
		if !errors.Is(err, storage.ErrConflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p, err := tenant.CurrentPolicy(ctx, w.Store, w.acme); err != nil || p.Version != 2 || p.SecondFactor == policy.Required {
		t.Errorf("policy %+v, %v", p, err)
	}
	if w.count().ID != r.ID {
		t.Error("the report ended")
	}
	w.recorded(map[audit.Kind]int{audit.ReportEnded: 0, audit.PolicyChanged: 1})
}
