package federation_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/provider/tenant"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/seal"
)

func (w *world) change(c federation.Connection, secret string) error {
	return federation.Change(ctx, w.store, w.seal, c, secret, audit.Operator, audit.Origin{}, start)
}

func TestSecretIsSealedAndOpensInItsPlaceOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, other := w.connect(federation.OIDC, nil), w.connectAs("other")
	d := &federation.Directory{Store: w.store, Seal: w.seal}
	found, err := d.Find(ctx, w.acme, c.ID)
	w.must(err)
	r, err := d.Relying(ctx, found)
	if err != nil || r.Secret != "s3cret" || r.Issuer != idp || r.ClientID != "sallyport" || r.Entra || strings.Contains(string(found.Secret), "s3cret") {
		t.Errorf("%v, %v", r.Issuer, err)
	}
	found.ID = other.ID
	if _, err := d.Relying(ctx, found); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("moved to another connection: %v", err)
	}
	if n := w.count("SELECT count(*) FROM audit_events WHERE detail::text LIKE '%s3cret%' OR detail::text LIKE '%secret_hash%'"); n != 0 {
		t.Error("the record has the secret")
	}
}

func TestChangeNeedsTheVersionThatWasSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.connect(federation.OIDC, nil)
	c.Name = "renamed"
	w.must(w.change(c, ""))
	if err := w.change(c, ""); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("an old version: %v", err)
	}
	c.Version++
	w.must(w.change(c, "n3w"))
	d := &federation.Directory{Store: w.store, Seal: w.seal}
	found, err := d.Find(ctx, w.acme, c.ID)
	w.must(err)
	if r, err := d.Relying(ctx, found); err != nil || r.Secret != "n3w" || found.Name != "renamed" || found.Version != 3 {
		t.Errorf("%+v, %v", found, err)
	}
	foreign := c
	foreign.Tenant, foreign.Version = id.NewTenant(), 3
	if err := w.change(foreign, ""); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("in another tenant: %v", err)
	}
}

func TestSecretIsNotCarriedToAnotherIssuer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for field, change := range map[string]func(*federation.Connection){
		"secret with another issuer": func(c *federation.Connection) { c.Settings.Issuer = "https://evil.test" },
		"secret with another auth":   func(c *federation.Connection) { c.Settings.Auth = federation.PrivateKey },
		"kind":                       func(c *federation.Connection) { c.Kind = federation.Okta },
	} {
		c := w.connectAs(field)
		change(&c)
		var invalid *federation.Invalid
		if err := w.change(c, ""); !errors.As(err, &invalid) || !strings.HasPrefix(field, invalid.Field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	c := w.connectAs("moved")
	c.Settings.Issuer = "https://idp2.acme.test"
	if err := w.change(c, "another"); err != nil {
		t.Error(err)
	}
}

func TestNamesAreOnesOfATenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connectAs("Work")
	create := func(c federation.Connection, secret string) error {
		_, err := federation.Create(ctx, w.store, w.seal, c, secret, audit.Operator, audit.Origin{}, start)
		return err
	}
	c := draft(w.acme, federation.OIDC)
	c.Name = "Work"
	if err := create(c, "s"); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("twice: %v", err)
	}
	for name, secret := range map[string]string{"": "s", "a\nb": "s", strings.Repeat("x", 51): "s", "no secret": "", "long": strings.Repeat("x", 16<<10+1), "broken": "\xff"} {
		c.Name = name
		if err := create(c, secret); !errors.Is(err, federation.ErrInvalid) {
			t.Errorf("%.20q: %v", name, err)
		}
	}
	c.Name, c.Settings.Auth = "key", federation.PrivateKey
	if err := create(c, "no key"); !errors.Is(err, federation.ErrInvalid) {
		t.Errorf("no key: %v", err)
	}
}

func TestDirectoryAnswersFromMemoryUntilSomethingChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, a := w.connectAs("b"), w.connectAs("a")
	d := &federation.Directory{Store: w.store, Seal: w.seal}
	if all, err := d.Of(ctx, w.acme); err != nil || len(all) != 2 || all[0].ID != a.ID {
		t.Fatalf("%v, %v", all, err)
	}
	before := w.store.RoundTrips()
	for range 100 {
		if _, err := d.Find(ctx, w.acme, b.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Find(ctx, id.NewTenant(), b.ID); !errors.Is(err, storage.ErrNotFound) {
			t.Fatalf("another tenant's: %v", err)
		}
		if _, err := d.Find(ctx, w.acme, id.NewConnection()); !errors.Is(err, storage.ErrNotFound) {
			t.Fatal(err)
		}
	}
	if got := w.store.RoundTrips(); got != before {
		t.Errorf("L06: guesses cost %d round trips", got-before)
	}
	w.must(federation.SetDisabled(ctx, w.store, w.acme, b.ID, true, audit.Operator, audit.Origin{}, start))
	d.Changed()
	if _, err := d.Find(ctx, w.acme, b.ID); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("disabled: %v", err)
	}
}

func TestBrokenSettingsOfOneLockNobodyElseOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	broken, sound := w.connectAs("broken"), w.connectAs("sound")
	w.exec(`UPDATE connections SET settings = '{"issuer": 1}' WHERE id = $1`, broken.ID.UUID)
	d := &federation.Directory{Store: w.store, Seal: w.seal}
	if _, err := d.Find(ctx, w.acme, broken.ID); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("broken: %v", err)
	}
	if _, err := d.Find(ctx, w.acme, sound.ID); err != nil {
		t.Errorf("sound: %v", err)
	}
}

func TestOnlyProvenDomainsOfLiveTenantsAreKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.connectAs("idp")
	q := w.store.Tenant(w.acme)
	for _, name := range []string{"acme.test", "plain.test", "pending.test"} {
		w.must(q.CreateDomain(ctx, db.CreateDomainParams{TenantID: w.acme, Name: name, Challenge: "x", CreatedAt: start}))
	}
	w.exec("UPDATE domains SET proven_at = now(), connection_id = $1 WHERE name = 'acme.test'", c.ID.UUID)
	w.exec("UPDATE domains SET proven_at = now() WHERE name = 'plain.test'")
	d := &federation.Directory{Store: w.store}
	if tenant, connection, ok, err := d.Domain(ctx, "acme.test"); err != nil || !ok || tenant != w.acme || connection != c.ID {
		t.Errorf("%v %v %v %v", tenant, connection, ok, err)
	}
	if tenant, connection, ok, err := d.Domain(ctx, "plain.test"); err != nil || !ok || tenant != w.acme || !connection.IsZero() {
		t.Errorf("%v %v %v %v", tenant, connection, ok, err)
	}
	for _, name := range []string{"pending.test", "unheard.test", ""} {
		if _, _, ok, err := d.Domain(ctx, name); ok || err != nil {
			t.Errorf("%q: %v, %v", name, ok, err)
		}
	}
	w.must(tenant.SetDisabled(ctx, w.store, w.acme, true, audit.Operator, start))
	d.Changed()
	if _, _, ok, err := d.Domain(ctx, "acme.test"); ok || err != nil {
		t.Errorf("of a disabled tenant: %v, %v", ok, err)
	}
}

func TestH01AnotherTenantSeesNothingOfAConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.connectAs("idp")
	other, err := tenant.Create(ctx, w.store, "other", "Other", policy.Default(), audit.Operator, start)
	w.must(err)
	if all, err := federation.List(ctx, w.store, other); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
	if err := federation.SetDisabled(ctx, w.store, other, c.ID, true, audit.Operator, audit.Origin{}, start); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("disabled from outside: %v", err)
	}
	c.Tenant = other
	if _, err := w.arrive(c, kari()); !errors.Is(err, federation.ErrDisabled) {
		t.Errorf("arrived from outside: %v", err)
	}
}

func TestG09EachConnectionHasItsOwnAddress(t *testing.T) {
	t.Parallel()
	c := federation.Connection{Tenant: id.NewTenant(), ID: id.NewConnection()}
	public, _ := url.Parse("https://id.test")
	if got := c.RedirectURI(public); got != "https://id.test/federation/"+c.Tenant.String()+"."+c.ID.String()+"/callback" {
		t.Errorf("%s", got)
	}
	tenant, connection, ok := federation.ParseHandle(c.Handle())
	if !ok || tenant != c.Tenant || connection != c.ID {
		t.Errorf("%v %v %v", tenant, connection, ok)
	}
	for _, s := range []string{"", ".", c.Tenant.String(), c.ID.String() + ".", strings.ToUpper(c.Handle()), c.Handle() + ".", c.Handle() + "/", " " + c.Handle(), c.Handle()[1:]} {
		if tenant, connection, ok := federation.ParseHandle(s); ok || !tenant.IsZero() || !connection.IsZero() {
			t.Errorf("%q is a handle", s)
		}
	}
}
