package gate_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/gate"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

func TestE06RefreshRotatesAndReuseEndsTheFamily(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.tokens()
	second, err := w.refresh(first.Refresh)
	w.must(err)
	if second.Refresh.Text == first.Refresh.Text || !w.live(second.Access) || second.Nonce != "n-1" || second.Grant.ID != first.Grant.ID {
		t.Errorf("tokens %+v", second)
	}
	if _, err := w.refresh(first.Refresh); !errors.Is(err, gate.ErrGrant) {
		t.Errorf("reuse: %v", err)
	}
	if w.live(first.Access) || w.live(second.Access) {
		t.Error("an access token of the family lives on")
	}
	if _, err := w.refresh(second.Refresh); !errors.Is(err, gate.ErrGrant) {
		t.Errorf("the newest of the family: %v", err)
	}
	if n := len(w.events(audit.RefreshReused)); n != 1 {
		t.Errorf("%d alarms", n)
	}
}

func TestE06FiftyRefreshesOverTwoInstances(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	instances := []*gate.Gate{w.Gate, w.instance(w.database.Open(t))}
	out := w.tokens()
	n, errs := race(50, func(i int) error {
		_, err := instances[i%2].Refresh(ctx, gate.RefreshRequest{Token: out.Refresh.Text, ClientID: "web"})
		return err
	})
	w.afterRace(n, errs, audit.RefreshReused)
}

func TestE01RefreshTokenOfAnotherClientIsBurned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	out := w.tokens()
	if _, err := w.Refresh(ctx, gate.RefreshRequest{Token: out.Refresh.Text, ClientID: "web2"}); !errors.Is(err, gate.ErrGrant) {
		t.Errorf("error %v, want ErrGrant", err)
	}
	if _, err := w.refresh(out.Refresh); !errors.Is(err, gate.ErrGrant) || w.live(out.Access) {
		t.Errorf("a stolen token survives: %v", err)
	}
}

func TestE06ScopeNarrowsAndNeverWidens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	out := w.tokens()
	if _, err := w.refresh(out.Refresh, "openid", "admin"); !errors.Is(err, gate.ErrScope) {
		t.Fatalf("error %v, want ErrScope", err)
	}
	narrow, err := w.refresh(out.Refresh, "openid") // not spent by the refusal
	w.must(err)
	if !slices.Equal(narrow.Scopes, []string{"openid"}) {
		t.Errorf("scopes %v", narrow.Scopes)
	}
	row, err := w.Store.Tenant(w.acme).LiveAccessToken(ctx, db.LiveAccessTokenParams{TenantID: w.acme, Hash: narrow.Access.Hash, Now: w.now})
	if err != nil || !slices.Equal(row.Scopes, []string{"openid"}) {
		t.Errorf("stored %v, %v", row.Scopes, err)
	}
	// RFC 6749 6: the grant keeps what it had; a narrow access token does not narrow the next.
	wide, err := w.refresh(narrow.Refresh)
	if err != nil || !slices.Equal(wide.Scopes, out.Scopes) {
		t.Errorf("scopes %v, %v", wide.Scopes, err)
	}
}

func TestRefreshEndsWhenIdle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	out := w.tokens()
	w.now = start.Add(lives.RefreshIdle)
	if _, err := w.refresh(out.Refresh); !errors.Is(err, gate.ErrGrant) {
		t.Errorf("at its end: %v", err)
	}
	w.now = start.Add(lives.RefreshIdle - time.Second)
	if _, err := w.refresh(out.Refresh); err != nil {
		t.Errorf("a second before: %v", err)
	}
}

func TestE06AbsoluteEndHoldsUnderUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	out := w.tokens()
	end := start.Add(lives.RefreshAbsolute)
	for w.now = start.Add(50 * time.Minute); w.now.Before(end); w.now = w.now.Add(50 * time.Minute) {
		next, err := w.refresh(out.Refresh)
		w.must(err)
		out = next
	}
	w.now = end
	if _, err := w.refresh(out.Refresh); !errors.Is(err, gate.ErrGrant) {
		t.Errorf("at its end: %v", err)
	}
	w.now = end.Add(-time.Second)
	if _, err := w.refresh(out.Refresh); err != nil {
		t.Errorf("a second before: %v", err)
	}
}

func TestAccessTokenExpiresToTheSecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	out := w.tokens()
	w.now = start.Add(lives.Access - time.Second)
	if !w.live(out.Access) {
		t.Error("dead a second before its end")
	}
	if w.now = start.Add(lives.Access); w.live(out.Access) {
		t.Error("alive at its end")
	}
}

func TestA09D08RefreshAndAccessEndWithWhomTheyBelongTo(t *testing.T) {
	t.Parallel()
	for what, sql := range (&world{}).disabling() {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			out := w.tokens()
			w.admin(sql)
			if w.live(out.Access) {
				t.Error("the access token lives on")
			}
			if _, err := w.refresh(out.Refresh); !errors.Is(err, gate.ErrGrant) {
				t.Errorf("refresh: %v, want ErrGrant", err)
			}
		})
	}
}

func TestE16SignOutEndsRefreshAndAccessWithoutAlarm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	out := w.tokens()
	w.endSession(out.Grant.SessionID)
	if w.live(out.Access) {
		t.Error("the access token lives on")
	}
	if _, err := w.refresh(out.Refresh); !errors.Is(err, gate.ErrGrant) {
		t.Errorf("refresh: %v, want ErrGrant", err)
	}
	if n := len(w.events(audit.RefreshReused)); n != 0 {
		t.Errorf("%d alarms: the person signed out, that is all", n)
	}
}

func TestRefreshIsJudgedByThePolicyOfToday(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	out := w.tokens()
	w.setPolicy(func(p *policy.Policy) { p.SecondFactor = policy.Required })
	if _, err := w.refresh(out.Refresh); !errors.Is(err, gate.ErrPolicy) {
		t.Fatalf("error %v, want ErrPolicy", err)
	}
	if w.count("SELECT count(*) FROM single_use WHERE kind = 'refresh' AND used_at IS NOT NULL") != 0 {
		t.Error("a refusal by policy spent the token")
	}
	w.setPolicy(func(p *policy.Policy) { p.SecondFactor = policy.Optional })
	if _, err := w.refresh(out.Refresh); err != nil {
		t.Errorf("after the policy was relaxed: %v", err)
	}
}

func TestRefreshOfAPasswordEndsWhereThePersonEnrolled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	out := w.tokens()
	w.enrol()
	if _, err := w.refresh(out.Refresh); !errors.Is(err, gate.ErrPolicy) {
		t.Errorf("error %v, want ErrPolicy", err)
	}
}

func TestProofOfARemovedFactorCountsNoLonger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enrol()
	w.setPolicy(func(p *policy.Policy) { p.SecondFactor = policy.Required })
	out := w.tokens()
	w.must(w.Store.Tenant(w.acme).EndFactor(ctx, db.EndFactorParams{TenantID: w.acme, UserID: w.alice, ID: w.phone, Now: w.now, Reason: "test"}))
	if _, err := w.refresh(out.Refresh); !errors.Is(err, gate.ErrPolicy) {
		t.Errorf("error %v, want ErrPolicy", err)
	}
	w.enrol() // another one does not stand in for the old
	if _, err := w.refresh(out.Refresh); !errors.Is(err, gate.ErrPolicy) {
		t.Errorf("with another factor: %v, want ErrPolicy", err)
	}
}

func TestA13RefreshUnderAnUnreadablePolicyIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	out := w.tokens()
	w.admin("INSERT INTO policies (tenant_id, version, document, created_at) VALUES ($1, 99, '{\"from_the_future\": true}', now())", w.acme.UUID)
	if _, err := w.refresh(out.Refresh); !errors.Is(err, gate.ErrPolicy) {
		t.Errorf("error %v, want ErrPolicy", err)
	}
}

func TestClientTokenHasNoUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	access, expires, err := w.IssueToClient(ctx, w.acme, "web", []string{"api"})
	w.must(err)
	row, err := w.Store.Tenant(w.acme).LiveAccessToken(ctx, db.LiveAccessTokenParams{TenantID: w.acme, Hash: access.Hash, Now: w.now})
	if err != nil || !row.Subject.IsZero() || row.ClientID != "web" || !expires.Equal(w.now.Add(lives.Access)) {
		t.Errorf("%+v, %v, %v", row, expires, err)
	}
	w.admin("UPDATE clients SET disabled = true WHERE id = 'web'")
	if w.live(access) {
		t.Error("it outlived its client")
	}
	if _, _, err := w.IssueToClient(ctx, id.Lobby, "shared", nil); err != nil {
		t.Errorf("no scopes: %v", err)
	}
}
