package explain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/attempt"
	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// Question supposes a sign-in.
type Question struct {
	User id.User
	// Client is the application; empty for a page of ours.
	Client string
	// Connection is where the person signs in; zero: with a password here. Evidence is what it is supposed to say.
	Connection id.Connection
	Evidence   mfa.Upstream
	// Address is where the person is; the zero one is unknown, and rules by network then apply.
	Address netip.Addr
	// At is when; zero: now.
	At time.Time
	// Level is what the application asks for, without insisting.
	Level mfa.Level
	// Policy is the one to judge by; nil: the one in force.
	Policy *policy.Policy
}

// WhatIf judges the first proof of the question on the person as they are now, and says what would follow on each way on
// that is offered. Errors: storage.ErrNotFound for somebody unknown, or of storage.
func WhatIf(ctx context.Context, s *storage.Store, t id.Tenant, q Question, now time.Time) (Verdict, error) {
	if q.At.IsZero() {
		q.At = now
	}
	d := s.Tenant(t)
	row, err := d.FactsOfPerson(ctx, db.FactsOfPersonParams{TenantID: t, ID: q.User})
	if err != nil {
		return Verdict{}, fmt.Errorf("read person: %w", err)
	}
	a, err := q.attempt(t, row)
	if err != nil {
		return Verdict{}, fmt.Errorf("decode person: %w", err)
	}
	names, err := connections(ctx, d, t)
	if err != nil {
		return Verdict{}, err
	}
	v := q.answer(a, names)
	if q.Policy == nil && a.Policy != nil {
		if v.Policy, err = version(ctx, d, t, a.Policy.Version); err != nil {
			return Verdict{}, err
		}
	}
	v.Sentences = v.tell(v.tokens(), q.unable(a, row.HasPassword, names), v.followed(names.of(q.Connection)))
	if q.Policy != nil {
		v.Sentences = append(v.Sentences, say("policy_draft"))
	}
	return v, nil
}

// attempt is a sign-in in which nothing but the first proof was shown.
func (q Question) attempt(t id.Tenant, row db.FactsOfPersonRow) (*attempt.Attempt, error) {
	a := &attempt.Attempt{Tenant: t, TenantLive: !row.TenantDisabled, Purpose: attempt.Authorize, ClientID: q.Client, Address: q.Address, User: &q.User,
		Request: attempt.Request{Level: q.Level}, Policy: q.policy(row), Person: attempt.Person{Known: true, Disabled: row.Disabled, Service: row.Service,
			Email: row.Email, EmailConfirmed: row.EmailConfirmedAt != nil, Role: row.Role, PasswordByMail: row.PasswordByMail,
			BackupCodes: make([][]byte, row.BackupCodes), Skips: int(row.EnrolSkips), EnrolUntil: row.EnrolUntil}}
	err := errors.Join(json.Unmarshal(row.Factors, &a.Person.Factors), json.Unmarshal(row.AccessCodes, &a.Person.AccessCodes),
		json.Unmarshal(row.Identities, &a.Person.Identities))
	a.Facts.Proofs = []mfa.Proof{q.first(a.Person)}
	return a, err
}

// policy is nil for one that cannot be read: the judge then refuses.
func (q Question) policy(row db.FactsOfPersonRow) *policy.Policy {
	if q.Policy != nil {
		p := *q.Policy
		p.Version = int(row.PolicyVersion)
		return &p
	}
	p, err := policy.Parse(int(row.PolicyVersion), row.Policy)
	if err != nil {
		return nil
	}
	return &p
}

// first is the supposed proof, through the link that the person has; without one it will not stand.
func (q Question) first(p attempt.Person) mfa.Proof {
	if q.Connection.IsZero() {
		return mfa.Proof{Kind: mfa.Password, At: q.At, Mailbox: p.PasswordByMail}
	}
	u := q.Evidence
	u.Connection = q.Connection
	for _, i := range p.Identities {
		if i.Connection == q.Connection && u.Identity.IsZero() {
			u.Identity = i.ID
		}
	}
	return mfa.Proof{Kind: mfa.Federated, At: q.At, Upstream: u}
}

func (q Question) answer(a *attempt.Attempt, n names) Verdict {
	f := a.Case(q.At)
	d := policy.Decide(f)
	v := Verdict{Outcome: d.Outcome(), Rule: d.Rule, Why: d.Why, Shadowed: d.Shadowed, Waived: d.Waived, Required: d.Required.ACR(), Reached: d.Reached.ACR(),
		Demand: q.Level.ACR(), AMR: mfa.AMR(d.Counted), Exempt: d.Exempt, Then: follow(f, d)}
	proofs := f.Proofs
	if f.Policy != nil {
		proofs = f.Policy.Weighed(proofs)
	}
	v.Proofs = n.shown(proofs)
	return v
}

// unable is why the first proof itself cannot be, or who is bound by nothing.
func (q Question) unable(a *attempt.Attempt, password bool, n names) []Sentence {
	linked := slices.ContainsFunc(a.Person.Identities, func(i policy.Identity) bool { return i.Connection == q.Connection })
	federated := !q.Connection.IsZero()
	glass := a.Policy != nil && slices.Contains(a.Policy.BreakGlass, q.User)
	var out []Sentence
	switch {
	case federated && !linked:
		out = append(out, say("not_linked", "Connection", n.of(q.Connection)))
	case !federated && !password:
		out = append(out, say("no_password"))
	case !federated && !glass && a.Policy != nil && a.Policy.NoPasswords:
		out = append(out, say("no_passwords"))
	}
	if glass {
		out = append(out, say("break_glass"))
	}
	return out
}
