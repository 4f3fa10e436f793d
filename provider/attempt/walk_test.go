package attempt_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/attempt"
	"sallyport/provider/gate"
	"sallyport/storage/audit"
	"sallyport/storage/id"

	"sallyport/provider/user"
)

// walk is an attempt that things happen to in no sensible order.
type walk struct {
	*world
	o       open
	gate    gate.Gate
	rand    *rand.Rand
	clock   time.Time
	factors []id.Factor
	// at are the connections, by what the tenant says of them; who the person is there.
	at         []id.Connection
	identities map[id.Connection]id.Identity
}

// moves are all that can be written to an attempt, sense or nonsense, and what may happen beside it.
var moves = []func(*walk, *attempt.Attempt){
	func(_ *walk, a *attempt.Attempt) { a.Facts.Identifier = "alice@acme.test" },
	func(k *walk, a *attempt.Attempt) { a.User = &k.alice },
	func(_ *walk, a *attempt.Attempt) { a.User = nil },
	func(k *walk, a *attempt.Attempt) { nobody := id.NewUser(); a.User = &nobody },
	func(k *walk, a *attempt.Attempt) { a.Prove(passwordProof(k.clock)) },
	func(k *walk, a *attempt.Attempt) { a.Prove(passwordProof(k.clock.Add(time.Hour))) },
	func(k *walk, a *attempt.Attempt) { a.Prove(passwordProof(k.clock.Add(-48 * time.Hour))) },
	func(k *walk, a *attempt.Attempt) { a.Prove(mfa.Proof{Kind: mfa.TOTP, At: k.clock, Factor: k.any()}) },
	func(k *walk, a *attempt.Attempt) {
		a.Prove(mfa.Proof{Kind: mfa.TOTP, At: k.clock, Factor: id.NewFactor()})
	},
	func(k *walk, a *attempt.Attempt) { a.Prove(mfa.Proof{Kind: mfa.BackupCode, At: k.clock}) },
	func(k *walk, a *attempt.Attempt) { a.Prove(k.upstream(0)) },
	func(k *walk, a *attempt.Attempt) { a.Prove(k.upstream(0)) },
	func(k *walk, a *attempt.Attempt) { a.Prove(k.upstream(48 * time.Hour)) },
	func(k *walk, a *attempt.Attempt) { a.Prove(k.upstream(-time.Hour)) },
	func(k *walk, _ *attempt.Attempt) { k.relink() },
	func(k *walk, a *attempt.Attempt) {
		a.Facts.Upstream = &attempt.Upstream{Connection: k.at[0], Asked: k.rand.IntN(2) == 0, Failed: "denied"}
	},
	func(_ *walk, a *attempt.Attempt) { a.Facts.Linked, a.Facts.Tested = true, &attempt.Tested{} },
	func(k *walk, a *attempt.Attempt) { a.Facts.Enrolment = &attempt.Enrolment{Proven: k.clock} },
	func(_ *walk, a *attempt.Attempt) { a.Facts.Enrolment = nil },
	func(k *walk, a *attempt.Attempt) { a.Facts.Codes, a.Facts.Kept = []byte{1}, k.rand.IntN(2) == 0 },
	func(_ *walk, a *attempt.Attempt) { a.Facts.Proofs = nil },
	func(_ *walk, a *attempt.Attempt) { a.Facts.Consent = a.Request.Scopes },
	func(_ *walk, a *attempt.Attempt) { a.Facts.Consent = nil },
	func(k *walk, a *attempt.Attempt) { a.Facts.Denied = k.rand.IntN(10) == 0 },
	func(k *walk, _ *attempt.Attempt) { k.factors = append(k.factors, k.factor(k.acme, k.alice)) },
	func(k *walk, _ *attempt.Attempt) {
		k.must(user.SetDisabled(ctx, k.Store, k.acme, k.alice, k.rand.IntN(3) == 0, audit.Operator, now))
	},
	func(k *walk, _ *attempt.Attempt) { k.clock = k.clock.Add(time.Duration(k.rand.IntN(90)) * time.Second) },
}

func (k *walk) any() id.Factor {
	if len(k.factors) == 0 {
		return id.NewFactor()
	}
	return k.factors[k.rand.IntN(len(k.factors))]
}

// Finish must succeed exactly where Next says so: over any facts, in any order, with any policy.
func TestRandomWalkNeverPassesTheGateBeforeItIsDone(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	passed := 0
	for _, mode := range []policy.Mode{policy.Off, policy.Optional, policy.Required} {
		w := newWorld(t, mode)
		at := w.connections()
		for range 12 {
			if w.walk(r, at) {
				passed++
			}
		}
	}
	t.Logf("%d of 36 walks ended with a code", passed)
}

func (w *world) walk(r *rand.Rand, at []id.Connection) (passed bool) {
	w.t.Helper()
	purpose := []attempt.Purpose{attempt.Authorize, attempt.Authorize, attempt.Authorize, attempt.Link, attempt.Test}[r.IntN(5)]
	o := w.begin(w.acme, func(s *attempt.Start) { s.Purpose = purpose })
	k := &walk{world: w, o: o, rand: r, clock: now, at: at, identities: map[id.Connection]id.Identity{}}
	k.gate = gate.Gate{Store: w.Store, Now: func() time.Time { return k.clock }, Lives: gate.Lives{Code: time.Minute, Access: time.Minute,
		RefreshIdle: time.Hour, RefreshAbsolute: time.Hour}}
	for range 40 {
		k.o = k.step()
		a := w.load(k.o)
		step, d := a.Next(k.clock)
		p, err := k.gate.Finish(ctx, k.o.tenant, k.o.id, k.o.binding, gate.Browser{})
		if done := step == attempt.StepDone; done != (err == nil) || (done && !d.Satisfied()) || done && purpose == attempt.Test {
			w.t.Fatalf("step %s but finish says %v\n%+v\n%+v", step, err, a.Facts, d)
		}
		if err == nil {
			return p.Code != ""
		}
		if !errors.Is(err, gate.ErrNotDone) {
			w.t.Fatal(err)
		}
	}
	return false
}

// step writes one random change, unless the attempt has run out of time.
func (k *walk) step() open {
	a := k.load(k.o)
	moves[k.rand.IntN(len(moves))](k, a)
	binding, err := attempt.Advance(ctx, k.Store, a, now, nothing)
	k.must(err)
	if binding != "" {
		k.o.binding = binding
	}
	return k.o
}
