package session_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"sallyport/provider/session"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

func TestE16EndingASessionEndsItsGrants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.open(), w.open()
	w.grant(a.ID)
	w.grant(a.ID)
	w.grant(b.ID)
	end := func(u id.User, s id.Session) error {
		return w.in(func(tx *storage.Tx) error {
			return session.End(ctx, tx, w.acme, u, s, "signed out", audit.User(u), audit.Origin{}, start)
		})
	}
	if err := end(id.NewUser(), a.ID); !errors.Is(err, storage.ErrConflict) || w.liveGrants(a.ID) != 2 {
		t.Errorf("by somebody else: %v, want ErrConflict", err)
	}
	w.must(end(w.alice, a.ID))
	w.wantGone("an ended session", a, start)
	if w.liveGrants(a.ID) != 0 || w.liveGrants(b.ID) != 1 {
		t.Errorf("%d and %d grants live", w.liveGrants(a.ID), w.liveGrants(b.ID))
	}
	if err := end(w.alice, a.ID); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("twice: %v, want ErrConflict", err)
	}
}

func TestD03EndingTheOthersKeepsTheCurrent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keep, a, b := w.open(), w.open(), w.open()
	for _, r := range []session.Reference{keep, a, b} {
		w.grant(r.ID)
	}
	w.must(w.in(func(tx *storage.Tx) error {
		return session.EndOthers(ctx, tx, w.acme, w.alice, keep.ID, "password changed", start)
	}))
	if _, err := w.load(keep, start); err != nil || w.liveGrants(keep.ID) != 1 {
		t.Errorf("the current session: %v, %d grants", err, w.liveGrants(keep.ID))
	}
	w.wantGone("another session", a, start)
	w.wantGone("a third session", b, start)
	if w.liveGrants(a.ID)+w.liveGrants(b.ID) != 0 {
		t.Error("a grant of another session lives on")
	}
}

func TestA10SessionIsFreshForAWhileOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.open()
	s, err := w.load(r, start)
	w.must(err)
	for at, want := range map[time.Duration]bool{0: true, 10 * time.Minute: true, 10*time.Minute + time.Second: false} {
		if got := s.Judge(true, netip.Addr{}, start.Add(at)).Satisfied(); got != want {
			t.Errorf("after %v: fresh is %v", at, got)
		}
	}
	if !s.Judge(false, netip.Addr{}, start.Add(time.Hour)).Satisfied() {
		t.Error("single sign-on needs no fresh proof")
	}
}

func TestUnguardedHandlerIsADefect(t *testing.T) {
	t.Parallel()
	s := &session.Session{Email: "alice@acme.test"}
	if session.From(session.With(ctx, s)) != s {
		t.Error("another session came out")
	}
	defer func() {
		if recover() == nil {
			t.Error("an unguarded route passes for a visitor")
		}
	}()
	session.From(session.With(ctx, nil))
}
