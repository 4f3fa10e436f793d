package provider_test

import (
	"context"
	"net/url"
	"testing"
	"time"

	"sallyport/provider/federation"
	"sallyport/storage/audit"
	"sallyport/storage/db"
)

// identities counts those of a person.
func (w *world) identities(p *person) int {
	w.t.Helper()
	rows, err := w.store.Tenant(p.tenant).ListIdentities(context.Background(), db.ListIdentitiesParams{TenantID: p.tenant, UserID: p.id})
	if err != nil {
		w.t.Fatal(err)
	}
	return len(rows)
}

// linking begins under "My settings" what ends in an identity.
func (b *browser) linking(u *upstream) *browser {
	b.w.t.Helper()
	return b.post("/account/identities", url.Values{"connection": {u.ID.String()}})
}

// An unattended browser, or a session that is older than a step-up may be, connects nothing, by whatever address the connection is
// asked for.
func TestG03NothingIsConnectedWithoutAFreshProof(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.connect(w.globex, federation.OIDC)
	p := w.person(w.globex, "olav@globex.example")
	b := w.browser()
	b.get("/account").expect("identify").submit("email", p.email).expect("password").submit("password", password)
	w.clock.Advance(20 * time.Minute)
	if b.linking(u); b.departs() != "" {
		t.Fatal("the browser is sent to the provider before anything is proven")
	}
	// The connection can be asked for all the same: it is then a sign-in, and of somebody else.
	b.expect("password").press(u).follow(u)
	if w.identities(p) != 0 || w.events(w.globex, audit.IdentityLinked) != 0 || w.events(w.globex, audit.UserCreated) != 1 {
		t.Fatalf("%d identities, %d accounts", w.identities(p), w.events(w.globex, audit.UserCreated))
	}
	b.expect("password").submit("password", password)
	b.expect("upstream").press(u).follow(u)
	if w.identities(p) != 1 || b.at.Path != "/account" {
		t.Errorf("%d identities at %s: %s", w.identities(p), b.at, b.alert())
	}
}

// Which address has an account is told by no answer: what the page does not offer leads nowhere, whoever asks.
func TestJ01AConnectionIsNoOracleForAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.connect(w.acme, federation.OIDC)
	w.person(w.acme, "kari@acme.example")
	for _, address := range []string{"kari@acme.example", "nobody@acme.example"} {
		b := w.browser()
		b.authorize(w.web)
		b.submit("email", address)
		b.expect("password").press(u)
		if b.departs() != "" || b.step() != "password" {
			t.Errorf("%s: %s", address, b.at)
		}
	}
	if w.events(w.acme, audit.UpstreamFailed) != 0 {
		t.Error("it is on record as a failure of the provider")
	}
}
