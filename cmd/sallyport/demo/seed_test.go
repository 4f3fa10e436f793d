package demo_test

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sallyport/cmd/sallyport/config"
	"sallyport/cmd/sallyport/demo"
	"sallyport/cmd/sallyport/demo/entra"
	"sallyport/cmd/sallyport/instance"
	"sallyport/mfa/policy"
	"sallyport/provider/domain"
	"sallyport/provider/federation"
	"sallyport/provider/tenant"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/storagetest"
)

func TestMain(m *testing.M) { storagetest.Main(m) }

var moment = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// kept is a demo between its runs.
type kept struct {
	t        *testing.T
	instance *instance.Instance
	state    demo.Remembered
}

func begin(t *testing.T) *kept {
	t.Helper()
	dir := t.TempDir()
	c := config.Config{DataDir: dir, Database: config.Database{URL: config.Secret(storagetest.NewDatabase(t).URL)},
		Keys: config.Keys{File: filepath.Join(dir, "keyset.json")}, Password: config.Password{MemoryKiB: 7168, Iterations: 1, Parallelism: 1}}
	i, err := instance.Open(t.Context(), instance.Options{Config: c, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return moment }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(i.Store.Close)
	s, err := demo.NewState(dir)
	if err != nil {
		t.Fatal(err)
	}
	return &kept{t, i, s}
}

// run is one with those ports, up to the moment that it serves.
func (k *kept) run(base int, at time.Time) {
	k.t.Helper()
	if err := demo.Seed(k.t.Context(), k.instance, base, &k.state, at); err != nil {
		k.t.Fatal(err)
	}
}

func (k *kept) tenant(slug string) id.Tenant {
	k.t.Helper()
	found, err := (&tenant.Directory{Store: k.instance.Store}).Find(k.t.Context(), slug)
	if err != nil {
		k.t.Fatal(err)
	}
	return found.ID
}

// connection is the tenant's only one.
func (k *kept) connection(slug string) federation.Connection {
	k.t.Helper()
	all, err := federation.List(k.t.Context(), k.instance.Store, k.tenant(slug))
	if err != nil || len(all) != 1 {
		k.t.Fatalf("%s has %d connections, %v", slug, len(all), err)
	}
	return all[0]
}

func TestEachTenantShowsAnotherStandOnUpstreamSignIns(t *testing.T) {
	t.Parallel()
	k := begin(t)
	k.run(8080, moment)
	for slug, want := range map[string]struct {
		authority string
		mode      policy.Exempt
	}{"acme": {entra.Contoso, policy.Skip}, "globex": {entra.Fabrikam, policy.ByEvidence}, "initech": {"common", policy.Local}} {
		c := k.connection(slug)
		if c.Kind != federation.Entra || c.Settings.Issuer != "http://localhost:8082/"+want.authority+"/v2.0" || !c.Settings.Create || c.Settings.Personal {
			t.Errorf("%s: %s %+v", slug, c.Kind, c.Settings)
		}
		p, err := tenant.CurrentPolicy(t.Context(), k.instance.Store, c.Tenant)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Exemptions) != 1 || p.Exemption(c.ID).Mode != want.mode {
			t.Errorf("%s: exemptions %+v, want %s", slug, p.Exemptions, want.mode)
		}
		sealer, err := k.instance.Sealer()
		if err != nil {
			t.Fatal(err)
		}
		r, err := (&federation.Directory{Store: k.instance.Store, Seal: sealer}).Relying(t.Context(), c)
		if err != nil || r.Secret == "" || r.Secret != k.state.EntraSecret {
			t.Errorf("%s: the secret is another than the provider knows, %v", slug, err)
		}
	}
}

func TestDomainsAreProvenAnewWithEachRun(t *testing.T) {
	t.Parallel()
	k := begin(t)
	for _, at := range []time.Time{moment, moment.Add(240 * time.Hour)} {
		k.run(8080, at)
		all, err := domain.List(t.Context(), k.instance.Store, k.tenant("acme"))
		if err != nil {
			t.Fatal(err)
		}
		home, absent := map[string]bool{}, at.Add(time.Hour)
		for _, d := range all {
			if d.Proven == nil || !d.Proven.Equal(at) || d.Absent != nil {
				t.Errorf("%s at %v: proven %v, absent %v", d.Name, at, d.Proven, d.Absent)
			}
			home[d.Name] = d.Connection != nil && *d.Connection == k.connection("acme").ID
			k.write(k.tenant("acme"), func(tx *storage.Tx) error { // a daily look
				return tx.Later().NoteDomain(t.Context(), db.NoteDomainParams{TenantID: k.tenant("acme"), Name: d.Name, Challenge: d.Challenge,
					ProvenAt: d.Proven, Now: absent, AbsentSince: &absent})
			})
		}
		if here, ok := home["acme.test"]; len(home) != 2 || !ok || here || !home["contoso.test"] {
			t.Errorf("people of these sign in at the connection: %v", home)
		}
	}
}

func (k *kept) write(t id.Tenant, f func(*storage.Tx) error) {
	k.t.Helper()
	if err := k.instance.Store.InTenant(k.t.Context(), t, f); err != nil {
		k.t.Fatal(err)
	}
}

// A run at other ports finds the simulated Entra elsewhere, and the people who came from there are still who they are.
func TestConnectionsAndPeopleFollowThePorts(t *testing.T) {
	t.Parallel()
	k := begin(t)
	k.run(8080, moment)
	c := k.connection("acme")
	olivia, err := k.instance.Store.Tenant(c.Tenant).UserByEmail(t.Context(), db.UserByEmailParams{TenantID: c.Tenant, EmailKey: "olivia@acme.test"})
	if err != nil {
		t.Fatal(err)
	}
	k.write(c.Tenant, func(tx *storage.Tx) error {
		return tx.Later().CreateIdentity(t.Context(), db.CreateIdentityParams{TenantID: c.Tenant, ID: id.NewIdentity(), UserID: olivia.ID, ConnectionID: c.ID,
			Issuer: c.Settings.Issuer, Subject: "somebody", CreatedAt: moment})
	})
	k.run(9080, moment)
	moved := k.connection("acme")
	if moved.ID != c.ID || moved.Settings.Issuer != strings.Replace(c.Settings.Issuer, "8082", "9082", 1) {
		t.Errorf("%v is at %s", moved.ID, moved.Settings.Issuer)
	}
	row, err := k.instance.Store.Tenant(c.Tenant).ArriveAt(t.Context(), db.ArriveAtParams{TenantID: c.Tenant, ID: c.ID, Issuer: moved.Settings.Issuer, Subject: "somebody"})
	if err != nil || row.UserID != olivia.ID {
		t.Errorf("they are %v now, %v", row.UserID, err)
	}
	k.run(9080, moment)
	if again := k.connection("acme"); again.Version != moved.Version {
		t.Error("a run at the same ports changes the connection")
	}
}

// What is not the simulated Entra is the visitor's own.
func TestOtherProvidersStayWhereTheyAre(t *testing.T) {
	t.Parallel()
	k := begin(t)
	k.run(8080, moment)
	sealer, err := k.instance.Sealer()
	if err != nil {
		t.Fatal(err)
	}
	own := federation.Connection{Tenant: k.tenant("initech"), Kind: federation.OIDC, Name: "Mine", Settings: federation.OIDC.Defaults()}
	own.Settings.Issuer, own.Settings.ClientID = "http://localhost:8082/mine", "mine"
	made, err := federation.Create(t.Context(), k.instance.Store, sealer, own, "secret", audit.Operator, audit.Origin{}, moment)
	if err != nil {
		t.Fatal(err)
	}
	k.run(9080, moment)
	all, err := federation.List(t.Context(), k.instance.Store, own.Tenant)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.ID == made && c.Settings.Issuer != own.Settings.Issuer {
			t.Errorf("moved to %s", c.Settings.Issuer)
		}
	}
}
