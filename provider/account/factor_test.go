package account_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/token"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// granted reports whether the access token from the browser's sign-in is still good.
func (b *browser) granted() bool {
	b.p.w.t.Helper()
	_, err := b.p.w.store.Tenant(b.p.tenant).LiveAccessToken(context.Background(), db.LiveAccessTokenParams{TenantID: b.p.tenant,
		Hash: token.Hash(b.access), Now: b.p.w.clock.Now()})
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		b.p.w.t.Fatal(err)
	}
	return err == nil
}

// events are the person's events of one kind.
func (p *person) events(kind audit.Kind) []db.AuditEvent {
	p.w.t.Helper()
	all, err := p.w.store.Tenant(p.tenant).ListEvents(context.Background(), db.ListEventsParams{TenantID: p.tenant, Limit: 1000})
	p.w.must(err)
	var out []db.AuditEvent
	for _, e := range all {
		if e.Kind == string(kind) && e.TargetKind == "user" && e.TargetID == p.id.String() {
			out = append(out, e)
		}
	}
	return out
}

func (p *person) factors() int {
	p.w.t.Helper()
	all, err := p.w.store.Tenant(p.tenant).ListFactors(context.Background(), db.ListFactorsParams{TenantID: p.tenant, UserID: p.id})
	p.w.must(err)
	return len(all)
}

func removal(f id.Factor) string { return "/account/factors/" + f.String() + "/remove" }

func TestRemovalEndsOtherSessionsAndTheirGrantsD03(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme", nil)
	w.client(acme, "app")
	kari, per := w.person(acme, "kari@acme.example", "user"), w.person(acme, "per@acme.example", "user")
	phone := kari.enrol("Phone")
	here, there, foreign := kari.signIn(firefox, "app"), kari.signIn(firefox, "app"), per.signIn(firefox, "app")
	wantText(t, here.get(removal(phone)), "Remove Phone?", `action="`+removal(phone)+`"`)
	wantSeeOther(t, here.post(removal(phone)), "/account?notice=factor-removed")
	if !here.alive() || !here.granted() || !foreign.alive() || !foreign.granted() {
		t.Error("removal ended what it should keep")
	}
	if there.alive() || there.granted() {
		t.Error("what may rest on the removed factor still lives")
	}
	events := kari.events(audit.FactorRemoved)
	if len(events) != 1 || kari.factors() != 0 {
		t.Fatalf("%d events, %d factors left", len(events), kari.factors())
	}
	var detail map[string]string
	if err := json.Unmarshal(events[0].Detail, &detail); err != nil || detail["factor"] != phone.String() || events[0].ActorID != kari.id.String() || events[0].Address == "" {
		t.Errorf("event %+v %v", events[0], detail)
	}
}

// Whatever fails, nothing of it happened: here the event cannot be written.
func TestRemovalStandsOrFallsAsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme", nil)
	w.client(acme, "app")
	kari := w.person(acme, "kari@acme.example", "user")
	phone := kari.enrol("Phone")
	here, there := kari.signIn(firefox, "app"), kari.signIn(firefox, "app")
	_, err := w.database.Admin(t).Exec(context.Background(), "ALTER TABLE audit_events ADD CHECK (kind <> 'factor.removed')")
	w.must(err)
	wantStatus(t, here.post(removal(phone)), http.StatusInternalServerError)
	if kari.factors() != 1 || !there.alive() || !there.granted() {
		t.Error("a removal without its event left traces")
	}
}

func TestRemovalSaysWhatTheNextSignInWillBeLike(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		change func(*policy.Policy)
		more   bool
		want   string
	}{
		{"another one stays", nil, true, "no longer be able to sign in with Phone"},
		{"last one", nil, false, "your password alone is enough"},
		{"last one, required", func(p *policy.Policy) { p.SecondFactor = policy.Required }, false, "asked to set one up again, at the next sign-in at the latest"},
		{"last one, required, enrolment closed", func(p *policy.Policy) { p.SecondFactor, p.EnrolWithPassword = policy.Required, false }, false,
			"you cannot sign in again until an administrator helps you"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			kari := w.person(w.tenant("acme", c.change), "kari@acme.example", "user")
			phone := kari.enrol("Phone")
			if c.more {
				kari.enrol("Tablet")
			}
			got := kari.signIn(firefox, "").get(removal(phone))
			wantStatus(t, got, http.StatusOK)
			wantText(t, got, c.want)
		})
	}
}

func TestRemovalNeedsAFreshProofC03(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kari := w.person(w.tenant("acme", nil), "kari@acme.example", "user")
	phone := kari.enrol("Phone")
	b := kari.signIn(firefox, "")
	w.clock.advance(11 * time.Minute)
	wantSeeOther(t, b.post(removal(phone)), "/signin/guarded")
	wantSeeOther(t, b.get(removal(phone)), "/signin/guarded")
	if kari.factors() != 1 {
		t.Error("removed all the same")
	}
}
