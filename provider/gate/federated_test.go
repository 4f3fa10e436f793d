package gate_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/attempt"
	"sallyport/provider/gate"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// connect makes a connection with that exemption, and the link of the person to it.
func (w *world) connect(e policy.Exemption) (id.Connection, id.Identity) {
	w.t.Helper()
	e.Connection = id.NewConnection()
	w.must(w.Store.Tenant(w.acme).CreateConnection(ctx, db.CreateConnectionParams{TenantID: w.acme, ID: e.Connection, Kind: "oidc", Name: e.Connection.String(),
		Settings: []byte("{}"), CreatedAt: start}))
	i := id.NewIdentity()
	w.must(w.Store.Tenant(w.acme).CreateIdentity(ctx, db.CreateIdentityParams{TenantID: w.acme, ID: i, UserID: w.alice, ConnectionID: e.Connection,
		Issuer: "https://op.test", Subject: "alice", CreatedAt: start}))
	w.setPolicy(func(p *policy.Policy) {
		p.SecondFactor = policy.Required
		p.Exemptions = append(p.Exemptions, e)
	})
	return e.Connection, i
}

var byEvidence = policy.Exemption{Mode: policy.ByEvidence, Accept: mfa.GradeGood, Evidence: []policy.Evidence{
	{AMR: []string{"mfa"}, MaxAge: 600, Grade: mfa.GradeGood, Level: "aal2"}}}

// federated is a sign-in at the connection, complete but for what the policy asks.
func (w *world) federated(u mfa.Upstream) open {
	w.t.Helper()
	return w.advance(w.begin(), func(a *attempt.Attempt) {
		a.User, a.Facts.Consent = &w.alice, a.Request.Scopes
		a.Prove(mfa.Proof{Kind: mfa.Federated, At: w.now, Upstream: u})
	})
}

func (w *world) told() attempt.Told {
	w.t.Helper()
	events := w.events(audit.SignInDone)
	if len(events) == 0 {
		w.t.Fatal("no event")
	}
	var t attempt.Told
	w.must(json.Unmarshal(events[0].Detail, &t)) // newest first
	return t
}

func (w *world) sessionRow(i id.Session) (upstream string, proofs []mfa.Proof) {
	w.t.Helper()
	var encoded []byte
	w.must(w.database.Admin(w.t).QueryRow(ctx, "SELECT upstream, proofs FROM sessions WHERE id = $1", i).Scan(&upstream, &encoded))
	w.must(json.Unmarshal(encoded, &proofs))
	return upstream, proofs
}

func TestR22EvidenceIsRecordedWithItsGrade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, i := w.connect(byEvidence)
	said := mfa.Upstream{Connection: c, Identity: i, Time: start.Add(-time.Minute), AMR: "pwd mfa", ACR: "1", SID: "s-1", Asked: true}
	p, err := w.finish(w.federated(said))
	w.must(err)
	told := w.told()
	if told.Exempt != policy.ByEvidence || told.ACR != mfa.AAL2.ACR() || !slices.Equal(told.AMR, []string{"pwd", "mfa"}) || told.Rule != "tenant.second_factor" ||
		told.Required != mfa.TwoStep.ACR() || told.Report != nil {
		t.Errorf("told %+v", told)
	}
	said.Grade, said.Level = mfa.GradeGood, mfa.AAL2
	upstream, proofs := w.sessionRow(p.Session.ID)
	for what, got := range map[string][]mfa.Proof{"event": told.Proofs, "session": proofs} {
		if len(got) != 1 || got[0].Upstream != said {
			t.Errorf("%s: %+v, want %+v", what, got, said)
		}
	}
	if upstream != c.String()+":s-1" {
		t.Errorf("session of %q upstream", upstream)
	}
	if n := w.count("SELECT count(*) FROM grants WHERE acr = $1 AND auth_time = $2", mfa.AAL2.ACR(), said.Time); n != 1 {
		t.Errorf("%d grants say what was proven", n)
	}
}

func TestR22SkipIsRecordedAsUnproven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enrol()
	c, i := w.connect(policy.Exemption{Mode: policy.Skip})
	p, err := w.finish(w.federated(mfa.Upstream{Connection: c, Identity: i, AMR: "pwd mfa", Grade: mfa.GradeStrong, Level: mfa.PhishingResistant}))
	w.must(err)
	told := w.told()
	if told.Exempt != policy.Skip || told.ACR != mfa.OneFactor.ACR() || told.AMR == nil || len(told.AMR) != 0 ||
		!slices.Equal(told.Waived, []string{"enrolled", "tenant.second_factor"}) || told.Proofs[0].Upstream.Grade != mfa.GradeNone {
		t.Errorf("told %+v", told)
	}
	if n := w.count("SELECT count(*) FROM grants WHERE acr = $1 AND amr = '{}'", mfa.OneFactor.ACR()); n != 1 {
		t.Errorf("%d grants say that nothing was proven", n)
	}
	if upstream, proofs := w.sessionRow(p.Session.ID); upstream != "" || len(proofs) != 1 || proofs[0].Upstream.Level > mfa.OneFactor {
		t.Errorf("session %q %+v", upstream, proofs)
	}
}

func TestR22WhatIsNotSparedIsNotIssued(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enrol()
	c, i := w.connect(byEvidence)
	silent, there := w.connect(policy.Exemption{Mode: policy.Local})
	for name, u := range map[string]mfa.Upstream{
		"G04: stale":                  {Connection: c, Identity: i, AMR: "mfa", Time: start.Add(-time.Hour)},
		"G04: of no known age":        {Connection: c, Identity: i, AMR: "mfa"},
		"G04: from the future":        {Connection: c, Identity: i, AMR: "mfa", Time: start.Add(time.Hour)},
		"G04: a grade that it brings": {Connection: c, Identity: i, AMR: "pwd", Time: start, Grade: mfa.GradeStrong, Level: mfa.PhishingResistant},
		"asked for in vain":           {Connection: c, Identity: i, AMR: "pwd", Time: start, Asked: true},
		"local":                       {Connection: silent, Identity: there, AMR: "mfa", Time: start},
		"G06: not linked":             {Connection: c, Identity: id.NewIdentity(), AMR: "mfa", Time: start},
		"G06: linked elsewhere":       {Connection: c, Identity: there, AMR: "mfa", Time: start},
	} {
		if p, err := w.finish(w.federated(u)); !errors.Is(err, gate.ErrNotDone) || p.Code != "" {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	o := w.federated(mfa.Upstream{Connection: c, Identity: i, AMR: "mfa", Time: start})
	w.admin("UPDATE connections SET disabled = true")
	if p, err := w.finish(o); !errors.Is(err, gate.ErrNotDone) || p.Code != "" {
		t.Errorf("G06: disabled on the way: %+v, %v", p, err)
	}
}

func TestR22RefreshIsJudgedByThePolicyOfToday(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(w *world){
		"the grade rises":            func(w *world) { w.setPolicy(func(p *policy.Policy) { p.Exemptions[0].Mode = policy.Local }) },
		"G06: the link ends":         func(w *world) { w.admin("UPDATE identities SET ended_at = now()") },
		"G06: the connection is off": func(w *world) { w.admin("UPDATE connections SET disabled = true") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c, i := w.connect(byEvidence)
			p, err := w.finish(w.federated(mfa.Upstream{Connection: c, Identity: i, AMR: "mfa", Time: start}))
			w.must(err)
			out, err := w.redeem(p.Code)
			w.must(err)
			w.now = start.Add(30 * time.Minute)
			if out, err = w.refresh(out.Refresh); err != nil {
				t.Fatalf("evidence of then counts on: %v", err)
			}
			change(w)
			if _, err := w.refresh(out.Refresh); !errors.Is(err, gate.ErrPolicy) {
				t.Errorf("error %v, want ErrPolicy", err)
			}
		})
	}
}

func TestReportTellsWhatTheWatchedPolicyWouldHaveDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, i := w.connect(policy.Exemption{Mode: policy.Skip})
	watched := policy.Default()
	watched.SecondFactor = policy.Required
	report := id.NewReport()
	w.must(w.Store.Tenant(w.acme).CreateReport(ctx, db.CreateReportParams{TenantID: w.acme, ID: report, Document: watched.Encode(), CreatedAt: start}))
	_, err := w.finish(w.federated(mfa.Upstream{Connection: c, Identity: i, Time: start}))
	w.must(err)
	if got := w.told().Report; got == nil || *got != (attempt.Watched{ID: report, Before: policy.LetIn, After: policy.MustEnrol}) {
		t.Errorf("report %+v", got)
	}
	w.enrol()
	w.now = w.now.Add(time.Second)
	_, err = w.finish(w.complete(w.begin()))
	w.must(err)
	if got := w.told().Report; got == nil || *got != (attempt.Watched{ID: report, Before: policy.Asked, After: policy.Asked}) {
		t.Errorf("report after password and code %+v", got)
	}
}

// A stronger sign-in later adds to the session what it proves, and what the provider calls it.
func TestSessionThatIsRenewedKeepsItsUpstream(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enrol()
	c, i := w.connect(byEvidence)
	p, err := w.finish(w.federated(mfa.Upstream{Connection: c, Identity: i, AMR: "mfa", Time: start, SID: "s-1"}))
	w.must(err)
	fresh := w.begin(func(s *attempt.Start) {
		s.Purpose, s.ClientID, s.User, s.Session = attempt.Fresh, "", &w.alice, &p.Session.ID
	})
	fresh = w.advance(fresh, func(a *attempt.Attempt) { a.Prove(mfa.Proof{Kind: mfa.TOTP, At: w.now, Factor: w.phone}) })
	again, err := w.finish(fresh)
	w.must(err)
	upstream, proofs := w.sessionRow(p.Session.ID)
	if again.Session.ID != p.Session.ID || upstream != c.String()+":s-1" || len(proofs) != 2 {
		t.Errorf("session %q %+v", upstream, proofs)
	}
}
