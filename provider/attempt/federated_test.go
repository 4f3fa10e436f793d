package attempt_test

import (
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/attempt"
	"sallyport/provider/tenant"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// connections makes one connection that is trusted, one that must bring evidence, and one of which the policy says nothing.
func (w *world) connections() []id.Connection {
	w.t.Helper()
	at := []id.Connection{id.NewConnection(), id.NewConnection(), id.NewConnection()}
	for i, c := range at {
		w.must(w.Tenant(w.acme).CreateConnection(ctx, db.CreateConnectionParams{TenantID: w.acme, ID: c, Kind: "oidc", Name: string(rune('a' + i)), Settings: []byte("{}"),
			CreatedAt: now}))
	}
	p, err := tenant.CurrentPolicy(ctx, w.Store, w.acme)
	w.must(err)
	p.Exemptions = []policy.Exemption{{Connection: at[0], Mode: policy.ByEvidence, Accept: mfa.GradeGood,
		Evidence: []policy.Evidence{{AMR: []string{"mfa"}, MaxAge: 600, Grade: mfa.GradeGood, Level: "aal2"}}}, {Connection: at[1], Mode: policy.Skip}}
	w.must(tenant.SetPolicy(ctx, w.Store, w.acme, p, audit.Operator, nil, audit.Origin{}, now))
	return at
}

func (w *world) link(c id.Connection) id.Identity {
	w.t.Helper()
	i := id.NewIdentity()
	w.must(w.Tenant(w.acme).CreateIdentity(ctx, db.CreateIdentityParams{TenantID: w.acme, ID: i, UserID: w.alice, ConnectionID: c, Issuer: "https://op.test",
		Subject: i.String(), CreatedAt: now}))
	return i
}

func (w *world) unlink(i id.Identity) {
	w.t.Helper()
	w.must(w.Tenant(w.acme).EndIdentity(ctx, db.EndIdentityParams{TenantID: w.acme, UserID: w.alice, ID: i, Now: now, Reason: "test"}))
}

// upstream is a sign-in at some connection; the person was seen there that long ago, or nobody says when.
func (k *walk) upstream(ago time.Duration) mfa.Proof {
	c := k.at[k.rand.IntN(len(k.at))]
	u := mfa.Upstream{Connection: c, Identity: k.identities[c], AMR: []string{"pwd", "pwd mfa"}[k.rand.IntN(2)], Asked: k.rand.IntN(4) == 0,
		Reauth: k.rand.IntN(4) == 0, Grade: mfa.GradeStrong, Level: mfa.PhishingResistant}
	if k.rand.IntN(3) > 0 {
		u.Time = k.clock.Add(-ago)
	}
	return mfa.Proof{Kind: mfa.Federated, At: k.clock, Upstream: u}
}

// relink links the person to a connection, or ends a link that there was.
func (k *walk) relink() {
	c := k.at[k.rand.IntN(len(k.at))]
	if i, linked := k.identities[c]; linked {
		k.unlink(i)
		delete(k.identities, c)
		return
	}
	k.identities[c] = k.link(c)
}

func (w *world) step(o open, want attempt.Step, what string) policy.Decision {
	w.t.Helper()
	step, d := w.load(o).Next(now)
	if step != want {
		w.t.Errorf("%s: %s, want %s (%+v)", what, step, want, d)
	}
	return d
}

func TestR22StepsAfterASignInUpstream(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy.Required)
	at := w.connections()
	w.factor(w.acme, w.alice)
	proof := func(c id.Connection, i id.Identity, asked bool) func(*attempt.Attempt) {
		return func(a *attempt.Attempt) {
			a.User = &w.alice
			a.Prove(mfa.Proof{Kind: mfa.Federated, At: now, Upstream: mfa.Upstream{Connection: c, Identity: i, Time: now, AMR: "pwd", Asked: asked}})
		}
	}
	evidence, trusted, silent := w.link(at[0]), w.link(at[1]), w.link(at[2])
	begin := func(c id.Connection, i id.Identity) open { return w.advance(w.begin(w.acme), proof(c, i, false)) }

	w.step(begin(at[1], trusted), attempt.StepConsent, "R4: a connection that is trusted")
	w.step(begin(at[2], silent), attempt.StepSecond, "a connection of which the policy says nothing")
	w.step(begin(at[1], id.NewIdentity()), attempt.StepPassword, "somebody else's identity")
	w.step(begin(at[0], trusted), attempt.StepPassword, "an identity of another connection")

	o := begin(at[0], evidence)
	if d := w.step(o, attempt.StepUpstream, "evidence is missing"); d.Upstream != at[0] {
		t.Errorf("asked at %v", d.Upstream)
	}
	o = w.advance(o, proof(at[0], evidence, true))
	w.step(o, attempt.StepSecond, "and was asked for")
	w.unlink(evidence)
	w.step(o, attempt.StepPassword, "G06: the link has ended")
	w.must(w.Tenant(w.acme).SetConnectionDisabled(ctx, db.SetConnectionDisabledParams{TenantID: w.acme, ID: at[1], Disabled: true}))
	w.step(begin(at[1], trusted), attempt.StepPassword, "G06: the connection was disabled")
}

func TestLinkAsksForAProofOfOursFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy.Optional)
	phone := w.factor(w.acme, w.alice)
	at := w.connections()
	trusted := w.link(at[1])
	o := w.begin(w.acme, func(s *attempt.Start) { s.Purpose, s.ClientID = attempt.Link, "" })
	o = w.advance(o, func(a *attempt.Attempt) {
		a.User = &w.alice
		a.Prove(mfa.Proof{Kind: mfa.Federated, At: now, Upstream: mfa.Upstream{Connection: at[1], Identity: trusted, Time: now}})
	})
	w.step(o, attempt.StepSecond, "A10: trust in a connection is no step-up")
	o = w.advance(o, func(a *attempt.Attempt) { a.Prove(mfa.Proof{Kind: mfa.TOTP, At: now, Factor: phone}) })
	w.step(o, attempt.StepUpstream, "the one to link")
	o = w.advance(o, func(a *attempt.Attempt) { a.Facts.Linked = true })
	w.step(o, attempt.StepDone, "linked")
}
