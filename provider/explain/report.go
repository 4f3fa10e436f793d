package explain

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/tenant"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// Report is a policy that is only watched, and what it would have done.
type Report struct {
	ID id.Report `json:"report"`
	// Policy is the one watched. Its Version is the one in force now, which it would follow.
	Policy policy.Policy `json:"policy"`
	Since  time.Time     `json:"since"`
	Rows   []Difference  `json:"rows"`
}

// Difference counts the sign-ins that met Before, and would have met After, at their first proof. A person who met several
// stands in several.
type Difference struct {
	Before  policy.Outcome `json:"before"`
	After   policy.Outcome `json:"after"`
	SignIns int            `json:"sign_ins"`
	People  int            `json:"people"`
}

// BeginReport watches a policy beside the one in force. Errors: policy.ErrInvalid, storage.ErrConflict when one is watched
// already.
func BeginReport(ctx context.Context, s *storage.Store, t id.Tenant, p policy.Policy, by audit.Actor, author *id.User, from audit.Origin, now time.Time) error {
	if err := p.Validate(); err != nil {
		return err
	}
	r := id.NewReport()
	err := s.InTenant(ctx, t, func(tx *storage.Tx) error {
		return errors.Join(
			tx.Later().CreateReport(ctx, db.CreateReportParams{TenantID: t, ID: r, Document: p.Encode(), CreatedAt: now, CreatedBy: author}),
			record(ctx, tx, t, audit.ReportBegun, r, by, from, now))
	})
	if err != nil {
		return fmt.Errorf("begin report: %w", err)
	}
	return nil
}

// EndReport stops watching; what was counted stays on record. Errors: storage.ErrConflict when the report is not the one
// that is watched.
func EndReport(ctx context.Context, s *storage.Store, t id.Tenant, r id.Report, by audit.Actor, from audit.Origin, now time.Time) error {
	err := s.InTenant(ctx, t, func(tx *storage.Tx) error { return end(ctx, tx, t, r, by, from, now) })
	if err != nil {
		return fmt.Errorf("end report: %w", err)
	}
	return nil
}

// Enforce puts the watched policy in force as the version after the one that the caller has seen, and stops watching it,
// both or neither. Errors: storage.ErrConflict when the report is not the one that is watched or somebody changed the policy
// meanwhile, policy.ErrInvalid.
func Enforce(ctx context.Context, s *storage.Store, t id.Tenant, r id.Report, seen int, by audit.Actor, author *id.User, from audit.Origin, now time.Time) error {
	err := s.InTenant(ctx, t, func(tx *storage.Tx) error {
		row, err := tx.Now().CurrentReport(ctx, t)
		if errors.Is(err, storage.ErrNotFound) || err == nil && row.ID != r {
			return &storage.Conflict{What: "report"}
		}
		if err != nil {
			return err
		}
		p, err := policy.Parse(seen, row.Document)
		if err != nil {
			return err
		}
		return errors.Join(tenant.WritePolicy(ctx, tx, t, p, by, author, from, now), end(ctx, tx, t, r, by, from, now))
	})
	if err != nil {
		return fmt.Errorf("enforce watched policy: %w", err)
	}
	return nil
}

func end(ctx context.Context, tx *storage.Tx, t id.Tenant, r id.Report, by audit.Actor, from audit.Origin, now time.Time) error {
	return errors.Join(tx.Later().EndReport(ctx, db.EndReportParams{TenantID: t, ID: r, Now: now}),
		record(ctx, tx, t, audit.ReportEnded, r, by, from, now))
}

func record(ctx context.Context, tx *storage.Tx, t id.Tenant, k audit.Kind, r id.Report, by audit.Actor, from audit.Origin, now time.Time) error {
	return audit.Record(ctx, tx, t, audit.Event{Kind: k, At: now, Actor: by, Target: audit.Target{Kind: "tenant", ID: t.String()}, Origin: from,
		Detail: map[string]any{"report": r}})
}

// Count is the report that is watched, with what it would have done so far. Errors: storage.ErrNotFound without one,
// policy.ErrInvalid, or of storage.
func Count(ctx context.Context, s *storage.Store, t id.Tenant) (Report, error) {
	q := s.Tenant(t)
	row, err := q.CurrentReport(ctx, t)
	if err != nil {
		return Report{}, fmt.Errorf("read report: %w", err)
	}
	current, err := q.CurrentPolicy(ctx, t)
	if err != nil {
		return Report{}, fmt.Errorf("read policy: %w", err)
	}
	p, err := policy.Parse(int(current.Version), row.Document)
	if err != nil {
		return Report{}, fmt.Errorf("read report: %w", err)
	}
	counts, err := q.CountReport(ctx, db.CountReportParams{TenantID: t, Report: row.ID.String(), Since: row.CreatedAt})
	if err != nil {
		return Report{}, fmt.Errorf("count report: %w", err)
	}
	out := Report{ID: row.ID, Policy: p, Since: row.CreatedAt, Rows: []Difference{}}
	for _, c := range counts {
		out.Rows = append(out.Rows, Difference{policy.Outcome(c.Before), policy.Outcome(c.After), int(c.Signins), int(c.People)})
	}
	return out, nil
}
