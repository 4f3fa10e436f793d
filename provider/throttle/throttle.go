// Package throttle counts tries, so that guessing takes longer than anybody has.
//
// It owns the counters and what they allow. One mechanism for every authenticator and every
// source: a try is taken, in a transaction of its own, before anything is verified; parallel tries
// queue on one row and cannot see the same count. Nothing but a success of the very authenticator
// resets its counter: no resend, restart, new attempt or other factor (gauntlet B01, B06). Callers
// are the steps of provider/signin.
package throttle

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// Counter names what is counted and how much of it is allowed.
type Counter struct {
	name  string
	limit limit
}

// limit: free tries without a wait, then a wait that doubles from first to longest; spent
// disables the authenticator until it is bound again. A counter older than forget starts over.
type limit struct {
	free, spent    int32
	first, longest time.Duration
	forget         time.Duration
}

var (
	// NIST SP 800-63B-4 3.2.2: at most 100 consecutive failures, then it must be bound again.
	authenticator = limit{free: 5, spent: 100, first: 30 * time.Second, longest: time.Hour, forget: 100 * 365 * 24 * time.Hour}
	// A person who forgot the password is slowed, never locked out for good (gauntlet J03).
	account = limit{free: 5, spent: 1 << 30, first: 30 * time.Second, longest: 15 * time.Minute, forget: 24 * time.Hour}
	// One address may serve a whole office, so it gets more; it exists against spraying (J08).
	source = limit{free: 60, spent: 1 << 30, first: 30 * time.Second, longest: 15 * time.Minute, forget: 15 * time.Minute}
)

// Factor counts tries at one enrolled authenticator.
func Factor(f id.Factor) Counter { return Counter{"factor:" + f.String(), authenticator} }

// Password counts tries at an identifier in its canonical form, whether it has an account or
// not, so that the answer is the same for both.
func Password(identifier string) Counter {
	h := sha256.Sum256([]byte(identifier))
	return Counter{"password:" + base64.RawURLEncoding.EncodeToString(h[:]), account}
}

// Source counts tries from a client address; an IPv6 customer is a /64.
func Source(a netip.Addr) Counter {
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		p = netip.Prefix{} // no address known: all such share one counter
	}
	return Counter{"source:" + p.String(), source}
}

// ErrTooMany says that a try was refused; RetryAfter says for how long.
var ErrTooMany = errors.New("too many tries")

// Refused is the error of a refused try. It wraps ErrTooMany.
type Refused struct {
	wait time.Duration
	// Spent says that the authenticator took all the failures it ever may and must be bound again.
	Spent bool
}

func (r *Refused) Error() string { return fmt.Sprintf("%v: wait %v", ErrTooMany, r.wait) }

// Unwrap makes errors.Is(err, ErrTooMany) true.
func (r *Refused) Unwrap() error { return ErrTooMany }

// RetryAfter is how long to wait before the next try.
func (r *Refused) RetryAfter() time.Duration { return r.wait }

// Take counts a try and reports whether it may be verified. Errors are *Refused, or of storage;
// on either nothing may be verified. One round trip.
func Take(ctx context.Context, s *storage.Store, t id.Tenant, c Counter, now time.Time) error {
	row, err := s.Tenant(t).TakeTry(ctx, db.TakeTryParams{
		TenantID: t, Name: c.name, Now: now, ForgetBefore: now.Add(-c.limit.forget), Free: c.limit.free,
		FirstDelaySeconds: int32(c.limit.first.Seconds()), MaxDelaySeconds: int32(c.limit.longest.Seconds()),
		MaxFailures: c.limit.spent,
	})
	if err != nil {
		return fmt.Errorf("take a try: %w", err)
	}
	if row.Allowed {
		return nil
	}
	return c.refusal(row, now)
}

func (c Counter) refusal(row db.TakeTryRow, now time.Time) error {
	r := &Refused{wait: c.limit.longest, Spent: row.Failures >= c.limit.spent}
	if row.BlockedUntil != nil && !r.Spent {
		r.wait = max(row.BlockedUntil.Sub(now), time.Second)
	}
	return r
}

// Forget resets the counter in the transaction that records the success.
func Forget(ctx context.Context, tx *storage.Tx, t id.Tenant, c Counter) error {
	return tx.Later().ForgetTries(ctx, db.ForgetTriesParams{TenantID: t, Name: c.name})
}
