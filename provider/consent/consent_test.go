package consent_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/consent"
	"sallyport/provider/tenant"
	"sallyport/provider/user"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/storagetest"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

func TestRevocationEndsWhatTheClientHoldsAndNothingElse(t *testing.T) {
	t.Parallel()
	d := storagetest.NewDatabase(t)
	s := d.Open(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	acme, err := tenant.Create(ctx, s, "acme", "Acme", policy.Default(), audit.Operator, now)
	must(err)
	q := s.Tenant(acme)
	var people [2]id.User
	for i, email := range []string{"alice@acme.test", "bob@acme.test"} {
		people[i], err = user.Create(ctx, s, acme, user.New{Email: email, Role: "user"}, audit.Operator, now)
		must(err)
		for _, client := range []string{"web", "web2"} {
			must(q.GiveConsent(ctx, db.GiveConsentParams{TenantID: acme, UserID: people[i], ClientID: client, Scopes: []string{"openid"}, AttemptID: id.NewAttempt(), GrantedAt: now}))
			must(q.CreateGrant(ctx, db.CreateGrantParams{TenantID: acme, ID: id.NewGrant(), UserID: people[i], ClientID: client, SessionID: id.NewSession(),
				Scopes: []string{}, Amr: []string{}, AuthTime: now, Proofs: []byte("[]"), CreatedAt: now, ExpiresAt: now.Add(time.Hour)}))
		}
	}
	must(consent.Revoke(ctx, s, acme, people[0], "web", audit.Origin{}, now))
	var ended, others int
	must(d.Admin(t).QueryRow(ctx, "SELECT count(*) FILTER (WHERE ended_at IS NOT NULL), count(*) FILTER (WHERE ended_at IS NOT NULL AND (client_id <> 'web' OR user_id <> $1)) FROM grants",
		people[0].UUID).Scan(&ended, &others))
	if ended != 1 || others != 0 {
		t.Errorf("%d grants ended, %d of them others'", ended, others)
	}
	left, err := q.ListConsents(ctx, db.ListConsentsParams{TenantID: acme, UserID: people[0]})
	if err != nil || len(left) != 1 || left[0].ClientID != "web2" {
		t.Errorf("consents %+v, %v", left, err)
	}
	if err := consent.Revoke(ctx, s, acme, people[0], "web", audit.Origin{}, now); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("twice: %v, want ErrConflict", err)
	}
	events, err := q.ListEvents(ctx, db.ListEventsParams{TenantID: acme, Limit: 100})
	must(err)
	if len(events) != 4 {
		t.Errorf("events %+v", events)
	}
}
