package attempt_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/attempt"
	"sallyport/provider/token"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

func TestFactsReadBackAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy.Optional)
	phone := w.factor(w.acme, w.alice)
	o := w.begin(w.acme, func(s *attempt.Start) {
		s.TenantBy = attempt.ByRequest
		s.Request.Level, s.Request.Essential, s.Request.Since, s.Request.Subject = mfa.AAL2, true, now.Add(-time.Hour), w.alice
	})
	want := attempt.Facts{TenantBy: attempt.ByRequest, Identifier: "alice@acme.test", Consent: []string{}, Enrolled: phone,
		Enrolment: &attempt.Enrolment{Factor: phone, Secret: []byte{0, 1, 255}},
		Proofs:    []mfa.Proof{passwordProof(now), {Kind: mfa.TOTP, At: now, Factor: phone}}}
	o = w.advance(o, func(a *attempt.Attempt) { a.Facts, a.User = want, &w.alice })
	a := w.load(o)
	if !reflect.DeepEqual(a.Facts, want) {
		t.Errorf("facts\n%+v, want\n%+v", a.Facts, want)
	}
	if a.Request.Level != mfa.AAL2 || !a.Request.Essential || !a.Request.Since.Equal(now.Add(-time.Hour)) || a.Request.Subject != w.alice {
		t.Errorf("request %+v", a.Request)
	}
	if !a.TenantLive || a.TenantSlug != "acme" || a.ClientName != "Web" || a.Policy == nil || a.Policy.Version != 1 || a.Person.Email != "alice@acme.test" {
		t.Errorf("surroundings %+v", a)
	}
	if len(a.Person.Factors) != 1 || a.Person.Factors[0].ID != phone || len(a.Person.Factors[0].Secret) != 1 {
		t.Errorf("factors %+v", a.Person.Factors)
	}
}

func TestD02E11AttemptOpensOnlyInItsBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy.Optional)
	mine, theirs := w.begin(w.acme), w.begin(w.acme)
	w.wantOtherBrowser("another browser's secret", mine.tenant, mine.id, theirs.binding)
	w.wantOtherBrowser("no secret", mine.tenant, mine.id, "")
	w.wantOtherBrowser("the stored hash", mine.tenant, mine.id, string(token.Hash(mine.binding)))
	w.wantOtherBrowser("a longer secret", mine.tenant, mine.id, mine.binding+"A")
	w.wantOtherBrowser("an unknown attempt", mine.tenant, id.NewAttempt(), mine.binding)
	w.wantOtherBrowser("another tenant", w.other, mine.id, mine.binding)
	w.wantOtherBrowser("the lobby", id.Lobby, mine.id, mine.binding)
	w.load(mine)
}

func TestD02SecretChangesWithAProofAndTheOldOneIsDead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy.Optional)
	o := w.begin(w.acme)
	named := w.advance(o, func(a *attempt.Attempt) { a.User = &w.alice })
	if named.binding != o.binding {
		t.Error("the secret changed without a proof")
	}
	proven := w.advance(named, func(a *attempt.Attempt) { a.Prove(passwordProof(now)) })
	if proven.binding == o.binding {
		t.Fatal("the secret outlived a proof")
	}
	w.wantOtherBrowser("the secret from before the proof", o.tenant, o.id, o.binding)
	w.load(proven)
}

func TestStaleReaderChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy.Optional)
	o := w.begin(w.acme)
	stale := w.load(o)
	w.advance(o, func(a *attempt.Attempt) { a.Facts.Identifier = "alice@acme.test" })
	stale.Facts.Identifier = "mallory@acme.test"
	_, err := attempt.Advance(ctx, w.Store, stale, now, func(tx *storage.Tx) error {
		return audit.Record(ctx, tx, w.acme, audit.Event{Kind: audit.PasswordFailed, At: now, Actor: audit.Anyone, Target: audit.OnUser(w.alice)})
	})
	if !errors.Is(err, storage.ErrConflict) {
		t.Fatalf("error %v, want ErrConflict", err)
	}
	if got := w.load(o).Facts.Identifier; got != "alice@acme.test" {
		t.Errorf("identifier %q", got)
	}
	w.noEvent(audit.PasswordFailed)
}

func TestWhatAlsoFailsUndoesTheStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy.Optional)
	o := w.begin(w.acme)
	broken := errors.New("broken")
	a := w.load(o)
	a.Prove(passwordProof(now))
	binding, err := attempt.Advance(ctx, w.Store, a, now, func(*storage.Tx) error { return broken })
	if !errors.Is(err, broken) || binding != "" {
		t.Fatalf("%q, %v", binding, err)
	}
	if got := w.load(o); len(got.Facts.Proofs) != 0 {
		t.Errorf("the proof survived: %+v", got.Facts)
	}
}

func TestExpiredAttemptCannotBeAdvanced(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy.Optional)
	o := w.begin(w.acme)
	for _, c := range []struct {
		at   time.Time
		want error
	}{{now.Add(time.Hour), storage.ErrConflict}, {now.Add(2 * time.Hour), storage.ErrConflict}, {now.Add(time.Hour - time.Second), nil}} {
		if _, err := attempt.Advance(ctx, w.Store, w.load(o), c.at, nothing); !errors.Is(err, c.want) {
			t.Errorf("at %v: %v, want %v", c.at, err, c.want)
		}
	}
	if step, _ := w.load(o).Next(now.Add(time.Hour)); step != attempt.StepExpired {
		t.Errorf("step %s at the end of its life", step)
	}
}

func TestAttemptMovesFromTheLobbyOnceAndNeverBackOrAcross(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy.Optional)
	inLobby := w.begin(id.Lobby, func(s *attempt.Start) { s.ClientID = "" })
	if w.load(inLobby).TenantLive {
		t.Error("the lobby passes for a tenant")
	}
	o := w.advance(inLobby, func(a *attempt.Attempt) { a.Tenant, a.User = w.acme, &w.alice })
	if a := w.load(o); a.Tenant != w.acme || !a.Person.Known || !a.TenantLive {
		t.Fatalf("after the move %+v", a)
	}
	w.wantOtherBrowser("the place it left", id.Lobby, o.id, o.binding)
	for _, to := range []id.Tenant{id.Lobby, w.other} {
		a := w.load(o)
		a.Tenant = to
		if _, err := attempt.Advance(ctx, w.Store, a, now, nothing); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("moved to %v: %v", to, err)
		}
		w.wantOtherBrowser("where it must not go", to, o.id, o.binding)
	}
	w.load(o)
}

// H01: the people of one tenant are no people in another, whatever the facts say.
func TestUserOfAnotherTenantIsUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy.Off)
	stranger := w.user(w.other, "x@globex.test")
	o := w.advance(w.begin(w.acme), func(a *attempt.Attempt) {
		a.User = &stranger
		a.Prove(passwordProof(now))
	})
	a := w.load(o)
	if step, _ := a.Next(now); a.Person.Known || step == attempt.StepDone {
		t.Errorf("step %s for %+v", step, a.Person)
	}
}

func TestEachCallCostsOneRoundTrip(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy.Optional)
	o := w.begin(w.acme)
	for what, call := range map[string]func() func(){
		"begin": func() func() { return func() { w.begin(w.acme) } },
		"load":  func() func() { return func() { w.load(o) } },
		"advance": func() func() {
			a := w.load(o)
			return func() {
				_, err := attempt.Advance(ctx, w.Store, a, now, nothing)
				w.must(err)
			}
		},
	} {
		least := int64(100)
		for range 6 { // each of the pool's connections prepares once
			measured := call()
			before := w.RoundTrips()
			measured()
			least = min(least, w.RoundTrips()-before)
		}
		if least != 1 {
			t.Errorf("%s: %d round trips", what, least)
		}
	}
}

func (w *world) noEvent(k audit.Kind) {
	w.t.Helper()
	events := w.events()
	for _, e := range events {
		if e == k {
			w.t.Errorf("event %s was recorded", k)
		}
	}
}
