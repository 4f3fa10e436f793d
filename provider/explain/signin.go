package explain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sallyport/provider/attempt"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// SignIn explains a past sign-in, finished or refused, by its event. Errors: storage.ErrNotFound for an event that is none,
// or of storage.
func SignIn(ctx context.Context, s *storage.Store, t id.Tenant, e id.Event) (Explained, error) {
	q := s.Tenant(t)
	row, err := q.SignIn(ctx, db.SignInParams{TenantID: t, ID: e})
	if err != nil {
		return Explained{}, fmt.Errorf("read sign-in: %w", err)
	}
	told := read(row.Detail)
	out := Explained{Event: row.ID, At: row.At, User: row.TargetID, Email: row.Email, Address: row.Address, RequestID: row.RequestID, Attempt: told.Attempt,
		Session: told.Session, Purpose: told.Purpose, Client: told.Client, Report: told.Report, Verdict: verdict(told, row.Kind)}
	if out.Policy, err = version(ctx, q, t, told.Policy); err != nil {
		return Explained{}, err
	}
	names, err := connections(ctx, q, t)
	if err != nil {
		return Explained{}, err
	}
	out.Proofs = names.shown(told.Proofs)
	out.Sentences = out.tell(out.tokens(), out.watched())
	return out, nil
}

// List is the newest hundred sign-ins of a person, or of everybody for nil, newest first.
func List(ctx context.Context, s *storage.Store, t id.Tenant, person *id.User) ([]Row, error) {
	of := ""
	if person != nil {
		of = person.String()
	}
	events, err := s.Tenant(t).ListSignIns(ctx, db.ListSignInsParams{TenantID: t, Person: of})
	if err != nil {
		return nil, fmt.Errorf("list sign-ins: %w", err)
	}
	rows := make([]Row, len(events))
	for i, e := range events {
		told := read(e.Detail)
		v := verdict(told, e.Kind)
		rows[i] = Row{e.ID, e.At, e.TargetID, e.Email, e.Address, told.Client, v.Outcome, v.Rule, v.Why, v.Reached}
	}
	return rows, nil
}

// read takes what it understands: the record outlives the versions that wrote it, and half an explanation is better than
// none.
func read(detail []byte) attempt.Told {
	var told attempt.Told
	_ = json.Unmarshal(detail, &told)
	return told
}

func verdict(told attempt.Told, kind string) Verdict {
	v := Verdict{Outcome: policy.LetIn, Rule: told.Rule, Why: told.Why, Shadowed: told.Shadowed, Waived: told.Waived, Required: told.Required,
		Reached: told.ACR, Demand: told.Demand, AMR: told.AMR, Exempt: told.Exempt}
	if kind == string(audit.SignInRefused) {
		v.Outcome = policy.TurnedAway
	}
	return v
}

func version(ctx context.Context, q *db.Queries, t id.Tenant, number int) (Version, error) {
	v := Version{Number: number}
	row, err := q.PolicyVersion(ctx, db.PolicyVersionParams{TenantID: t, Version: int32(number)})
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return v, fmt.Errorf("read policy version: %w", err)
	}
	v.Author, v.Since = row.Author, row.CreatedAt
	return v, nil
}

type names map[id.Connection]string

func connections(ctx context.Context, q *db.Queries, t id.Tenant) (names, error) {
	rows, err := q.NamesOfConnections(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", err)
	}
	out := names{}
	for _, r := range rows {
		out[r.ID] = r.Name
	}
	return out, nil
}

func (n names) shown(proofs []mfa.Proof) []Shown {
	var out []Shown
	for _, p := range proofs {
		out = append(out, Shown{p, n.of(p.Upstream.Connection)})
	}
	return out
}

// of is the identifier where the name is gone.
func (n names) of(c id.Connection) string {
	switch name, known := n[c]; {
	case known:
		return name
	case c.IsZero():
		return ""
	}
	return c.String()
}
