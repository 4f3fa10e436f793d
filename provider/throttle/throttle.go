// Package throttle counts tries, so that guessing takes longer than anybody has, and messages, so that nobody is
// flooded with them or earns by them.
//
// It owns the counters and what they allow. One mechanism for every authenticator and every
// source: a try is taken, in a transaction of its own, before anything is verified; parallel tries
// queue on one row and cannot see the same count. Nothing but a success of the very authenticator
// resets its counter: no resend, restart, new attempt or other factor (gauntlet B01, B06). Messages are
// capped apart from tries, and nothing resets those counts (J05, J06). Callers are the steps of provider/signin,
// whoever queues a code or a link, and provider/notify for its notices.
package throttle

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"sallyport/mfa"
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
	// A block serves several offices, and is what somebody who sprays rents.
	network = limit{free: 600, spent: 1 << 30, first: 30 * time.Second, longest: 15 * time.Minute, forget: 15 * time.Minute}
)

// Factor counts tries at one enrolled authenticator.
func Factor(f id.Factor) Counter { return Counter{"factor:" + f.String(), authenticator} }

// Recovery counts tries at the person's codes of one kind, which are one authenticator together. Like every counter
// of an authenticator it is named factor:, so that it is kept.
func Recovery(k mfa.Kind, u id.User) Counter {
	return Counter{"factor:" + string(k) + ":" + u.String(), authenticator}
}

// Password counts tries at an identifier in its canonical form, whether it has an account or
// not, so that the answer is the same for both.
func Password(identifier string) Counter {
	h := sha256.Sum256([]byte(identifier))
	return Counter{"password:" + base64.RawURLEncoding.EncodeToString(h[:]), account}
}

// Known counts tries at the password of a trusted device's owner from that device, whose secret nobody else has.
func Known(d id.Device) Counter { return Counter{"password:device:" + d.String(), account} }

// Source counts tries from a client address; an IPv6 customer is a /64.
func Source(a netip.Addr) Counter { return Counter{"source:" + around(a, 32, 64), source} }

// Network counts tries from the block that a client address is in: who sprays one password over many names has more
// than one address (gauntlet J08).
func Network(a netip.Addr) Counter { return Counter{"network:" + around(a, 24, 48), network} }

func around(a netip.Addr, bits4, bits6 int) string {
	// An IPv4 address in IPv6 form must not share one /64 with all the others.
	a = a.Unmap()
	bits := bits4
	if a.Is6() {
		bits = bits6
	}
	p, err := a.Prefix(bits)
	if err != nil {
		p = netip.Prefix{} // no address known: all such share one counter
	}
	return p.String()
}

// ErrTooMany says that a try was refused; RetryAfter says for how long.
var ErrTooMany = errors.New("too many tries")

// Refused is the error of a refused try. It wraps ErrTooMany.
type Refused struct {
	wait time.Duration
	// Spent says that the authenticator took all the failures it ever may and must be bound again.
	Spent bool
	// What says which cap refused a message; empty for a try.
	What string
}

func (r *Refused) Error() string { return fmt.Sprintf("%v: wait %v", ErrTooMany, r.wait) }

// Unwrap makes errors.Is(err, ErrTooMany) true.
func (r *Refused) Unwrap() error { return ErrTooMany }

// Wait refuses for that long without counting anything.
func Wait(d time.Duration) error { return &Refused{wait: d} }

// RetryAfter is how long to wait before the next try.
func (r *Refused) RetryAfter() time.Duration { return r.wait }

// Take counts one try at each counter and reports whether it may be verified: only when every counter
// allows it. Errors are *Refused, or of storage; on either nothing may be verified. blocks says that
// this was the last free try of a counter: when it fails, somebody should hear of it. One round trip.
func Take(ctx context.Context, s *storage.Store, t id.Tenant, now time.Time, counters ...Counter) (blocks bool, err error) {
	taken, err := TakeEach(ctx, s, t, now, counters...)
	if err == nil {
		err = taken.Refused
	}
	return taken.Blocks && err == nil, err
}

// Taken is what each of several counters said.
type Taken struct {
	Allowed []bool
	// Blocks is that of Take; Refused is the first refusal, nil when all allowed the try.
	Blocks  bool
	Refused error
}

// TakeEach is Take where each counter speaks for an authenticator of its own: what one of them refuses may not be
// verified against that one, and is no reason to refuse the others (gauntlet J03). Errors are *Refused when none allows
// it, or of storage.
func TakeEach(ctx context.Context, s *storage.Store, t id.Tenant, now time.Time, counters ...Counter) (Taken, error) {
	rows, err := s.Tenant(t).TakeTries(ctx, params(t, now, counters))
	if err != nil {
		return Taken{}, fmt.Errorf("take a try: %w", err)
	}
	if len(rows) != len(counters) {
		return Taken{}, fmt.Errorf("take a try: %d answers for %d counters", len(rows), len(counters))
	}
	taken := Taken{Allowed: make([]bool, len(rows))}
	for i, row := range rows {
		taken.Allowed[i] = row.Allowed
		taken.Blocks = taken.Blocks || row.Allowed && row.Failures == counters[i].limit.free
		if !row.Allowed && taken.Refused == nil {
			taken.Refused = counters[i].refusal(row, now)
		}
	}
	if !slices.Contains(taken.Allowed, true) {
		return taken, taken.Refused
	}
	return taken, nil
}

func params(t id.Tenant, now time.Time, counters []Counter) db.TakeTriesParams {
	p := db.TakeTriesParams{TenantID: t.UUID, Now: now}
	for _, c := range counters {
		p.Names = append(p.Names, c.name)
		p.Free, p.Spent = append(p.Free, c.limit.free), append(p.Spent, c.limit.spent)
		p.FirstDelay = append(p.FirstDelay, int32(c.limit.first.Seconds()))
		p.MaxDelay = append(p.MaxDelay, int32(c.limit.longest.Seconds()))
		p.ForgetBefore = append(p.ForgetBefore, now.Add(-c.limit.forget))
	}
	return p
}

func (c Counter) refusal(row db.TakeTriesRow, now time.Time) error {
	if row.Failures >= c.limit.spent {
		return &Refused{wait: c.limit.longest, Spent: true}
	}
	return &Refused{wait: max(row.BlockedUntil.Sub(now), time.Second)}
}

// Forget resets the counter of what succeeded, in the transaction that records the success.
func Forget(ctx context.Context, tx *storage.Tx, t id.Tenant, c Counter) error {
	return tx.Later().ForgetTries(ctx, db.ForgetTriesParams{TenantID: t, Name: c.name})
}

// GiveBack takes the try back from a counter that stood beside a success: it was no failure, but
// its earlier failures stay.
func GiveBack(ctx context.Context, tx *storage.Tx, t id.Tenant, c Counter) error {
	return tx.Later().GiveBackTry(ctx, db.GiveBackTryParams{TenantID: t, Name: c.name})
}
