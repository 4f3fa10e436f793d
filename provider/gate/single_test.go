package gate_test

import (
	"errors"
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/attempt"
	"sallyport/provider/gate"
	"sallyport/provider/session"
)

// bring begins an attempt in the browser that holds the session.
func (w *world) bring(r session.Reference) func(*attempt.Start) {
	return func(s *attempt.Start) { s.User, s.Session = &w.alice, &r.ID }
}

func TestSessionStaysAsItIsOnSingleSignOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.signIn().Session
	p, err := w.finish(w.begin(w.bring(first)))
	w.must(err)
	if p.Session.ID != first.ID || p.Session.Secret.Text != "" || p.Code == "" {
		t.Errorf("passed %+v", p)
	}
	w.must(w.session(first))
}

func TestD02SessionGetsANewSecretWithEachProof(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.signIn().Session
	w.now = w.now.Add(time.Minute)
	p, err := w.finish(w.complete(w.begin(w.bring(first))))
	w.must(err)
	if p.Session.ID != first.ID || p.Session.Secret.Text == "" || p.Session.Secret.Text == first.Secret.Text {
		t.Errorf("session %+v", p.Session)
	}
	if w.session(first) == nil {
		t.Error("the secret from before the proof still opens the session")
	}
	w.must(w.session(p.Session))
}

func TestEndedSessionIsNotBroughtBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.signIn().Session
	w.endSession(first.ID)
	if _, err := w.finish(w.begin(w.bring(first))); !errors.Is(err, gate.ErrNotDone) {
		t.Errorf("single sign-on from an ended session: %v", err)
	}
	p, err := w.finish(w.complete(w.begin(w.bring(first))))
	w.must(err)
	if p.Session.ID == first.ID {
		t.Error("the ended session came back")
	}
}

// A02: a policy that became stricter is felt by the next single sign-on, not only by the next password.
func TestSingleSignOnIsJudgedByThePolicyOfToday(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.signIn().Session
	w.setPolicy(func(p *policy.Policy) { p.SecondFactor = policy.Required })
	if _, err := w.finish(w.begin(w.bring(first))); !errors.Is(err, gate.ErrNotDone) {
		t.Errorf("error %v, want ErrNotDone", err)
	}
}
