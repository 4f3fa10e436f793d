package signin

import (
	"bytes"
	"errors"

	"sallyport/mfa"
	"sallyport/provider/attempt"
	"sallyport/provider/federation"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/templates"
)

// signIn tries once more when connection, account or identity changed in between: the code of the provider is spent, so the
// person would have to go there again. Two tabs that come for the first time both get in.
func (s *SignIn) signIn(v *visit, c federation.Connection, p federation.Person, u attempt.Upstream) error {
	err := s.admit(v, c, p, u)
	if conflict := (*storage.Conflict)(nil); !errors.As(err, &conflict) {
		return err
	}
	s.Connections.Changed()
	c, gone := s.Connections.Find(v.r.Context(), c.Tenant, c.ID)
	again, lost := s.visitOf(v.w, v.r, v.a.Handle())
	if gone != nil || lost != nil || !again.awaits(u) {
		return err
	}
	return s.admit(again, c, p, u)
}

// awaits: the round trip is open still, or a copy of its answer has closed it. A page that is loaded twice comes twice with
// one code, and the refusal of the second may be the first to be noted (gauntlet G10).
func (v *visit) awaits(u attempt.Upstream) bool {
	begun := v.a.Facts.Upstream
	if begun == nil || !canConnect(v) {
		return false
	}
	closed := begun.State == nil && begun.Failed != "" && begun.Connection == u.Connection && begun.Tries == u.Tries
	return closed || bytes.Equal(begun.State, u.State)
}

// admit makes the attempt that of whoever came back. Where somebody is known already it must be they: more evidence about
// another is none (the same person came back).
func (s *SignIn) admit(v *visit, c federation.Connection, p federation.Person, u attempt.Upstream) error {
	arrival, err := s.arrival(v, c, p)
	switch {
	case errors.Is(err, federation.ErrUnknown):
		return s.fail(v, c.ID, templates.ErrorUpstreamUnknown, "unknown_person")
	case errors.Is(err, federation.ErrDisabled):
		return s.fail(v, c.ID, templates.ErrorUpstreamFailed, "disabled")
	case err != nil:
		return err
	case v.known() && (v.a.User == nil || *v.a.User != arrival.User):
		return s.fail(v, c.ID, templates.ErrorUpstreamOther, "another_person")
	}
	proofs := v.a.Facts.Proofs
	v.become(v.a.Tenant, arrival.User)
	v.a.Facts.Proofs = proofs
	p.Upstream.Identity = arrival.Identity
	v.a.Prove(mfa.Proof{Kind: mfa.Federated, At: v.now, Upstream: p.Upstream})
	u.State, u.Failed = nil, ""
	if u.Reauth && !p.Upstream.Reauth {
		u.Failed = templates.ErrorUpstreamStale
	}
	v.a.Facts.Upstream = &u
	binding, err := attempt.AdvanceAfter(v.r.Context(), s.Store, v.a, v.now, func(tx *storage.Tx) error {
		return arrival.Write(v.r.Context(), tx, audit.User(arrival.User), s.origin(v.r), v.now)
	})
	if err == nil {
		err = s.carry(v, binding)
	}
	if err != nil {
		return err
	}
	return s.redirect(v)
}

// known: it has been proven who this is, or the page that the attempt is for belongs to somebody. Nobody else gets in here, nor
// an account by it.
func (v *visit) known() bool {
	return len(v.a.Facts.Proofs) > 0 || v.step == attempt.StepUpstream || v.a.Purpose != attempt.Authorize && v.a.Session != nil
}

func (s *SignIn) arrival(v *visit, c federation.Connection, p federation.Person) (federation.Arrival, error) {
	proven := func(name string) (bool, error) {
		return s.Store.Tenant(v.a.Tenant).DomainProven(v.r.Context(), db.DomainProvenParams{TenantID: v.a.Tenant, Name: name})
	}
	return federation.Arrive(v.r.Context(), s.Store, c, p, proven, v.now)
}

// link gives a person who has just proven themselves another way to sign in.
func (s *SignIn) link(v *visit, c federation.Connection, p federation.Person) error {
	v.a.Facts.Linked, v.a.Facts.Upstream = true, nil
	err := s.advance(v, func(tx *storage.Tx) error {
		return federation.LinkTo(v.r.Context(), tx, c, p, *v.a.User, audit.User(*v.a.User), s.origin(v.r), v.now)
	})
	if errors.Is(err, federation.ErrTaken) {
		v.a.Facts.Linked = false
		return s.fail(v, c.ID, templates.ErrorIdentityTaken, "taken")
	}
	return err
}
